"""Sending: replies from the journal to the customer, each once and in order.

The intent is committed before the provider is called and the result after it. A crash in between
leaves a reply whose outcome nobody knows: where sending twice is harmless it is sent again (and
needs no intent), else the provider is asked, if it can be; where that does not help it is recorded
as unknown for a person to see, or sent again and marked, as the channel's policy says. One loop a
channel, so that a slow provider delays no other channel; one lane a conversation, so that a slow
one delays no other. What is said later of replies comes by the same loop, behind what it is about.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

import structlog
from msgspec.structs import replace

from maitred.connectors.port import Connector
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.ids import ConversationId
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.batch import Conflict
from maitred.gateway.bus.lease import Lease
from maitred.gateway.bus.pull import Pull
from maitred.gateway.delivery.attempting import Attempts, Result
from maitred.gateway.delivery.items import Heard, Item, Reply
from maitred.gateway.delivery.pace import Manner, Pace
from maitred.gateway.delivery.record import DeliveryRecord
from maitred.gateway.delivery.reports import SETTLED
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.stage import Fenced
from maitred.gateway.journal.tenure import hold
from maitred.gateway.metrics import Metrics
from maitred.identity.conversations.place import Tools

log = structlog.get_logger(__name__)
_DRAIN_STEP_S: Final = 0.01
OPEN_REPLIES_MAX: Final = 10_000
"""So many replies may be read ahead of one that is not settled yet.

One that a mail server has put off waits for half an hour; none of its channel waits with it, unless
more than these come behind it meanwhile. They are in memory, with a few KB each.
"""
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
        manner: Manner | None = None,
    ) -> None:
        manner = manner or Manner()
        self._channel = connector.channel
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
        safe = connector.capabilities.resend_is_safe
        self._attempts = Attempts(
            connector,
            may_resend=safe if manner.resend is None else manner.resend,
            pace=Pace(connector.channel, manner.limits, self._circuit),
            record=self._record,
            metrics=metrics,
            settle=self._settle,
        )
        self._log = log.bind(stage=self._name)
        self._open: deque[Item] = deque()
        self._lanes: dict[ConversationId, deque[Reply]] = {}
        self._settled: list[Reply] = []
        self._heard: list[Heard] = []
        self._some_news = asyncio.Event()
        self._some_room = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            await hold(self._lease, self._backbone.connection, self._work, self._log)
        finally:
            await self._attempts.stop()

    async def drain(self, timeout_ms: int) -> None:
        """Let the sends under way end and write down what became of them; begin none."""
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                await self._attempts.hold_still()
                while not self._record.complete:  # noqa: ASYNC110  (once a process, for one commit)
                    await asyncio.sleep(_DRAIN_STEP_S)
        except TimeoutError:
            self._log.warning("stopped_while_sending")

    async def _work(self) -> None:
        await self._record.load()
        self._open.clear()
        self._lanes.clear()
        self._settled.clear()
        self._heard.clear()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._conclude_news())
                await self._read(group)
        except ExceptionGroup as errors:
            raise _worst(errors) from None

    async def _read(self, group: asyncio.TaskGroup) -> None:
        """Put what is read into its lanes until the lease is lost; then raise Fenced."""
        root = self._backbone.subjects.root
        pull = Pull(
            self._backbone.connection,
            JOURNAL,
            [f"{root}.{kind}.{self._channel}.>" for kind in ("outbound", "report")],
            after=self._record.position.sequence,
            name=self._name,
        )

        def end() -> None:
            pull.end()
            self._some_room.set()

        self._lease.when_lost = end
        try:
            async for received in pull.batches():
                for item in await self._record.look_up(received):
                    self._open.append(item)
                    self._put_in_lane(item, group)
                while len(self._open) >= OPEN_REPLIES_MAX and self._lease.held:
                    self._some_room.clear()
                    await self._some_room.wait()
                if not self._lease.held:
                    break
        finally:
            self._lease.when_lost = None
            await pull.close()
        raise Fenced("the lease was lost")

    def _put_in_lane(self, item: Item, group: asyncio.TaskGroup) -> None:
        """Let a reply follow the others of its conversation, unless all is known of it."""
        if isinstance(item, Heard):
            self._heard.append(item)
            self._some_news.set()
        elif not isinstance(item, Reply) or item.concluded:
            self._some_news.set()
        elif item.doc.state in SETTLED:
            self._settled.append(item)
            self._some_news.set()
        elif (lane := self._lanes.get(item.outbound.conversation)) is not None:
            lane.append(item)
        else:
            self._lanes[item.outbound.conversation] = lane = deque([item])
            group.create_task(self._send_in_order(item.outbound.conversation, lane))

    async def _send_in_order(self, conversation: ConversationId, lane: deque[Reply]) -> None:
        while lane:
            await self._attempts.send(lane[0])
            lane.popleft()
        del self._lanes[conversation]

    def _settle(self, reply: Reply, result: Result) -> None:
        state, error = result.state, result.error
        reply.doc = replace(reply.doc, state=state, at=clock.now_ms(), error=error, away_since=0)
        self._settled.append(reply)
        self._some_news.set()
        self._metrics.delivery(self._channel, state.value)
        self._log.info("delivery", outbound=reply.doc.id, state=state.value, error=error or None)

    async def _conclude_news(self) -> None:
        while True:
            await self._some_news.wait()
            self._some_news.clear()
            while self._settled or self._sayable() or (self._open and self._open[0].concluded):
                replies = self._settled[:CONCLUDED_AT_ONCE_MAX]
                del self._settled[:CONCLUDED_AT_ONCE_MAX]
                await self._conclude(replies, self._sayable()[:CONCLUDED_AT_ONCE_MAX])

    def _sayable(self) -> list[Heard]:
        """Return what was heard of replies that are written down, in its order.

        A provider may report on a reply before it has answered that it took it.
        """
        return [each for each in self._heard if not self._record.is_open(each.report.outbound)]

    async def _conclude(self, replies: Sequence[Reply], heard: Sequence[Heard]) -> None:
        """Commit results and the position.

        The position moves over what is settled without a gap; what it has not passed is looked
        up again after a restart, and what is settled of it is left alone.
        """
        for reply in replies:
            reply.concluded = True
        for report in heard:
            report.concluded = True
        passed = list(takewhile(lambda each: each.concluded, self._open))
        changed = await self._record.conclude(replies, heard, passed)
        self._heard = [each for each in self._heard if not each.concluded]
        for _ in passed:
            self._open.popleft()
        self._some_room.set()
        for name, doc in changed.items():
            self._metrics.delivery(self._channel, doc.state.value)
            state, error = doc.state.value, doc.error or None
            self._log.info("delivery_reported", outbound=name, state=state, error=error)

    def _circuit(self, account: str, is_open: bool) -> None:  # noqa: FBT001  (a callback)
        self._metrics.circuit(self._channel, account, is_open=is_open)


def _worst(errors: ExceptionGroup[Exception]) -> Exception:
    """Return the error that says most: one that is no trouble of the store or of a race."""
    usual = (StoreUnavailable, Fenced, Conflict)
    return next(
        (each for each in errors.exceptions if not isinstance(each, usual)), errors.exceptions[0]
    )


def stage_name(channel: str) -> str:
    """Return the name of a channel's delivery stage."""
    return f"delivery-{channel}"
