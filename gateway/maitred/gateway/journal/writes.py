"""Writes: effects as the messages of a batch, and whether one batch can hold them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from maitred.contracts import limits
from maitred.contracts.events import TRACEPARENT, accepted_traceparent, headers
from maitred.gateway.bus.batch import Write, entry
from maitred.gateway.bus.pull import Received
from maitred.gateway.journal.effects import Effects
from maitred.gateway.journal.keeping import Keeping

MESSAGE_BYTES_MAX: Final = limits.NATS_PAYLOAD_BYTES_MAX - 2 * limits.KIB
"""One document or entry with its headers, a little below what the server takes."""


def entries(item: Received, effects: Effects, keeping: Keeping) -> list[Write]:
    """Return the log entries of one input, in its trace unless an entry begins its own."""
    # Of a command the agent chose it: only what is well-formed may stand in a header of ours.
    inherited = accepted_traceparent(item.headers.get(TRACEPARENT, ""))
    return [
        entry(
            each.subject,
            msgspec.json.encode(each.body),
            msg_id=each.id,
            ttl_ms=each.ttl_ms or keeping.entry_ttl_ms(each.subject),
            headers=headers(
                event_id=each.id,
                kind=_kind(each.body),
                at=item.time_ms,
                traceparent=each.traceparent or inherited,
            ),
        )
        for each in effects.entries
    ]


def fits(writes: Sequence[Write]) -> bool:
    """Return whether one batch can hold all of `writes`."""
    sizes = [write.size for write in writes]
    return (
        len(sizes) <= limits.BATCH_MESSAGES_MAX
        and sum(sizes) <= limits.BATCH_BYTES_MAX
        and max(sizes, default=0) <= MESSAGE_BYTES_MAX
    )


def _kind(body: msgspec.Struct) -> str:
    return f"{body.__struct_config__.tag}/{getattr(body, 'version', 1)}"
