"""Slack: one Events API callback in, one message out."""
