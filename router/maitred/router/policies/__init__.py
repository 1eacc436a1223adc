"""Policies to compare with: what most houses do, behind the same port as the index policy."""
