"""Deadlines: one heap in memory, re-armed from the documents after a restart.

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

from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.events import headers
from maitred.contracts.ids import AgentId, ConversationId, OutboundId
from maitred.contracts.routing import Due
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.journal.keeping import Keeping

log = structlog.get_logger(__name__)
_RETRY_MS: Final = 250


class Deadlines:
    """The deadlines of live conversations, of agents and of replies; each has at most one."""

    def __init__(self, backbone: Backbone, keeping: Keeping | None = None) -> None:
        self._backbone = backbone
        self._keeping = keeping or Keeping()
        self._armed: dict[str, Due] = {}
        self._heap: list[tuple[int, str, int]] = []
        self._changed = asyncio.Event()

    def arm(self, conversation: ConversationId, epoch: int, due_at: int) -> None:
        """Set the deadline of a conversation, in place of an earlier one."""
        self._arm(conversation, Due(conversation=conversation, epoch=epoch, due_at=due_at))

    def arm_agent(self, agent: AgentId, due_at: int) -> None:
        """Set the deadline of an agent, in place of an earlier one; 0 for none."""
        about = f"agent:{agent}"
        if due_at:
            self._arm(about, Due(agent=agent, due_at=due_at))
        else:
            self._armed.pop(about, None)

    def arm_reply(self, conversation: ConversationId, reply: OutboundId, due_at: int) -> None:
        """Set when a reply of a conversation is to be sent; one that was taken back is no matter.

        Whoever hears of it knows that it was.
        """
        due = Due(conversation=conversation, reply=reply, due_at=due_at)
        self._arm(f"reply:{reply}", due)

    def _arm(self, about: str, due: Due) -> None:
        if self._armed.get(about) == due:
            return
        self._armed[about] = due
        heapq.heappush(self._heap, (due.due_at, about, due.epoch))
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
            first = self._heap[0]
            _, about, _ = first
            due = self._armed[about]
            try:
                await self._publish(about, due)
            except StoreUnavailable:
                await asyncio.sleep(_RETRY_MS / 1000)
                continue
            if self._heap and self._heap[0] == first:
                heapq.heappop(self._heap)
            if self._armed.get(about) == due:
                del self._armed[about]

    def _wait_ms(self) -> int | None:
        while self._heap:
            due_at, about, epoch = self._heap[0]
            due = self._armed.get(about)
            if due is not None and (due.due_at, due.epoch) == (due_at, epoch):
                return max(0, due_at - clock.now_ms())
            heapq.heappop(self._heap)
        return None

    async def _publish(self, about: str, due: Due) -> None:
        name = f"due:{about}:{due.epoch}:{due.due_at}"
        subject = self._backbone.subjects.due(
            due.conversation or due.agent or ConversationId("none")
        )
        await self._backbone.publisher.publish(
            subject,
            msgspec.json.encode(due),
            msg_id=name,
            stream=JOURNAL,
            # As long as the decision it led to: without it, that one could not be replayed.
            ttl_ms=self._keeping.entry_ttl_ms(subject),
            headers=headers(event_id=name, kind="due/1", at=due.due_at),
        )
