"""Telegram as a channel of Maitred."""
