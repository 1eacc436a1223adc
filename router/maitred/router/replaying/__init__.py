"""Replaying: recorded events once more, with the policy that was or one that might be."""
