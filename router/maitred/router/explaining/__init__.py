"""Explaining: decisions in plain words, to agents, to operators and to whoever was passed over."""
