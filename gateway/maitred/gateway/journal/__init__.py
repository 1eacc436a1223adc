"""The journal: how stages read documents, compute, and commit effects with their position."""
