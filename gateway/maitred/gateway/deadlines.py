"""Deadlines: one heap in memory, re-armed from the routing documents after a restart.

A deadline that has come is published into the journal, where it takes its place in dispatch's one
order. The documents hold the deadlines, so nothing is lost with the process; a schedule kept by
the broker would be a second copy that could disagree with them.
"""

from __future__ import annotations

import asyncio
import heapq
from typing import Final

import msgspec
import structlog

from maitred.contracts.agents import Due
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.events import headers
from maitred.contracts.ids import ConversationId
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone

log = structlog.get_logger(__name__)
_RETRY_MS: Final = 250
_KEPT_MS: Final = 86_400_000
"""A deadline's log entry lives a day: the decision it led to is kept longer."""


class Deadlines:
    """The deadlines of all live conversations; a conversation has at most one."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._armed: dict[ConversationId, tuple[int, int]] = {}
        self._heap: list[tuple[int, ConversationId, int]] = []
        self._changed = asyncio.Event()

    def arm(self, conversation: ConversationId, epoch: int, due_at: int) -> None:
        """Set the deadline of a conversation, in place of an earlier one."""
        if self._armed.get(conversation) == (epoch, due_at):
            return
        self._armed[conversation] = (epoch, due_at)
        heapq.heappush(self._heap, (due_at, conversation, epoch))
        self._changed.set()

    def disarm(self, conversation: ConversationId) -> None:
        """Take the deadline of a conversation away."""
        self._armed.pop(conversation, None)

    def clear(self) -> None:
        """Forget all of them."""
        self._armed.clear()
        self._heap.clear()

    async def run(self) -> None:
        """Publish each deadline when it has come, until cancelled."""
        while True:
            self._changed.clear()
            wait = self._wait_ms()
            if wait is None or wait > 0:
                timeout = None if wait is None else wait / 1000
                try:
                    async with asyncio.timeout(timeout):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                continue
            due_at, conversation, epoch = self._heap[0]
            try:
                await self._publish(Due(conversation=conversation, epoch=epoch, due_at=due_at))
            except StoreUnavailable:
                await asyncio.sleep(_RETRY_MS / 1000)
                continue
            if self._heap and self._heap[0] == (due_at, conversation, epoch):
                heapq.heappop(self._heap)
            if self._armed.get(conversation) == (epoch, due_at):
                del self._armed[conversation]

    def _wait_ms(self) -> int | None:
        while self._heap:
            due_at, conversation, epoch = self._heap[0]
            if self._armed.get(conversation) == (epoch, due_at):
                return max(0, due_at - clock.now_ms())
            heapq.heappop(self._heap)
        return None

    async def _publish(self, due: Due) -> None:
        name = f"due:{due.conversation}:{due.epoch}:{due.due_at}"
        await self._backbone.publisher.publish(
            self._backbone.subjects.due(due.conversation or due.agent or ConversationId("none")),
            msgspec.json.encode(due),
            msg_id=name,
            stream=JOURNAL,
            ttl_ms=_KEPT_MS,
            headers=headers(event_id=name, kind="due/1", at=due.due_at),
        )
