"""Transactions: one atomic change of the journal's documents, by whoever is no stage.

A step is a plain function of what it reads, as in a stage, and is run again when somebody else was
faster. A change commits as one batch or not at all, with every document it writes compared and set;
a step that changes nothing writes nothing.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import msgspec

from maitred.contracts.errors import Permanent
from maitred.contracts.events import headers
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import NotRead, View
from maitred.gateway.bus import batch
from maitred.gateway.bus.batch import Conflict, Write
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.reads import get_many
from maitred.gateway.bus.streams import last_sequence
from maitred.gateway.journal.documents import DocumentCache, Drafts, Known
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.keeping import Keeping

T = TypeVar("T")
TRIES_MAX: Final = 50
"""Whoever loses so many races in a row gives up and says so."""
_AGAIN_S: Final = 0.005
_AGAIN_S_MAX: Final = 0.25


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """What a step comes to: its answer, documents to write by subject, entries to append."""

    answer: T
    documents: Mapping[str, msgspec.Struct] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()


async def transact(
    connection: Connection, keeping: Keeping, step: Callable[[View], Decision[T]], at: int
) -> T:
    """Run a step until what it decided is committed, and return its answer.

    `at` (UTC milliseconds) stands in the headers of what is appended. What was committed before is
    seen, also where a replica is behind.

    Raises:
        AlreadyApplied: an entry stands in the journal under its id.
        Permanent: others were faster at every try (code `busy`), or what the step raises.
        StoreUnavailable: the store did not answer; whether it was written is unknown.
    """
    for attempt in range(TRIES_MAX):
        seen = await last_sequence(connection, JOURNAL)
        cache = DocumentCache()
        try:
            decision, drafts = await _decide(connection, cache, step, seen)
            writes = _writes(decision, drafts, keeping, at)
            if writes:
                await batch.commit(connection, JOURNAL, writes)
        except batch.AlreadyApplied:
            raise
        except Conflict:
            longest = min(_AGAIN_S * 2**attempt, _AGAIN_S_MAX)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311  (spreads the retries)
        else:
            return decision.answer
    raise Permanent("others wrote at every try", code="busy")


async def _decide(
    connection: Connection,
    cache: DocumentCache,
    step: Callable[[View], Decision[T]],
    seen: int,
) -> tuple[Decision[T], Drafts]:
    while True:
        drafts = Drafts(cache)
        try:
            decision = step(drafts)
            drafts.keep(decision.documents)
            drafts.changes()
        except NotRead as unread:
            wanted = sorted(set(unread.subjects))
        else:
            return decision, drafts
        found = await get_many(connection, JOURNAL, wanted, at_least=seen)
        is_new = False
        for subject in wanted:
            stored = found.get(subject)
            known = Known(stored.seq, stored.data) if stored is not None else Known(0, None)
            before = cache.get(subject)
            is_new = is_new or before is None or before.revision != known.revision
            cache.put(subject, known)
        if not is_new:
            raise Conflict("what was read does not fit together, and nothing newer is there")


def _writes(decision: Decision[T], drafts: Drafts, keeping: Keeping, at: int) -> list[Write]:
    writes = [
        batch.document(
            subject,
            msgspec.json.encode(body),
            expected=revision,
            ttl_ms=keeping.document_ttl_ms(body),
        )
        for subject, (body, revision) in drafts.changes().items()
    ]
    for entry in decision.entries:
        kind = f"{entry.body.__struct_config__.tag}/{getattr(entry.body, 'version', 1)}"
        writes.append(
            batch.entry(
                entry.subject,
                msgspec.json.encode(entry.body),
                msg_id=entry.id,
                ttl_ms=entry.ttl_ms or keeping.entry_ttl_ms(entry.subject),
                headers=headers(event_id=entry.id, kind=kind, at=at),
            )
        )
    return writes
