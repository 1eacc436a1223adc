"""Simulator: a made or recorded day, played through the same engine as production.

Pure: a scenario and a policy in, what became of each conversation out. The same scenario gives
the same log to the byte, in whatever order its arrays stand.
"""
