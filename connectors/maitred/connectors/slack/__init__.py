"""Slack: workspaces by the Events API or Socket Mode, in and out."""
