"""Deciding: conversations find agents, agents with room find conversations, and it is on record."""
