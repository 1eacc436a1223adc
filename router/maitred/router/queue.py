"""The queue: one class for each signature, one heap for each class.

Inside a class the order never changes (see `policy`), so only heads compete when a slot frees.
A conversation stands in its class's common heap and in the heap of its previous agent; one that
is held stands in the latter only. What left is deleted lazily: an entry counts only while the
conversation's place is still this class at this time.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final, NamedTuple

from maitred.contracts.ids import AgentId, ConversationId
from maitred.router.port import Fit, RoutingPolicy, Signature
from maitred.router.roster import Roster

_STALE_MIN: Final = 16

Entry = tuple[int, ConversationId]


class Head(NamedTuple):
    """The first of a class for one agent; the fields in the order in which they decide."""

    score: float
    virtual_arrival: int
    conversation: ConversationId
    fit: float
    previous: bool


class _Class:
    """Conversations of one signature."""

    def __init__(self, signature: Signature, slope: float) -> None:
        self.signature = signature
        self.slope = slope
        self.common: list[Entry] = []
        self.by_agent: dict[AgentId, list[Entry]] = {}
        self.fits: dict[AgentId, Fit] = {}
        self.members = 0


class _Place(NamedTuple):
    group: _Class
    virtual_arrival: int
    previous: AgentId | None
    held: bool


class Queue:
    """Who waits, in the order in which agents with a free slot take them."""

    def __init__(self, policy: RoutingPolicy, roster: Roster) -> None:
        self._policy = policy
        self._roster = roster
        self._classes: dict[Signature, _Class] = {}
        self._places: dict[ConversationId, _Place] = {}
        self._held_for: dict[AgentId, set[ConversationId]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, conversation: ConversationId) -> bool:
        return conversation in self._places

    def put(
        self,
        conversation: ConversationId,
        signature: Signature,
        virtual_arrival: int,
        previous: AgentId | None,
        *,
        held: bool,
    ) -> None:
        """Let a conversation wait in a class; it must not wait anywhere yet."""
        group = self._classes.get(signature)
        if group is None:
            group = _Class(signature, self._policy.slope(signature))
            self._classes[signature] = group
        group.members += 1
        self._places[conversation] = _Place(group, virtual_arrival, previous, held)
        entry = (virtual_arrival, conversation)
        if previous is not None:
            self._push(group, group.by_agent.setdefault(previous, []), entry, previous)
            if held:
                self._held_for.setdefault(previous, set()).add(conversation)
        if not held:
            self._push(group, group.common, entry, None)

    def remove(self, conversation: ConversationId) -> None:
        """Let a conversation wait no more, if it did."""
        place = self._places.pop(conversation, None)
        if place is None:
            return
        if place.held and place.previous is not None:
            self._held_for[place.previous].discard(conversation)
        place.group.members -= 1
        if not place.group.members:
            del self._classes[place.group.signature]

    def held_for(self, agent: AgentId) -> list[ConversationId]:
        """Return what is kept for an agent, in the order of ids."""
        return sorted(self._held_for.get(agent, ()))

    def best_for(self, agent: AgentId, now: int) -> Head | None:
        """Return what an agent with a free slot should take; ties go to the earlier, then id."""
        best: Head | None = None
        room: dict[str, bool] = {}
        for group in self._classes.values():
            channel = group.signature.channel
            if channel not in room:
                room[channel] = self._roster.has_room(agent, channel)
            if not room[channel]:
                continue
            fit = group.fits.get(agent)
            if fit is None:
                fit = self._policy.fit(group.signature, self._roster.agent(agent))
                group.fits[agent] = fit
            if fit.value <= 0 or self._roster.is_spared(agent, group.signature.mood):
                continue
            for head in self._heads(group, agent, fit.value, now):
                if best is None or _rank(head) < _rank(best):
                    best = head
        return best

    def _heads(self, group: _Class, agent: AgentId, fit: float, now: int) -> Iterator[Head]:
        heaps = ((group.common, None), (group.by_agent.get(agent), agent))
        for heap, of in heaps:
            while heap:
                if self._counts(group, heap[0], of):
                    since, conversation = heap[0]
                    previous = of is not None
                    weight = self._policy.weight(fit, group.slope, previous=previous)
                    score = weight * (self._policy.clock(now) - since)
                    yield Head(score, since, conversation, fit, previous)
                    break
                heapq.heappop(heap)

    def _counts(self, group: _Class, entry: Entry, of: AgentId | None) -> bool:
        """Return whether an entry of the common heap, or of an agent's own, still holds."""
        place = self._places.get(entry[1])
        return (
            place is not None
            and place.group is group
            and place.virtual_arrival == entry[0]
            and (not place.held if of is None else place.previous == of)
        )

    def _push(self, group: _Class, heap: list[Entry], entry: Entry, of: AgentId | None) -> None:
        heapq.heappush(heap, entry)
        if len(heap) > 2 * group.members + _STALE_MIN:
            heap[:] = sorted({each for each in heap if self._counts(group, each, of)})


def _rank(head: Head) -> tuple[float, int, ConversationId]:
    return (-head.score, head.virtual_arrival, head.conversation)
