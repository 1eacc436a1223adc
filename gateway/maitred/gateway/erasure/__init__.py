"""Erasure: a person is taken out of every stream, and it can be shown."""
