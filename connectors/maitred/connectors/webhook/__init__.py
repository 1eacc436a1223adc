"""Webhook: the generic channel, signed JSON in and out."""
