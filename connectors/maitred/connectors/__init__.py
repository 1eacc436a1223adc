"""The doors: one file a channel, and the port that each implements."""
