"""Rules: what a message asks of whoever takes it, as data with tests beside it."""
