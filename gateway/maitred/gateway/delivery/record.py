"""What is known of the replies of one channel, in the journal and in this process.

The journal says what was noted; of what was noted by this process, memory knows more: whether the
provider was called at all, and what it said. Memory outlives every rereading of the journal, so
that only a crash of the process itself can leave a reply of which nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import structlog

from maitred.contracts.documents import PositionDoc, ThreadDoc
from maitred.contracts.events import headers
from maitred.contracts.ids import IdentifierKey, MessageId, OutboundId
from maitred.contracts.outbound import (
    DeliveryDoc,
    DeliveryState,
    Outbound,
    OutboundKind,
    Report,
    Sent,
    Undelivered,
)
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.batch import Write, entry
from maitred.gateway.bus.lease import Lease
from maitred.gateway.bus.pull import Received
from maitred.gateway.bus.reads import Stored, get_last, get_many
from maitred.gateway.delivery.consent import has_stopped
from maitred.gateway.delivery.items import Buried, Heard, Item, Reply, concluded
from maitred.gateway.delivery.notebook import Notebook
from maitred.gateway.delivery.reports import LOST, SETTLED, is_foreign, moved
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.metrics import Metrics
from maitred.identity.conversations.place import Tools
from maitred.identity.conversations.threads import thread_documents

log = structlog.get_logger(__name__)
BAD_OUTBOUND: Final = "bad_outbound"
FOREIGN_REPORT: Final = "foreign_report"
_KIND: Final = 3
"""Which token of a subject names the kind."""
_REACHED: Final = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ})


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
        self._subject = backbone.subjects.position(stage, 0)
        self._revision = 0
        self._notebook = Notebook(stage, backbone, lease)
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

    async def look_up(self, received: Sequence[Received]) -> list[Item]:
        """Return the replies as they stand, most new, some begun before, and what is said of them.

        Raises:
            Fenced: the lease was lost while the store was away.
        """
        read = [await self._decoded(item) for item in received]
        subjects = [
            self._backbone.subjects.delivery(each.id) for each in read if isinstance(each, Outbound)
        ]
        found = await self._notebook.patiently(
            lambda: get_many(self._backbone.connection, JOURNAL, subjects)
        )
        items: list[Item] = []
        for item, each in zip(received, read, strict=True):
            if isinstance(each, Outbound):
                stored = found.get(self._backbone.subjects.delivery(each.id))
                items.append(self._recalled(item.stream_seq, each, stored))
            elif isinstance(each, Report):
                items.append(Heard(item.stream_seq, each))
            else:
                items.append(Buried(item.stream_seq))
        return items

    def is_open(self, name: OutboundId) -> bool:
        """Whether more is to be written of a reply than what is said of it."""
        return name in self._known

    async def has_stopped(self, key: IdentifierKey) -> bool:
        """Whether an endpoint may not be written to.

        Raises:
            Fenced: the lease was lost while the store was away.
        """
        backbone = self._backbone
        return await self._notebook.patiently(
            lambda: has_stopped(key, backbone.connection, backbone.subjects)
        )

    async def sent_as(self, name: OutboundId | None) -> str | None:
        """Return the provider's id of a reply that is known to have left, so that it can be edited.

        Raises:
            Fenced: the lease was lost while the store was away.
        """
        if name is None:
            return None
        if (known := self._known.get(name)) is not None:
            doc = known.doc
        else:
            subject = self._backbone.subjects.delivery(name)
            stored = await self._notebook.patiently(lambda: self._notebook.standing(subject))
            if stored is None:
                return None
            doc = msgspec.json.decode(stored.data, type=DeliveryDoc)
        return doc.provider_id if doc.state in _REACHED else None

    async def note(self, reply: Reply) -> None:
        """Commit where a reply stands now, before anything further is done with it.

        Raises:
            Conflict: somebody else wrote of it.
            Fenced: the lease was lost while the store was away.
        """
        written = await self._notebook.commit([self._write(reply)])
        reply.revision = written[self._backbone.subjects.delivery(reply.doc.id)]

    async def conclude(
        self, replies: Sequence[Reply], heard: Sequence[Heard], passed: Sequence[Item]
    ) -> Mapping[OutboundId, DeliveryDoc]:
        """Commit results, the ids by which answers will refer to them, and the position.

        What was `heard` is of replies that are not open. Return what changed by it.

        Raises:
            Conflict: somebody else wrote of them.
            Fenced: the lease was lost while the store was away.
        """
        documents: dict[str, msgspec.Struct] = {}
        for reply in replies:
            made: Mapping[str, ThreadDoc] = {}
            if reply.sent is not None and reply.sent.thread_ids:
                made = self._thread(reply.outbound, reply.sent)
                documents |= made
            reply.doc = concluded(reply, made)
        writes = [self._write(reply) for reply in replies]
        writes += await self._threads(documents)
        writes += [
            self._undelivered(reply.doc)
            for reply in replies
            if reply.doc.state in LOST and reply.outbound.kind is not OutboundKind.CODE
        ]
        changed, more = await self._taken_in(heard)
        writes += more
        position = self.position
        if passed:
            dead = sum(isinstance(each, Buried) for each in passed)
            position = msgspec.structs.replace(
                position,
                sequence=passed[-1].sequence,
                applied=position.applied + len(passed) - dead,
                dead=position.dead + dead,
            )
            writes.append(self._notebook.document(self._subject, position, self._revision))
        sequences = await self._notebook.commit(writes)
        self.position, self._revision = position, sequences.get(self._subject, self._revision)
        for reply in replies:
            self._known.pop(reply.outbound.id, None)
        return changed

    # -- memory --------------------------------------------------------------------------------
    def _recalled(self, sequence: int, outbound: Outbound, stored: Stored | None) -> Reply:
        """Put together what the journal and this process know of a reply."""
        known = self._known.get(outbound.id)
        doc = msgspec.json.decode(stored.data, type=DeliveryDoc) if stored else self._new(outbound)
        in_doubt = doc.state is DeliveryState.SENDING
        fresh = Reply(sequence, outbound, doc, stored.seq if stored else 0, in_doubt=in_doubt)
        if doc.state in SETTLED:
            self._known.pop(outbound.id, None)
            fresh.concluded = True
            return fresh
        if known is not None and known.sequence != sequence:
            fresh.concluded = True  # a repetition of one that is under way
            return fresh
        if known is None or (stored and not self._notebook.wrote(stored)):
            self._known[outbound.id] = fresh
            return fresh
        known.revision = fresh.revision
        known.concluded = False
        if known.doc.state not in SETTLED:
            # No more is in doubt than was: it was not called, or the answer is still to be had.
            known.doc = msgspec.structs.replace(known.doc, state=DeliveryState.WAITING)
        return known

    def _new(self, outbound: Outbound) -> DeliveryDoc:
        return DeliveryDoc(
            id=outbound.id,
            conversation=outbound.conversation,
            channel=self._channel,
            account=outbound.to.account,
            agent=outbound.agent,
            state=DeliveryState.WAITING,
            at=clock.now_ms(),
        )

    async def _decoded(self, item: Received) -> Outbound | Report | None:
        try:
            if item.subject.split(".")[_KIND] == "report":
                return msgspec.json.decode(item.data, type=Report)
            return msgspec.json.decode(item.data, type=Outbound)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            await self._notebook.patiently(
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

    async def _taken_in(
        self, heard: Sequence[Heard]
    ) -> tuple[Mapping[OutboundId, DeliveryDoc], list[Write]]:
        """Return what becomes of replies by what was heard of them, and what that writes."""
        names = {each.report.outbound for each in heard}
        subjects = {name: self._backbone.subjects.delivery(name) for name in names}
        found = await self._notebook.patiently(
            lambda: get_many(
                self._backbone.connection,
                JOURNAL,
                list(subjects.values()),
                at_least=self._revision,
            )
        )
        changed: dict[OutboundId, DeliveryDoc] = {}
        writes: list[Write] = []
        now = clock.now_ms()
        for name, subject in subjects.items():
            if (stored := found.get(subject)) is None:
                continue
            before = doc = msgspec.json.decode(stored.data, type=DeliveryDoc)
            for each in heard:
                if each.report.outbound == name:
                    self._note_foreign(doc, each.report)
                    doc = moved(doc, each.report, now)
            if doc == before:
                continue
            ttl_ms = self._keeping.document_ttl_ms(doc)
            writes.append(self._notebook.document(subject, doc, stored.seq, ttl_ms))
            if doc.state is not before.state:
                changed[name] = doc
                writes += [self._undelivered(doc)] if doc.state in LOST else []
        return changed, writes

    def _note_foreign(self, doc: DeliveryDoc, report: Report) -> None:
        if is_foreign(doc, report):
            self._metrics.refused(self._channel, report.account, FOREIGN_REPORT)
            log.warning(FOREIGN_REPORT, channel=self._channel, account=report.account)

    # -- the journal ---------------------------------------------------------------------------
    def _write(self, reply: Reply) -> Write:
        subject = self._backbone.subjects.delivery(reply.doc.id)
        return self._notebook.document(
            subject, reply.doc, reply.revision, self._keeping.document_ttl_ms(reply.doc)
        )

    def _undelivered(self, doc: DeliveryDoc) -> Write:
        told = Undelivered(
            conversation=doc.conversation,
            outbound=doc.id,
            agent=doc.agent,
            channel=doc.channel,
            reason=doc.error,
            at=doc.at,
        )
        subject = self._backbone.subjects.undelivered(doc.conversation)
        name = f"undelivered:{doc.id}:{doc.state.value}"
        return entry(
            subject,
            msgspec.json.encode(told),
            msg_id=name,
            ttl_ms=self._keeping.entry_ttl_ms(subject),
            headers=headers(event_id=name, kind="undelivered/1", at=doc.at),
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
        known = await self._notebook.patiently(
            lambda: get_many(self._backbone.connection, JOURNAL, list(documents))
        )
        return [
            self._notebook.document(
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
