"""Handling: what each event makes of conversations and agents, one module for each subject."""
