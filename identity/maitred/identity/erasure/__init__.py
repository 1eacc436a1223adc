"""Erasure: what is one person's, and what stays of what he shares with others."""
