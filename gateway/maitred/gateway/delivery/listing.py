"""Listing: replies that wait, failed, or of which nobody knows, for an operator who looks on."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from maitred.contracts.ids import OutboundId
from maitred.contracts.outbound import DeliveryDoc, DeliveryState
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan, sequence_at
from maitred.gateway.journal.lookup import decoded

TROUBLED: Final = frozenset({DeliveryState.WAITING, DeliveryState.FAILED, DeliveryState.UNKNOWN})
"""What a reply is that may need somebody."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Replies, newest first by what last became of them; `has_older` if there are more."""

    shown: tuple[DeliveryDoc, ...]
    has_older: bool


async def troubled(
    connection: Connection,
    subjects: Subjects,
    *,
    since: int,
    most: int,
    states: frozenset[DeliveryState] = TROUBLED,
    channel: str = "",
) -> Listed:
    """Return up to `most` replies in one of `states`, of one channel or (empty) of all.

    Only what became of them at `since` (UTC milliseconds) or later is read, and no more of it than
    `most` is kept.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    kind = subjects.any("delivery")
    after = await sequence_at(connection, JOURNAL, kind, since)
    kept: OrderedDict[OutboundId, DeliveryDoc] = OrderedDict()
    has_older = False
    async for stored in scan(connection, JOURNAL, kind, after=after):
        doc = decoded(stored.data, DeliveryDoc)
        if doc is None:
            continue
        # What becomes of a reply while this is read comes once more, further on.
        kept.pop(doc.id, None)
        if doc.state in states and channel in {"", doc.channel}:
            kept[doc.id] = doc
        if len(kept) > most:
            kept.popitem(last=False)
            has_older = True
    return Listed(tuple(reversed(kept.values())), has_older)


def since_when(doc: DeliveryDoc) -> int:
    """Return since when a reply is what it is, in UTC milliseconds."""
    if doc.state is DeliveryState.WAITING and doc.away_since:
        return doc.away_since
    return doc.at
