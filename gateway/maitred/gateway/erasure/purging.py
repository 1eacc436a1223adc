"""Purging: where everything of one person stands, and how it is taken away for good.

Most of it stands under subjects that name nothing else, so those are purged in every stream. What
others share (a command that names a conversation of his, what an agent was told of somebody else's
conversation in which he wrote) is looked for and deleted message by message. Nothing here marks:
a purge overwrites, and a marker could come back.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from maitred.contracts.assignments import Assignment
from maitred.contracts.ids import (
    ConversationId,
    MessageId,
    component_id,
)
from maitred.contracts.operations import (
    ConversationChange,
    ErasureDoc,
    PendingPurge,
)
from maitred.contracts.routing import Decision
from maitred.contracts.subjects import BLOBS, COMMANDS, DEAD, INBOUND, JOURNAL, Subjects
from maitred.gateway.bus import reads
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import count_after, scan
from maitred.gateway.bus.streams import last_sequence
from maitred.gateway.erasure.belongings import Belongings
from maitred.gateway.erasure.deriving import Deriver
from maitred.gateway.erasure.picking import Picker
from maitred.gateway.erasure.seeding import seed_of
from maitred.gateway.journal.lookup import decoded
from maitred.identity.customers.components import Tools
from maitred.identity.erasure.extent import Person, says_anything, tells_of

STREAMS: Final = (INBOUND, JOURNAL, BLOBS, COMMANDS, DEAD)
AT_ONCE_MAX: Final = 16
"""So many questions and purges are under way at once: the store has others to serve."""
_SEQUENCES_MAX: Final = 500
"""How many single messages one step of an erasure deletes."""

Marks = Mapping[str, int]
"""How far each stream was when the erasure looked: what comes later is looked at again."""


@dataclass(slots=True)
class Plan:
    """What is to be purged, in an order that leaves what the rest is found by for the end.

    `decisions` stood in what agents were told; they hold ids only and are written down apart.
    `later` is how much came after the marks: it has to be looked at again.
    """

    purges: list[PendingPurge] = field(default_factory=list)
    decisions: list[tuple[int, Decision]] = field(default_factory=list)
    later: int = 0


async def marks(connection: Connection) -> Marks:
    """Return how far each stream is now.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    return {stream: await last_sequence(connection, stream) for stream in STREAMS}


def patterns(person: Person, subjects: Subjects) -> Iterator[tuple[str, str]]:
    """Yield every stream and subject under which everything is about a person.

    What agents were told of his conversations is not among them: that they are gone is to be heard.
    """
    root = subjects.root
    for key in sorted(person.keys):
        yield DEAD, f"{root}.dead.*.{key}"
        yield BLOBS, f"{root}.blob.{key}.>"
        yield INBOUND, f"{root}.inbound.*.*.{key}"
        yield JOURNAL, f"{root}.outbound.*.*.{key}"
        yield JOURNAL, f"{root}.operation.{key}.*"
        for kind in ("revision", "suppressed", "claim", "proof"):
            yield JOURNAL, f"{root}.{kind}.{key}"
    for key in sorted(person.holding.shared):
        yield JOURNAL, f"{root}.proof.{key}"
    for conversation in sorted(person.conversations):
        yield DEAD, f"{root}.dead.*.{conversation}"
        yield JOURNAL, f"{root}.admitted.*.*.{conversation}"
        yield JOURNAL, f"{root}.outbound.*.{conversation}.*"
        yield JOURNAL, f"{root}.operation.{conversation}.*"
        yield JOURNAL, f"{root}.scheduled.{conversation}.*"
        yield BLOBS, f"{root}.blob.{conversation}.>"
        for kind in ("conversation", "routing", "change", "due", "undelivered"):
            yield JOURNAL, f"{root}.{kind}.{conversation}"
    for key in sorted(person.keys):
        yield JOURNAL, f"{root}.message.{key}"
    known = sorted(person.keys | person.holding.leaving)
    # The pointers first: who comes back meanwhile is then new, and stands by himself.
    yield from ((JOURNAL, subjects.identifier(key)) for key in known)
    yield from ((JOURNAL, subjects.component(component_id(key))) for key in known)
    for customer in sorted(person.customers):
        yield JOURNAL, subjects.customer(customer)


async def plan_of(connection: Connection, tools: Tools, found: Belongings, upto: Marks) -> Plan:
    """Return all that is to be purged of a person; an empty plan says that nothing is left.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    planner = _Planner(connection, tools, found, upto)
    await planner.derived()
    await planner.told()
    await planner.from_shared_endpoints()
    await planner.everything(patterns(found.person, tools.subjects))
    return planner.plan


async def carry_out(connection: Connection, pending: Sequence[PendingPurge]) -> None:
    """Purge what was planned, again if need be.

    Raises:
        StoreUnavailable: the store did not answer; do it again.
    """
    for start in range(0, len(pending), AT_ONCE_MAX):
        some = pending[start : start + AT_ONCE_MAX]
        await asyncio.gather(*(_carry_out(connection, each) for each in some))


async def _carry_out(connection: Connection, pending: PendingPurge) -> None:
    for sequence in pending.sequences:
        await reads.delete_at(connection, pending.stream, sequence)
    if not pending.sequences:
        await reads.purge(connection, pending.stream, pending.subject, until=pending.until)


async def remaining(
    connection: Connection, tools: Tools, doc: ErasureDoc
) -> tuple[PendingPurge, ...]:
    """Read back what stands now under everything that an erasure was about.

    What came since is found as well: whoever was erased may come back.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    seed = seed_of(doc)
    person = Person(
        customer=doc.customer,
        holding=seed.holding(),
        customers=seed.customers,
        conversations=seed.conversations,
    )
    plan = await plan_of(connection, tools, Belongings(person), await marks(connection))
    return tuple(plan.purges)


class _Planner:
    """Looks for what is a person's, and notes it."""

    def __init__(
        self, connection: Connection, tools: Tools, found: Belongings, upto: Marks
    ) -> None:
        self._connection = connection
        self._tools = tools
        self._subjects = tools.subjects
        self._found = found
        self._person = found.person
        self._upto = upto
        self._noted: set[tuple[str, str]] = set()
        self.plan = Plan()

    async def everything(self, places: Iterable[tuple[str, str]]) -> None:
        """Note all that stands in streams under subjects, or under each that matches."""
        ahead = iter(places)
        while some := list(islice(ahead, AT_ONCE_MAX)):
            for found in await asyncio.gather(*(self._standing(*place) for place in some)):
                for stream, subject, count, later in found:
                    self.plan.later += later
                    if count > later:
                        self._purge(stream, subject, count - later)

    async def _standing(self, stream: str, pattern: str) -> list[tuple[str, str, int, int]]:
        """Return what stands under a pattern, and how much of it came behind the mark."""
        found, _ = await reads.count(self._connection, stream, pattern)
        if stream == BLOBS and found:
            # Each chunk has a subject of its own; the owner and the content are enough to tell.
            found = {pattern: sum(found.values())}
        return [
            (stream, subject, count, await self._later(stream, subject))
            for subject, count in found.items()
        ]

    async def _later(self, stream: str, subject: str) -> int:
        """Return how many messages stand behind the mark, so that what is counted is what goes."""
        last = await reads.get_last(self._connection, stream, subject, leader=True)
        if last is None or last.seq <= self._upto[stream]:
            return 0
        return await count_after(self._connection, stream, subject, after=self._upto[stream])

    async def derived(self) -> None:
        """Note what is found through what he wrote and was answered: it stands elsewhere."""
        if not (self._person.keys or self._person.conversations or self._found.written):
            return
        deriver = Deriver(self._connection, self._tools, self._found, self._upto)
        async for stream, subject, sequences in deriver.said_by_agents():
            self._delete(stream, subject, sequences)
        async for subject, sequence in deriver.documents():
            if sequence <= self._upto[JOURNAL]:
                self._purge(JOURNAL, subject, 1)
            else:
                self.plan.later += 1

    async def told(self) -> None:
        """Note what agents were told of him, in his conversations and in those of others."""
        for conversation in sorted(self._person.conversations):
            pattern = f"{self._subjects.root}.assign.*.{conversation}"
            last = read = count = 0
            kept: list[tuple[int, Decision]] = []
            async for stored in self._scan(JOURNAL, pattern):
                assignment = decoded(stored.data, Assignment)
                read += 1
                if assignment is None or says_anything(assignment):
                    last, count = stored.seq, read
                if assignment is not None and assignment.decision is not None:
                    kept.append((stored.seq, assignment.decision))
            if last:
                self._purge(JOURNAL, pattern, count, until=last)
                self.plan.decisions += [each for each in kept if each[0] <= last]
        for conversation, part in sorted(self._found.parts.items()):
            await self._told_of_others(conversation, part.messages)

    async def _told_of_others(
        self, conversation: ConversationId, messages: Collection[MessageId]
    ) -> None:
        pattern = f"{self._subjects.root}.assign.*.{conversation}"
        singles: defaultdict[str, list[int]] = defaultdict(list)
        async for stored in self._scan(JOURNAL, pattern):
            assignment = decoded(stored.data, Assignment)
            if assignment is not None and tells_of(assignment, self._person, messages):
                singles[stored.subject].append(stored.seq)
                if assignment.decision is not None:
                    self.plan.decisions.append((stored.seq, assignment.decision))
        async for stored in self._scan(JOURNAL, self._subjects.change(conversation)):
            change = decoded(stored.data, ConversationChange)
            endpoint = change.reply_to if change is not None else None
            if endpoint is not None and endpoint.key in self._person.keys:
                singles[stored.subject].append(stored.seq)
        for subject, sequences in singles.items():
            self._delete(JOURNAL, subject, sequences)

    async def from_shared_endpoints(self) -> None:
        """Note what he wrote from endpoints that are others' too, each message by itself."""
        for key in sorted(self._person.holding.shared) if self._found.written else ():
            picked = await Picker(
                self._connection, self._subjects, key, self._found.written, self._upto
            ).pick()
            root = f"{self._subjects.root}.blob.{key}"
            await self.everything((BLOBS, f"{root}.{name}.>") for name in sorted(picked.blobs))
            for stream, subject, sequences in picked.messages():
                self._delete(stream, subject, sequences)

    def _scan(self, stream: str, subject: str) -> AsyncIterator[reads.Stored]:
        return scan(self._connection, stream, subject, until=self._upto[stream])

    def _purge(self, stream: str, subject: str, count: int, *, until: int | None = None) -> None:
        if (stream, subject) in self._noted:
            return
        self._noted.add((stream, subject))
        self.plan.purges.append(
            PendingPurge(
                stream=stream,
                subject=subject,
                count=count,
                until=self._upto[stream] if until is None else until,
            )
        )

    def _delete(self, stream: str, subject: str, sequences: list[int]) -> None:
        for start in range(0, len(sequences), _SEQUENCES_MAX):
            some = tuple(sequences[start : start + _SEQUENCES_MAX])
            self.plan.purges.append(
                PendingPurge(
                    stream=stream,
                    subject=subject,
                    count=len(some),
                    until=max(some),
                    sequences=some,
                )
            )
