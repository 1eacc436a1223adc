"""The doors: one file or one folder a channel, and the port that each implements."""
