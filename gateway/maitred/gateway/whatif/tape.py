"""Tape: the inputs of dispatch as the journal has them, each with what was recorded about it.

Two readings run side by side: the inputs, and what agents were told and what was decided. Both
stand in the order in which dispatch went through its inputs, so neither is ever held in memory.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from maitred.contracts.assignments import Assignment
from maitred.contracts.documents import PositionDoc
from maitred.contracts.operations import ErasureDoc
from maitred.contracts.policies import PolicyInForce
from maitred.contracts.routing import Decision
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.dead import buried_inputs
from maitred.gateway.bus.history import count_after, scan
from maitred.gateway.bus.reads import Stored, get_last, get_many
from maitred.gateway.dispatch import STAGE
from maitred.gateway.inputs import INPUTS
from maitred.gateway.journal.lookup import decoded
from maitred.gateway.whatif.recording import history
from maitred.router.replaying.replay import Answer

_ANSWERS: Final = ("assign", "decision")
_NAME: Final = re.compile(r"dispatch:(\d{1,20}):(\d{1,9})\Z")
_ID: Final = "Nats-Msg-Id"


@dataclass(frozen=True, slots=True)
class Input:
    """One input of dispatch, and what was recorded about it; `at` is when the store took it."""

    sequence: int
    at: int
    subject: str
    data: bytes
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the log reaches.

    `handled` is the last input that dispatch was through with, `missing` how many of them are gone
    from the log, `buried` are those in the quarantine, and `erased_until` is the sequence up to
    which some were taken out because a customer was erased.
    """

    handled: int
    missing: int
    buried: frozenset[int]
    erased_until: int
    records: tuple[PolicyInForce, ...]


class Tape:
    """Reads the log of one tenant."""

    def __init__(self, connection: Connection, subjects: Subjects) -> None:
        self._connection = connection
        self._subjects = subjects

    async def extent(self) -> Extent:
        """Return how far the log reaches.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        where = self._subjects.position(STAGE, 0)
        stored = await get_last(self._connection, JOURNAL, where, leader=True)
        position = decoded(stored.data, PositionDoc) if stored is not None else None
        handled = position.sequence if position else 0
        count = position.applied + position.suppressed + position.dead if position else 0
        present = await self._count(INPUTS, after=0) - await self._count(INPUTS, after=handled)
        return Extent(
            handled=handled,
            missing=max(0, count - present),
            buried=await buried_inputs(self._connection, self._subjects, STAGE),
            erased_until=await self._erased_until(),
            records=tuple(await history(self._connection, self._subjects)),
        )

    async def length(self) -> int:
        """Return how many inputs and answers the log holds, to show how far a reading is.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        return await self._count((*INPUTS, *_ANSWERS), after=0)

    async def _erased_until(self) -> int:
        stored = await get_many(self._connection, JOURNAL, [self._subjects.any("erasure")])
        docs = [decoded(each.data, ErasureDoc) for each in stored.values()]
        purged = [each for doc in docs if doc is not None for each in doc.subjects]
        return max((each.until for each in purged if each.stream == JOURNAL), default=0)

    async def _count(self, kinds: Sequence[str], *, after: int) -> int:
        patterns = [self._subjects.any(kind) for kind in kinds]
        return sum(
            [await count_after(self._connection, JOURNAL, each, after=after) for each in patterns]
        )

    async def inputs(
        self, *, until: int, advanced: Callable[[int], None] = lambda _: None
    ) -> AsyncIterator[Input]:
        """Yield every input up to and with sequence `until`, in order.

        `advanced` hears of how many entries were read.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        recorded = _Recorded(self._scan(_ANSWERS, None))
        async for stored in self._scan(INPUTS, until):
            answers = await recorded.about(stored.seq)
            advanced(1 + len(answers))
            yield Input(stored.seq, stored.time_ms, stored.subject, stored.data, answers)

    def _scan(self, kinds: Sequence[str], until: int | None) -> AsyncIterator[Stored]:
        scans = [
            scan(self._connection, JOURNAL, self._subjects.any(kind), until=until) for kind in kinds
        ]
        return _merged(scans)


class _Recorded:
    """What was recorded, taken input by input."""

    def __init__(self, stored: AsyncIterator[Stored]) -> None:
        self._stored = stored
        self._ahead: tuple[int, Answer] | None = None

    async def about(self, sequence: int) -> tuple[Answer, ...]:
        """Return what was recorded about an input; what is about earlier ones is passed by."""
        found: list[Answer] = []
        while (ahead := self._ahead or await self._next()) is not None:
            self._ahead = ahead
            if ahead[0] > sequence:
                break
            if ahead[0] == sequence:
                found.append(ahead[1])
            self._ahead = None
        return tuple(found)

    async def _next(self) -> tuple[int, Answer] | None:
        async for stored in self._stored:
            name = _NAME.match(stored.headers.get(_ID, ""))
            body = _answer(stored)
            if name is not None and body is not None:
                return int(name[1]), Answer(int(name[2]), body)
        return None


def _answer(stored: Stored) -> Assignment | Decision | None:
    if stored.subject.split(".")[3] == "assign":
        return decoded(stored.data, Assignment)
    return decoded(stored.data, Decision)


async def _merged(scans: Sequence[AsyncIterator[Stored]]) -> AsyncIterator[Stored]:
    """Yield what several readings yield, in the order of the stream."""
    heads = [(await anext(each, None), each) for each in scans]
    while waiting := [(head.seq, head, each) for head, each in heads if head is not None]:
        _, head, first = min(waiting, key=lambda each: each[0])
        yield head
        heads = [
            (await anext(each, None), each) if each is first else (now, each) for now, each in heads
        ]
