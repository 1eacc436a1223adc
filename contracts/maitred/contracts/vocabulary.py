"""Closed vocabularies: words on the wire, with an `unknown` for those of a later version."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Vocabulary(StrEnum):
    """Base of every enumeration on the wire; each has a member `UNKNOWN`.

    A word that this version does not know reads as `UNKNOWN` instead of failing, so that an
    older reader survives a newer writer.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("unknown") if isinstance(value, str) and value != "unknown" else None
