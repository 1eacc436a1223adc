"""Whose message is it: identifiers, evidence, the resolver, conversation joining and the gates."""
