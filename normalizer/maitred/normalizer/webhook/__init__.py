"""Webhook: one event of the generic channel in, one message out."""
