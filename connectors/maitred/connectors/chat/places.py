"""Places: how many files are held in memory at a time, whose they are, and for how long.

Whoever uploads holds a place. So nobody may hold many of them, and each must be worth it: an upload
has to keep the pace at which it comes to its end in time, and may not stand still.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from maitred.connectors.chat.frames import Fault, NotTaken
from maitred.connectors.chat.sources import UNKNOWN, Source
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import (
    CHAT_UPLOAD_BYTES_PER_SECOND_MIN,
    CHAT_UPLOAD_GRACE_MS,
    CHAT_UPLOAD_TIMEOUT_MS,
    CHAT_UPLOADS_AT_ONCE_MAX,
    SECOND_MS,
)

_BUSY_MS: Final = 5 * SECOND_MS


class Places:
    """The places of one door, and how many of them a visitor and an address may have."""

    def __init__(self, *, per_visitor: int, per_source: int) -> None:
        self._per_visitor = per_visitor
        self._per_source = per_source
        self._taken = 0
        self._by_visitor: Counter[IdentifierKey] = Counter()
        self._by_source: Counter[Source] = Counter()

    @contextlib.contextmanager
    def one(self, visitor: IdentifierKey, source: Source) -> Iterator[None]:
        """Hold a place.

        Raises:
            NotTaken: none is free, or the visitor or his address has enough of them.
        """
        if self._taken >= CHAT_UPLOADS_AT_ONCE_MAX:
            raise NotTaken(Fault(code="try_again", retry_after_ms=_BUSY_MS))
        if self._by_visitor[visitor] >= self._per_visitor or (
            source != UNKNOWN and self._by_source[source] >= self._per_source
        ):
            raise NotTaken(Fault(code="slow_down", retry_after_ms=_BUSY_MS))
        self._count(visitor, source, 1)
        try:
            yield
        finally:
            self._count(visitor, source, -1)

    def _count(self, visitor: IdentifierKey, source: Source, change: int) -> None:
        self._taken += change
        self._by_visitor[visitor] += change
        self._by_source[source] += change
        # What stands at nothing is let go of.
        self._by_visitor, self._by_source = +self._by_visitor, +self._by_source


@dataclass(slots=True)
class UploadPace:
    """How long an upload of `length` bytes is waited for, by what has come; times in seconds."""

    started: float
    length: int
    received: int = 0

    def due(self, now: float) -> float:
        """Return by when more must have come."""
        whole = CHAT_UPLOAD_TIMEOUT_MS / SECOND_MS
        grace = CHAT_UPLOAD_GRACE_MS / SECOND_MS
        pace = max(CHAT_UPLOAD_BYTES_PER_SECOND_MIN, self.length / (whole - grace))
        return min(now, self.started + self.received / pace) + grace
