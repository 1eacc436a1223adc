"""Effects: what one input changes, as values; the shell carries them out in one batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import msgspec


class Outcome(Enum):
    """What became of an input, for the ledger."""

    APPLIED = "applied"
    SUPPRESSED = "suppressed"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Entry:
    """A log entry: `id` becomes its `Nats-Msg-Id`, so it is written once.

    `ttl_ms` is how long it is kept, where that is shorter than for the rest of the log.
    """

    subject: str
    body: msgspec.Struct
    id: str
    traceparent: str = ""
    ttl_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """Documents to write, by subject, and entries to append."""

    documents: Mapping[str, msgspec.Struct] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    outcome: Outcome = Outcome.APPLIED
