"""Delivery: replies from the journal to the customer, each once and in order.

The intent is committed before the provider is called and the result after it. A crash in between
leaves a reply whose outcome nobody knows: where sending twice is harmless it is sent again (and
needs no intent), else it is recorded as unknown for a person to see. One loop a channel, so that a
slow provider delays no other channel; one lane a conversation, so that a slow one delays no other.
A call under way outlives the loop's rereading of the journal; what it says is not lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

import msgspec
import structlog

from maitred.connectors.port import Connector
from maitred.contracts.errors import (
    OutcomeUnknown,
    Permanent,
    Retryable,
    StoreUnavailable,
    Throttled,
)
from maitred.contracts.ids import ConversationId
from maitred.contracts.outbound import DeliveryState, Outbound, Sent
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.batch import Conflict
from maitred.gateway.bus.lease import Lease
from maitred.gateway.bus.pull import Pull
from maitred.gateway.delivery_record import SETTLED, Buried, DeliveryRecord, Reply
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.stage import Fenced
from maitred.gateway.journal.tenure import hold
from maitred.gateway.metrics import Metrics
from maitred.gateway.tasks import Tasks
from maitred.identity.conversations.place import Tools

log = structlog.get_logger(__name__)
TRIES_MAX: Final = 6
BACKOFF_MS: Final = 500
BACKOFF_MS_MAX: Final = 30_000
SENDS_AT_ONCE_MAX: Final = 16
_DRAIN_STEP_S: Final = 0.01
_CALLS_STOP_MS: Final = 2_000
OPEN_REPLIES_MAX: Final = 512
"""So many replies may be read ahead of one that is not settled yet."""
CONCLUDED_AT_ONCE_MAX: Final = 16
"""Each may bring `THREAD_REFERENCES_MAX` documents, and all of them go into one batch."""


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
        self._metrics = metrics
        self._lease = lease
        self._name = stage_name(connector.channel)
        self._record = DeliveryRecord(
            connector.channel,
            stage=self._name,
            backbone=backbone,
            keeping=keeping,
            tools=tools,
            metrics=metrics,
            lease=lease,
        )
        self._log = log.bind(stage=self._name)
        self._calls = Tasks(self._call_failed)
        self._at_once = asyncio.Semaphore(SENDS_AT_ONCE_MAX)
        self._open: deque[Reply | Buried] = deque()
        self._lanes: dict[ConversationId, deque[Reply]] = {}
        self._settled: list[Reply] = []
        self._some_settled = asyncio.Event()
        self._some_room = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            await hold(self._lease, self._backbone.connection, self._work, self._log)
        finally:
            await self._calls.stop(_CALLS_STOP_MS)

    async def drain(self, timeout_ms: int) -> None:
        """Let the sends under way end and write down what became of them; begin none."""
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                for _ in range(SENDS_AT_ONCE_MAX):
                    await self._at_once.acquire()
                while not self._record.complete:  # noqa: ASYNC110  (once a process, for one commit)
                    await asyncio.sleep(_DRAIN_STEP_S)
        except TimeoutError:
            self._log.warning("stopped_while_sending")

    async def _work(self) -> None:
        await self._record.load()
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
            after=self._record.position.sequence,
            name=self._name,
        )

        def end() -> None:
            pull.end()
            self._some_room.set()

        self._lease.when_lost = end
        try:
            async for received in pull.batches():
                for reply in await self._record.look_up(received):
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

    def _put_in_lane(self, reply: Reply | Buried, group: asyncio.TaskGroup) -> None:
        """Let a reply follow the others of its conversation, unless all is known of it."""
        if isinstance(reply, Buried) or reply.concluded:
            self._some_settled.set()
        elif reply.doc.state in SETTLED:
            self._settled.append(reply)
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

    async def _send_in_order(self, conversation: ConversationId, lane: deque[Reply]) -> None:
        while lane:
            await self._send(lane[0])
            lane.popleft()
        del self._lanes[conversation]

    async def _send(self, reply: Reply) -> None:
        wait_ms: int | None = 0
        while wait_ms is not None:
            wait_ms = await self._attempt(reply, reply.doc.attempts)
            await asyncio.sleep((wait_ms or 0) / 1000)

    async def _attempt(self, reply: Reply, attempt: int) -> int | None:
        """Send once and settle the reply, or return how long to wait before the next attempt."""
        async with self._at_once:
            if reply.answer is None and not self._may_resend:
                await self._note(reply, DeliveryState.SENDING)
            try:
                reply.sent = await asyncio.shield(reply.answer or self._call(reply))
            except Permanent as error:
                self._settle(reply, DeliveryState.FAILED, error=error.code)
                return None
            except OutcomeUnknown:
                if not self._may_resend or attempt >= TRIES_MAX:
                    self._settle(reply, DeliveryState.UNKNOWN, error="outcome_unknown")
                    return None
                reply.answer = None
                reply.doc = msgspec.structs.replace(reply.doc, attempts=attempt + 1)
                return _backoff_ms(attempt)
            except Retryable as error:
                reply.answer = None
                after_ms = error.after_ms if isinstance(error, Throttled) else 0
            except Exception as error:  # noqa: BLE001  (a plugin's fault fails one reply)
                self._log.exception("connector_failed", kind=type(error).__name__)
                self._settle(reply, DeliveryState.FAILED, error="connector_failed")
                return None
            else:
                self._settle(reply, DeliveryState.SENT, provider_id=reply.sent.provider_id)
                return None
            if attempt >= TRIES_MAX:
                self._settle(reply, DeliveryState.FAILED, error="tries_used_up")
                return None
            reply.doc = msgspec.structs.replace(reply.doc, attempts=attempt + 1)
            await self._note(reply, DeliveryState.WAITING, error="retryable")
        return max(after_ms, _backoff_ms(attempt))

    def _call(self, reply: Reply) -> asyncio.Future[Sent]:
        """Call the provider in a task that outlives the lane; only the end of `run` ends it."""
        reply.answer = asyncio.get_running_loop().create_future()
        self._calls.start(f"{self._name} call", self._answer(reply.outbound, reply.answer))
        return reply.answer

    async def _answer(self, outbound: Outbound, answer: asyncio.Future[Sent]) -> None:
        try:
            sent = await self._connector.send(outbound)
        except Exception as error:  # noqa: BLE001  (handed on to the lane)
            answer.set_exception(error)
        except BaseException:
            answer.cancel()
            raise
        else:
            answer.set_result(sent)

    def _call_failed(self, _name: str, error: BaseException) -> None:
        self._log.warning("call_not_ended", kind=type(error).__name__)

    async def _note(self, reply: Reply, state: DeliveryState, *, error: str = "") -> None:
        """Commit where a reply stands now, before anything further is done with it."""
        reply.doc = msgspec.structs.replace(reply.doc, state=state, at=clock.now_ms(), error=error)
        await self._record.note(reply)
        if state is DeliveryState.WAITING:
            self._metrics.delivery(self._connector.channel, state.value)

    def _settle(
        self, reply: Reply, state: DeliveryState, *, error: str = "", provider_id: str = ""
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

    async def _conclude(self, replies: Sequence[Reply]) -> None:
        """Commit results and the position.

        The position moves over what is settled without a gap; what it has not passed is looked
        up again after a restart, and what is settled of it is left alone.
        """
        for reply in replies:
            reply.concluded = True
        passed = list(takewhile(lambda each: each.concluded, self._open))
        await self._record.conclude(replies, passed)
        for _ in passed:
            self._open.popleft()
        self._some_room.set()


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
