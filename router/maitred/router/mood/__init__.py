"""Mood: from one message to its affect, and from a journey's messages to a mood."""
