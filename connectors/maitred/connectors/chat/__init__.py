"""Chat: the web chat, a socket with its visitors."""
