"""Examples that run: an agent in Python, and one in JavaScript beside it."""
