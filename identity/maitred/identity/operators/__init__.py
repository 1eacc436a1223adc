"""Operators: what people correct about identities and conversations, and take back."""
