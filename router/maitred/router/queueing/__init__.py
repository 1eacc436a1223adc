"""Queueing: who waits, in classes, and whom an agent with room takes next."""
