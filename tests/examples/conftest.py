"""The end-to-end tests' house, for agents that run in processes of their own."""

from __future__ import annotations

from tests.end_to_end.conftest import open_house, session, smarthost

__all__ = ["open_house", "session", "smarthost"]
