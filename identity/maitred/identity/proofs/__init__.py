"""Proofs: what shows in a session that somebody is who he says."""
