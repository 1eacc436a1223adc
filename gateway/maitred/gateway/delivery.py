"""Delivery: replies from the journal to the customer, each once and in order.

The intent is committed before the provider is called and the result after it. A crash in between
leaves a reply whose outcome nobody knows: where sending twice is harmless it is sent again (and
needs no intent), else it is recorded as unknown for a person to see. One loop a channel, so that a
slow provider delays no other channel; one lane a conversation, so that a slow one delays no other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
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
from maitred.gateway.bus.batch import Conflict, Write, document
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
_DRAIN_STEP_S: Final = 0.01
OPEN_REPLIES_MAX: Final = 512
"""So many replies may be read ahead of one that is not settled yet."""
CONCLUDED_AT_ONCE_MAX: Final = 16
"""Each may bring `THREAD_REFERENCES_MAX` documents, and all of them go into one batch."""
_SETTLED: Final = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN})


@dataclass(slots=True)
class _Reply:
    """A reply that the position has not passed; `doc` is what will be, or was, written of it."""

    sequence: int
    outbound: Outbound
    doc: DeliveryDoc
    revision: int
    sent: Sent | None = None
    concluded: bool = False


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
        self._open: deque[_Reply] = deque()
        self._lanes: dict[ConversationId, deque[_Reply]] = {}
        self._settled: list[_Reply] = []
        self._some_settled = asyncio.Event()
        self._some_room = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                if not self._lease.held:
                    await self._lease.acquire()
                await self._work()
            except StoreUnavailable as error:
                self._log.warning("store_unavailable", reason=str(error))
                await self._backbone.connection.wait_connected()
                await asyncio.sleep(0.1)
            except (Fenced, Conflict):
                self._log.warning("fenced", position=self._position.sequence)
                await self._lease.release()
                await asyncio.sleep(limits.LEASE_RENEW_MS / 1000)

    async def drain(self, timeout_ms: int) -> None:
        """Let the sends under way end and write down what became of them; begin none."""
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                for _ in range(SENDS_AT_ONCE_MAX):
                    await self._at_once.acquire()
                while self._settled:  # noqa: ASYNC110  (once a process, and for one commit)
                    await asyncio.sleep(_DRAIN_STEP_S)
        except TimeoutError:
            self._log.warning("stopped_while_sending")

    async def _work(self) -> None:
        stored = await get_last(self._backbone.connection, JOURNAL, self._subject, leader=True)
        self._revision = stored.seq if stored else 0
        if stored:
            self._position = msgspec.json.decode(stored.data, type=PositionDoc)
        self._open.clear()
        self._lanes.clear()
        self._settled.clear()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._conclude_settled())
                await self._read(group)
        except ExceptionGroup as errors:
            raise _worst(errors) from None

    async def _read(self, group: asyncio.TaskGroup) -> None:
        """Put what is read into its lanes until the lease is lost; then raise Fenced."""
        pull = Pull(
            self._backbone.connection,
            JOURNAL,
            [f"{self._backbone.subjects.root}.outbound.{self._connector.channel}.>"],
            after=self._position.sequence,
            name=self._name,
        )

        def end() -> None:
            pull.end()
            self._some_room.set()

        self._lease.when_lost = end
        try:
            async for received in pull.batches():
                for reply in await self._look_up(received):
                    self._open.append(reply)
                    self._put_in_lane(reply, group)
                while len(self._open) >= OPEN_REPLIES_MAX and self._lease.held:
                    self._some_room.clear()
                    await self._some_room.wait()
                if not self._lease.held:
                    break
        finally:
            self._lease.when_lost = None
            await pull.close()
        raise Fenced("the lease was lost")

    async def _look_up(self, received: Sequence[Received]) -> list[_Reply]:
        """Return the replies as they stand: most are new, some were begun before a crash."""
        outbounds = [msgspec.json.decode(item.data, type=Outbound) for item in received]
        subjects = {each.id: self._backbone.subjects.delivery(each.id) for each in outbounds}
        found = await get_many(self._backbone.connection, JOURNAL, list(subjects.values()))
        replies = []
        for item, outbound in zip(received, outbounds, strict=True):
            stored = found.get(subjects[outbound.id])
            doc = (
                msgspec.json.decode(stored.data, type=DeliveryDoc)
                if stored
                else DeliveryDoc(
                    id=outbound.id,
                    conversation=outbound.conversation,
                    channel=self._connector.channel,
                    state=DeliveryState.WAITING,
                    at=clock.now_ms(),
                )
            )
            replies.append(_Reply(item.stream_seq, outbound, doc, stored.seq if stored else 0))
        return replies

    def _put_in_lane(self, reply: _Reply, group: asyncio.TaskGroup) -> None:
        """Let a reply follow the others of its conversation, unless all is known of it."""
        if reply.doc.state in _SETTLED:
            reply.concluded = True
            self._some_settled.set()
        elif reply.doc.state is DeliveryState.SENDING and not self._may_resend:
            self._log.warning("outcome_unknown", outbound=reply.doc.id)
            self._settle(reply, DeliveryState.UNKNOWN, error="outcome_unknown")
        elif (lane := self._lanes.get(reply.outbound.conversation)) is not None:
            lane.append(reply)
        else:
            self._lanes[reply.outbound.conversation] = lane = deque([reply])
            group.create_task(self._send_in_order(reply.outbound.conversation, lane))

    @property
    def _may_resend(self) -> bool:
        return self._connector.capabilities.resend_is_safe

    async def _send_in_order(self, conversation: ConversationId, lane: deque[_Reply]) -> None:
        while lane:
            await self._send(lane[0])
            lane.popleft()
        del self._lanes[conversation]

    async def _send(self, reply: _Reply) -> None:
        for attempt in range(reply.doc.attempts, TRIES_MAX + 1):
            wait_ms = await self._attempt(reply, attempt)
            if wait_ms is None:
                return
            await asyncio.sleep(wait_ms / 1000)
        self._settle(reply, DeliveryState.FAILED, error="tries_used_up")

    async def _attempt(self, reply: _Reply, attempt: int) -> int | None:
        """Send once and settle the reply, or return how long to wait before the next attempt."""
        async with self._at_once:
            reply.doc = msgspec.structs.replace(reply.doc, attempts=attempt)
            if not self._may_resend:
                await self._note(reply, DeliveryState.SENDING)
            try:
                reply.sent = await self._connector.send(reply.outbound)
            except Permanent as error:
                self._settle(reply, DeliveryState.FAILED, error=error.code)
                return None
            except OutcomeUnknown:
                if not self._may_resend or attempt == TRIES_MAX:
                    self._settle(reply, DeliveryState.UNKNOWN, error="outcome_unknown")
                    return None
                return _backoff_ms(attempt)
            except Retryable as error:
                after_ms = error.after_ms if isinstance(error, Throttled) else 0
            except Exception as error:  # noqa: BLE001  (a plugin's fault fails one reply)
                self._log.exception("connector_failed", kind=type(error).__name__)
                self._settle(reply, DeliveryState.FAILED, error="connector_failed")
                return None
            else:
                self._settle(reply, DeliveryState.SENT, provider_id=reply.sent.provider_id)
                return None
        if attempt == TRIES_MAX:
            return 0
        reply.doc = msgspec.structs.replace(reply.doc, attempts=attempt + 1)
        await self._note(reply, DeliveryState.WAITING, error="retryable")
        return max(after_ms, _backoff_ms(attempt))

    async def _note(self, reply: _Reply, state: DeliveryState, *, error: str = "") -> None:
        """Commit where a reply stands now, before anything further is done with it."""
        reply.doc = msgspec.structs.replace(reply.doc, state=state, at=clock.now_ms(), error=error)
        written = await self._backbone.committer.commit([self._write(reply)])
        reply.revision = written[self._backbone.subjects.delivery(reply.doc.id)]
        if state is DeliveryState.WAITING:
            self._metrics.delivery(self._connector.channel, state.value)

    def _write(self, reply: _Reply) -> Write:
        return document(
            self._backbone.subjects.delivery(reply.doc.id),
            msgspec.json.encode(reply.doc),
            expected=reply.revision,
            ttl_ms=self._keeping.document_ttl_ms(reply.doc),
        )

    def _settle(
        self, reply: _Reply, state: DeliveryState, *, error: str = "", provider_id: str = ""
    ) -> None:
        reply.doc = msgspec.structs.replace(
            reply.doc, state=state, at=clock.now_ms(), error=error, provider_id=provider_id
        )
        self._settled.append(reply)
        self._some_settled.set()
        self._metrics.delivery(self._connector.channel, state.value)
        self._log.info("delivery", outbound=reply.doc.id, state=state.value, error=error or None)

    async def _conclude_settled(self) -> None:
        while True:
            await self._some_settled.wait()
            self._some_settled.clear()
            while self._settled or (self._open and self._open[0].concluded):
                replies = self._settled[:CONCLUDED_AT_ONCE_MAX]
                del self._settled[:CONCLUDED_AT_ONCE_MAX]
                await self._conclude(replies)

    async def _conclude(self, replies: Sequence[_Reply]) -> None:
        """Commit results, the ids by which answers will refer to them, and the position.

        The position moves over what is settled without a gap; what it has not passed is looked
        up again after a restart, and what is settled of it is left alone.
        """
        for reply in replies:
            reply.concluded = True
        passed = list(takewhile(lambda reply: reply.concluded, self._open))
        writes = [self._write(reply) for reply in replies]
        writes += await self._threads(replies)
        position = self._position
        if passed:
            position = msgspec.structs.replace(
                position, sequence=passed[-1].sequence, applied=position.applied + len(passed)
            )
            writes.append(
                document(self._subject, msgspec.json.encode(position), expected=self._revision)
            )
        sequences = await self._backbone.committer.commit(writes)
        self._position, self._revision = position, sequences.get(self._subject, self._revision)
        for _ in passed:
            self._open.popleft()
        self._some_room.set()

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


def _worst(errors: ExceptionGroup[Exception]) -> Exception:
    """Return the error that says most: one that is no trouble of the store or of a race."""
    usual = (StoreUnavailable, Fenced, Conflict)
    return next(
        (each for each in errors.exceptions if not isinstance(each, usual)), errors.exceptions[0]
    )


def stage_name(channel: str) -> str:
    """Return the name of a channel's delivery stage."""
    return f"delivery-{channel}"


def _backoff_ms(attempt: int) -> int:
    return int(min(BACKOFF_MS * 2 ** (attempt - 1), BACKOFF_MS_MAX))
