"""Chat: one JSON frame of our own widget in, one message out."""
