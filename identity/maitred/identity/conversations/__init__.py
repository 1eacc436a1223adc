"""Conversations: where a message stands, and what it makes of a conversation."""
