"""What is known of the replies of one channel, in the journal and in this process.

The journal says what was noted; of what was noted by this process, memory knows more: whether the
provider was called at all, and what it said. Memory outlives every rereading of the journal, so
that only a crash of the process itself can leave a reply of which nobody knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
import structlog

from maitred.contracts.documents import PositionDoc, ThreadDoc
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.ids import MessageId, OutboundId
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound, Sent
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.batch import Conflict, Write, document
from maitred.gateway.bus.lease import Lease
from maitred.gateway.bus.pull import Received
from maitred.gateway.bus.reads import Stored, get_last, get_many
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.stage import Fenced
from maitred.gateway.metrics import Metrics
from maitred.identity.conversations.place import Tools
from maitred.identity.conversations.threads import thread_documents

log = structlog.get_logger(__name__)
T = TypeVar("T")
BAD_OUTBOUND: Final = "bad_outbound"
SETTLED: Final = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN})
_WRITER: Final = "Maitred-Writer"
"""The header that tells what this process wrote from what another one did."""
_RETRY_S: Final = 0.1


@dataclass(slots=True)
class Reply:
    """A reply that the position has not passed; `doc` is what will be, or was, written of it.

    `answer` is there from the moment at which the provider is called, until it is certain that
    nothing was sent.
    """

    sequence: int
    outbound: Outbound
    doc: DeliveryDoc
    revision: int
    answer: asyncio.Future[Sent] | None = None
    sent: Sent | None = None
    concluded: bool = False


@dataclass(slots=True)
class Buried:
    """An entry that was no reply; it is in the quarantine, and the position moves over it."""

    sequence: int
    concluded: bool = True


class DeliveryRecord:
    """Reads and writes what becomes of one channel's replies; a store that is away delays it."""

    def __init__(
        self,
        channel: str,
        *,
        stage: str,
        backbone: Backbone,
        keeping: Keeping,
        tools: Tools,
        metrics: Metrics,
        lease: Lease,
    ) -> None:
        self._channel = channel
        self._stage = stage
        self._backbone = backbone
        self._keeping = keeping
        self._tools = tools
        self._metrics = metrics
        self._lease = lease
        self._subject = backbone.subjects.position(stage, 0)
        self._revision = 0
        self._writer = backbone.connection.fresh_name()
        self._known: dict[OutboundId, Reply] = {}
        self.position = PositionDoc(stage=stage, partition=0, sequence=0)
        """How far the channel's replies are settled without a gap."""

    @property
    def complete(self) -> bool:
        """Whether every result that is known here stands in the journal."""
        return not any(reply.doc.state in SETTLED for reply in self._known.values())

    async def load(self) -> None:
        """Read the position, and forget the replies that it has passed.

        Raises:
            StoreUnavailable: not answered in time.
        """
        stored = await get_last(self._backbone.connection, JOURNAL, self._subject, leader=True)
        self._revision = stored.seq if stored else 0
        if stored:
            self.position = msgspec.json.decode(stored.data, type=PositionDoc)
        passed = self.position.sequence
        self._known = {
            name: reply for name, reply in self._known.items() if reply.sequence > passed
        }

    async def look_up(self, received: Sequence[Received]) -> list[Reply | Buried]:
        """Return the replies as they stand: most are new, some were begun before.

        Raises:
            Fenced: the lease was lost while the store was away.
        """
        outbounds = [await self._decoded(item) for item in received]
        subjects = [self._backbone.subjects.delivery(each.id) for each in outbounds if each]
        found = await self._patiently(
            lambda: get_many(self._backbone.connection, JOURNAL, subjects)
        )
        replies: list[Reply | Buried] = []
        for item, outbound in zip(received, outbounds, strict=True):
            if outbound is None:
                replies.append(Buried(item.stream_seq))
            else:
                stored = found.get(self._backbone.subjects.delivery(outbound.id))
                replies.append(self._recalled(item.stream_seq, outbound, stored))
        return replies

    async def note(self, reply: Reply) -> None:
        """Commit where a reply stands now, before anything further is done with it.

        Raises:
            Conflict: somebody else wrote of it.
            Fenced: the lease was lost while the store was away.
        """
        written = await self._commit([self._write(reply)])
        reply.revision = written[self._backbone.subjects.delivery(reply.doc.id)]

    async def conclude(self, replies: Sequence[Reply], passed: Sequence[Reply | Buried]) -> None:
        """Commit results, the ids by which answers will refer to them, and the position.

        Raises:
            Conflict: somebody else wrote of them.
            Fenced: the lease was lost while the store was away.
        """
        documents: dict[str, msgspec.Struct] = {}
        for reply in replies:
            if reply.sent is not None and reply.sent.thread_ids:
                made = self._thread(reply.outbound, reply.sent)
                documents |= made
                names = tuple(subject.rpartition(".")[2] for subject in made)
                reply.doc = msgspec.structs.replace(reply.doc, threads=names)
        writes = [self._write(reply) for reply in replies]
        writes += await self._threads(documents)
        position = self.position
        if passed:
            dead = sum(isinstance(each, Buried) for each in passed)
            position = msgspec.structs.replace(
                position,
                sequence=passed[-1].sequence,
                applied=position.applied + len(passed) - dead,
                dead=position.dead + dead,
            )
            writes.append(self._document(self._subject, position, self._revision))
        sequences = await self._commit(writes)
        self.position, self._revision = position, sequences.get(self._subject, self._revision)
        for reply in replies:
            self._known.pop(reply.outbound.id, None)

    # -- memory --------------------------------------------------------------------------------
    def _recalled(self, sequence: int, outbound: Outbound, stored: Stored | None) -> Reply:
        """Put together what the journal and this process know of a reply."""
        known = self._known.get(outbound.id)
        doc = msgspec.json.decode(stored.data, type=DeliveryDoc) if stored else self._new(outbound)
        fresh = Reply(sequence, outbound, doc, stored.seq if stored else 0)
        if doc.state in SETTLED:
            self._known.pop(outbound.id, None)
            fresh.concluded = True
            return fresh
        if known is not None and known.sequence != sequence:
            fresh.concluded = True  # a repetition of one that is under way
            return fresh
        if known is None or (stored and stored.headers.get(_WRITER) != self._writer):
            self._known[outbound.id] = fresh
            return fresh
        known.revision = fresh.revision
        known.concluded = False
        if known.doc.state not in SETTLED:
            # Nothing is in doubt: it was not called, or the answer is still to be had.
            known.doc = msgspec.structs.replace(known.doc, state=DeliveryState.WAITING)
        return known

    def _new(self, outbound: Outbound) -> DeliveryDoc:
        return DeliveryDoc(
            id=outbound.id,
            conversation=outbound.conversation,
            channel=self._channel,
            state=DeliveryState.WAITING,
            at=clock.now_ms(),
        )

    async def _decoded(self, item: Received) -> Outbound | None:
        try:
            return msgspec.json.decode(item.data, type=Outbound)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            await self._patiently(
                lambda: self._backbone.dead.bury(
                    stage=self._stage,
                    input_stream=JOURNAL,
                    input_seq=item.stream_seq,
                    subject=item.subject,
                    data=item.data,
                    headers=item.headers,
                    reason_code=BAD_OUTBOUND,
                    reason="not a reply of a version that we know",
                )
            )
        self._metrics.dead(self._stage, BAD_OUTBOUND)
        log.warning("quarantined", stage=self._stage, input=item.stream_seq, code=BAD_OUTBOUND)
        return None

    # -- the journal ---------------------------------------------------------------------------
    async def _commit(self, writes: Sequence[Write]) -> Mapping[str, int]:
        """Write all or none; while the outcome is unknown, find out or write again."""
        try:
            return await self._backbone.committer.commit(writes)
        except StoreUnavailable as error:
            log.warning("store_unavailable", stage=self._stage, reason=str(error))
        while True:
            await self._wait_for_the_store()
            try:
                standing = {each.subject: await self._standing(each.subject) for each in writes}
                if all(_is(standing[each.subject], each) for each in writes):
                    return {subject: each.seq for subject, each in standing.items() if each}
                as_before = all(
                    (stored.seq if (stored := standing[each.subject]) else 0) == each.expected
                    for each in writes
                )
                if as_before:
                    return await self._backbone.committer.commit(writes)
            except StoreUnavailable as error:
                log.warning("store_unavailable", stage=self._stage, reason=str(error))
            except Conflict:
                # The first try may have been written late: look again.
                continue
            else:
                raise Conflict("somebody else wrote while the store was away")

    async def _standing(self, subject: str) -> Stored | None:
        return await get_last(self._backbone.connection, JOURNAL, subject, leader=True)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await ask()
            except StoreUnavailable as error:
                log.warning("store_unavailable", stage=self._stage, reason=str(error))
            await self._wait_for_the_store()

    async def _wait_for_the_store(self) -> None:
        await asyncio.sleep(_RETRY_S)
        await self._backbone.connection.wait_connected()
        if not self._lease.held:
            raise Fenced("the lease was lost while the store was away")

    def _write(self, reply: Reply) -> Write:
        subject = self._backbone.subjects.delivery(reply.doc.id)
        return self._document(
            subject, reply.doc, reply.revision, self._keeping.document_ttl_ms(reply.doc)
        )

    def _document(
        self, subject: str, body: msgspec.Struct, expected: int, ttl_ms: int | None = None
    ) -> Write:
        return document(
            subject,
            msgspec.json.encode(body),
            expected=expected,
            ttl_ms=ttl_ms,
            headers={_WRITER: self._writer},
        )

    def _thread(self, outbound: Outbound, sent: Sent) -> Mapping[str, ThreadDoc]:
        return thread_documents(
            self._tools,
            self._channel,
            sent.thread_ids,
            conversation=outbound.conversation,
            customer=outbound.customer,
            message=MessageId(outbound.id),
            actor_key=outbound.to.key,
        )

    async def _threads(self, documents: Mapping[str, msgspec.Struct]) -> list[Write]:
        if not documents:
            return []
        known = await self._patiently(
            lambda: get_many(self._backbone.connection, JOURNAL, list(documents))
        )
        return [
            self._document(
                subject, body, _revision(known.get(subject)), self._keeping.document_ttl_ms(body)
            )
            for subject, body in documents.items()
            if _may_write(known.get(subject))
        ]


def _may_write(stored: Stored | None) -> bool:
    """Return whether an id is still ours to write: an answer that was faster only borrows it."""
    return stored is None or msgspec.json.decode(stored.data, type=ThreadDoc).borrowed


def _revision(stored: Stored | None) -> int:
    return stored.seq if stored is not None else 0


def _is(stored: Stored | None, write: Write) -> bool:
    """Return whether what stands there is what was to be written, and by that very process."""
    return (
        stored is not None
        and stored.seq != write.expected
        and stored.data == write.data
        and stored.headers.get(_WRITER) == write.headers[_WRITER]
    )
