"""Delivery: what goes out, whether it may, how it goes, and what became of it."""
