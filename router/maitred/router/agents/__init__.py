"""Agents: who is there, with how much room, and which of them suit a conversation."""
