"""Waits: who waits, what for, and for how long still."""
