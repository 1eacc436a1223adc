"""Checking: what is wrong with the routing settings, and what is allowed yet hardly meant."""
