"""The port of a mood model: a batch of messages in, one affect each out.

A model is found by its entry point in `maitred.mood_models` and is made without arguments. It
must be total (any string gets an affect) and pure; one that runs on a GPU gets whole batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from maitred.contracts.message import Affect


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodInput:
    """One message: its new words, its subject, and its language (ISO 639-1 or empty)."""

    text: str
    language: str = ""
    subject: str = ""


class MoodModel(Protocol):
    """Reads the mood of messages."""

    @property
    def name(self) -> str:
        """Return the name under which results cite it."""
        ...

    def read(self, texts: Sequence[MoodInput]) -> list[Affect]:
        """Return the affect of each message, in order."""
        ...
