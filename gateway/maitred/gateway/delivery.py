"""Delivery: replies from the journal to the customer, each once and in order.

The intent is committed before the provider is called and the result after it. A crash in between
leaves a reply whose outcome nobody knows: where sending twice is harmless it is sent again, else
it is recorded as unknown for a person to see. One loop a channel, so that a slow provider delays
no other channel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from maitred.connectors.port import Connector
from maitred.contracts import limits
from maitred.contracts.documents import PositionDoc, ThreadDoc
from maitred.contracts.errors import (
    OutcomeUnknown,
    Permanent,
    Retryable,
    StoreUnavailable,
    Throttled,
)
from maitred.contracts.ids import ConversationId, MessageId
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound, Sent
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.batch import AlreadyApplied, Conflict, Write, document
from maitred.gateway.bus.lease import Lease
from maitred.gateway.bus.pull import Pull, Received
from maitred.gateway.bus.reads import get_last, get_many
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.stage import Fenced
from maitred.gateway.metrics import Metrics
from maitred.identity.place import Tools
from maitred.identity.threads import thread_documents

log = structlog.get_logger(__name__)
TRIES_MAX: Final = 6
BACKOFF_MS: Final = 500
BACKOFF_MS_MAX: Final = 30_000
SENDS_AT_ONCE_MAX: Final = 16
_SETTLED: Final = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN})


@dataclass(slots=True)
class _Reply:
    outbound: Outbound
    doc: DeliveryDoc
    revision: int
    sent: Sent | None = None


class Delivery:
    """Sends the replies of one channel, for as long as the lease on it is ours."""

    def __init__(
        self,
        connector: Connector,
        *,
        backbone: Backbone,
        keeping: Keeping,
        tools: Tools,
        metrics: Metrics,
        lease: Lease,
    ) -> None:
        self._connector = connector
        self._backbone = backbone
        self._keeping = keeping
        self._tools = tools
        self._metrics = metrics
        self._lease = lease
        self._name = stage_name(connector.channel)
        self._subject = backbone.subjects.position(self._name, 0)
        self._position = PositionDoc(stage=self._name, partition=0, sequence=0)
        self._revision = 0
        self._log = log.bind(stage=self._name)
        self._at_once = asyncio.Semaphore(SENDS_AT_ONCE_MAX)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self._lease.acquire()
                await self._work()
            except StoreUnavailable as error:
                self._log.warning("store_unavailable", reason=str(error))
                await self._backbone.connection.wait_connected()
                await asyncio.sleep(0.1)
            except (Fenced, Conflict, AlreadyApplied):
                self._log.warning("fenced", position=self._position.sequence)
                await self._lease.release()
                await asyncio.sleep(limits.LEASE_RENEW_MS / 1000)

    async def _work(self) -> None:
        stored = await get_last(self._backbone.connection, JOURNAL, self._subject, leader=True)
        self._revision = stored.seq if stored else 0
        if stored:
            self._position = msgspec.json.decode(stored.data, type=PositionDoc)
        pull = Pull(
            self._backbone.connection,
            JOURNAL,
            [f"{self._backbone.subjects.root}.outbound.{self._connector.channel}.>"],
            after=self._position.sequence,
            name=self._name,
        )
        self._lease.when_lost = pull.end
        try:
            async for received in pull.batches():
                if not self._lease.held:
                    raise Fenced("the lease was lost")
                await self._deliver(received)
        finally:
            self._lease.when_lost = None
            await pull.close()

    async def _deliver(self, received: Sequence[Received]) -> None:
        replies = await self._intend(received)
        lanes: dict[ConversationId, list[_Reply]] = {}
        for reply in replies:
            if reply.doc.state is DeliveryState.SENDING:
                lanes.setdefault(reply.outbound.conversation, []).append(reply)
        async with asyncio.TaskGroup() as group:
            for lane in lanes.values():
                group.create_task(self._send_in_order(lane))
        await self._conclude(received, replies)

    async def _intend(self, received: Sequence[Received]) -> list[_Reply]:
        """Commit the intent to send what was not concluded before; return what is to be sent."""
        outbounds = [msgspec.json.decode(item.data, type=Outbound) for item in received]
        subjects = {each.id: self._backbone.subjects.delivery(each.id) for each in outbounds}
        found = await get_many(self._backbone.connection, JOURNAL, list(subjects.values()))
        replies = []
        for outbound in outbounds:
            stored = found.get(subjects[outbound.id])
            before = msgspec.json.decode(stored.data, type=DeliveryDoc) if stored else None
            if before is not None and before.state in _SETTLED:
                continue
            state = DeliveryState.SENDING
            if before is not None and not self._is_open(before):
                self._log.warning("outcome_unknown", outbound=outbound.id)
                self._metrics.delivery(self._connector.channel, "unknown")
                state = DeliveryState.UNKNOWN
            doc = DeliveryDoc(
                id=outbound.id,
                conversation=outbound.conversation,
                channel=self._connector.channel,
                state=state,
                at=clock.now_ms(),
                attempts=before.attempts if before else 1,
            )
            replies.append(_Reply(outbound, doc, stored.seq if stored else 0))
        await self._save(replies)
        return replies

    def _is_open(self, doc: DeliveryDoc) -> bool:
        if doc.state is DeliveryState.WAITING:
            return True
        resend = self._connector.capabilities.resend_is_safe
        return doc.state is DeliveryState.SENDING and resend

    async def _save(self, replies: Sequence[_Reply]) -> None:
        if not replies:
            return
        sequences = await self._backbone.committer.commit([self._write(each) for each in replies])
        for reply in replies:
            reply.revision = sequences[self._backbone.subjects.delivery(reply.doc.id)]

    def _write(self, reply: _Reply) -> Write:
        return document(
            self._backbone.subjects.delivery(reply.doc.id),
            msgspec.json.encode(reply.doc),
            expected=reply.revision,
            ttl_ms=self._keeping.document_ttl_ms(reply.doc),
        )

    async def _send_in_order(self, lane: Sequence[_Reply]) -> None:
        for reply in lane:
            await self._send(reply)

    async def _send(self, reply: _Reply) -> None:
        for attempt in range(reply.doc.attempts, TRIES_MAX + 1):
            reply.doc = msgspec.structs.replace(reply.doc, attempts=attempt)
            try:
                async with self._at_once:
                    reply.sent = await self._connector.send(reply.outbound)
            except Permanent as error:
                self._settle(reply, DeliveryState.FAILED, error=error.code)
                return
            except OutcomeUnknown:
                if not self._connector.capabilities.resend_is_safe:
                    self._settle(reply, DeliveryState.UNKNOWN, error="outcome_unknown")
                    return
                await asyncio.sleep(_backoff_ms(attempt) / 1000)
            except Retryable as error:
                wait = _backoff_ms(attempt)
                if isinstance(error, Throttled):
                    wait = max(error.after_ms, BACKOFF_MS)
                self._settle(reply, DeliveryState.WAITING, error="retryable")
                await self._save([reply])
                await asyncio.sleep(wait / 1000)
            except Exception as error:  # noqa: BLE001  (a plugin's fault fails one reply)
                self._log.exception("connector_failed", kind=type(error).__name__)
                self._settle(reply, DeliveryState.FAILED, error="connector_failed")
                return
            else:
                self._settle(reply, DeliveryState.SENT, provider_id=reply.sent.provider_id)
                return
        self._settle(reply, DeliveryState.FAILED, error="tries_used_up")

    def _settle(
        self, reply: _Reply, state: DeliveryState, *, error: str = "", provider_id: str = ""
    ) -> None:
        reply.doc = msgspec.structs.replace(
            reply.doc, state=state, at=clock.now_ms(), error=error, provider_id=provider_id
        )
        self._metrics.delivery(self._connector.channel, state.value)
        self._log.info("delivery", outbound=reply.doc.id, state=state.value, error=error or None)

    async def _conclude(self, received: Sequence[Received], replies: Sequence[_Reply]) -> None:
        """Commit results, the ids by which answers will refer to them, and the position."""
        position = msgspec.structs.replace(
            self._position,
            sequence=received[-1].stream_seq,
            applied=self._position.applied + len(received),
        )
        writes = [self._write(reply) for reply in replies]
        writes += await self._threads(replies)
        writes.append(
            document(self._subject, msgspec.json.encode(position), expected=self._revision)
        )
        sequences = await self._backbone.committer.commit(writes)
        self._position, self._revision = position, sequences[self._subject]

    def _thread(self, outbound: Outbound, sent: Sent) -> Mapping[str, ThreadDoc]:
        return thread_documents(
            self._tools,
            self._connector.channel,
            sent.thread_ids,
            conversation=outbound.conversation,
            customer=outbound.customer,
            message=MessageId(outbound.id),
            actor_key=outbound.to.key,
        )

    async def _threads(self, replies: Sequence[_Reply]) -> list[Write]:
        documents: dict[str, msgspec.Struct] = {}
        for reply in replies:
            if reply.sent is not None and reply.sent.thread_ids:
                documents.update(self._thread(reply.outbound, reply.sent))
        if not documents:
            return []
        known = await get_many(self._backbone.connection, JOURNAL, list(documents))
        return [
            document(
                subject,
                msgspec.json.encode(body),
                expected=0,
                ttl_ms=self._keeping.document_ttl_ms(body),
            )
            for subject, body in documents.items()
            if subject not in known
        ]


def stage_name(channel: str) -> str:
    """Return the name of a channel's delivery stage."""
    return f"delivery-{channel}"


def _backoff_ms(attempt: int) -> int:
    return int(min(BACKOFF_MS * 2 ** (attempt - 1), BACKOFF_MS_MAX))
