"""Waiting: everybody who waits or is kept for somebody, why, and for how long still.

Of a large queue the most urgent are told one by one, and all of them are counted by why they wait.
What an agent suits is asked once for each class, not for each conversation.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.explaining.wording import clock_time, span
from maitred.router.house import WAITING, House
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings
from maitred.router.waits.estimate import Range
from maitred.router.waits.expecting import Expected, Expecting
from maitred.router.waits.shortage import Shortages, eased

SHOWN_MAX: Final = 50
CONTENDERS_MAX: Final = 200
"""So many of the most urgent are taken to compete with each other."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """One conversation that waits; spans are milliseconds, times UTC milliseconds.

    `place` counts from 1 by urgency. `ahead` is how many are expected to be served before it by
    agents whom it waits for. `left_ms` is what is left of its SLA by the clock of the house, below
    0 once it is late. `estimate` is missing where nothing is known to go by.
    """

    conversation: ConversationId
    state: RoutingState
    channel: str
    tier: str
    mood: MoodLabel
    place: int
    ahead: float
    age_ms: int
    sla_ms: int
    left_ms: int
    cause: str
    why: str
    again_at: int
    estimate: Range | None


@dataclass(frozen=True, slots=True)
class Queue:
    """Who waits at a time: the most urgent first, and how many for which cause."""

    at: int
    count: int
    causes: dict[str, int]
    shown: tuple[Waiter, ...]


def waiting(
    house: House,
    policy: RoutingPolicy,
    settings: RoutingSettings,
    now: int,
    names: Mapping[AgentId, str] | None = None,
    *,
    most: int = SHOWN_MAX,
) -> Queue:
    """Return who waits at `now` (UTC milliseconds); the house is only read.

    `names` says what agents are called, `most` how many are told one by one.
    """
    return _Waiting(house, policy, settings, now, names or {}).queue(most)


class _Waiting:
    """The queue of one house at one moment."""

    def __init__(
        self,
        house: House,
        policy: RoutingPolicy,
        settings: RoutingSettings,
        now: int,
        names: Mapping[AgentId, str],
    ) -> None:
        self._house = house
        self._policy = policy
        self._now = now
        self._names = names
        self._docs = [doc for doc in house.docs() if doc.state in WAITING]
        self._signatures = {doc.conversation: policy.signature(doc) for doc in self._docs}
        self._shortages = Shortages(
            house.roster, policy, [AgentId(each.id) for each in settings.agents]
        )

    def queue(self, most: int) -> Queue:
        """Return who waits, the most urgent of them one by one."""
        causes = Counter(self._cause(doc) for doc in self._docs)
        urgent = heapq.nsmallest(max(most, CONTENDERS_MAX), self._docs, key=self._rank)
        expecting = Expecting(self._house, self._policy, self._shortages, urgent, self._now)
        shown = tuple(
            self._waiter(place, doc, expecting.of(doc))
            for place, doc in enumerate(urgent[:most], 1)
        )
        return Queue(self._now, len(self._docs), dict(causes.most_common()), shown)

    def _waiter(self, place: int, doc: RoutingDoc, expected: Expected) -> Waiter:
        clock, sla = self._policy.clock, self._policy.target(doc.channel)
        return Waiter(
            conversation=doc.conversation,
            state=doc.state,
            channel=doc.channel,
            tier=doc.tier,
            mood=doc.mood.label,
            place=place,
            ahead=round(float(expected.ahead), 1),
            age_ms=self._now - doc.arrived_at,
            sla_ms=sla,
            left_ms=sla - (clock(self._now) - clock(doc.arrived_at)),
            cause=self._cause(doc),
            why=self._why(doc),
            again_at=doc.due_at,
            estimate=expected.range,
        )

    def _rank(self, doc: RoutingDoc) -> tuple[float, int, ConversationId]:
        since = self._policy.virtual_arrival(doc)
        slope = self._policy.slope(self._signatures[doc.conversation])
        return (-slope * (self._policy.clock(self._now) - since), since, doc.conversation)

    def _cause(self, doc: RoutingDoc) -> str:
        if doc.state == RoutingState.HELD:
            return "held"
        return self._shortages.of(self._signatures[doc.conversation]).cause

    def _why(self, doc: RoutingDoc) -> str:
        signature = self._signatures[doc.conversation]
        if doc.state == RoutingState.HELD and doc.previous_agent is not None:
            name = self._names.get(doc.previous_agent) or doc.previous_agent
            room = self._house.roster.has_room(doc.previous_agent, doc.channel)
            busy = f"{name} {'has room' if room else 'is full'}"
            return f"kept for {name} until {clock_time(doc.due_at)} UTC; {busy}"
        parts = [self._shortages.told(signature, self._names)]
        if doc.declined and doc.due_at:
            parts.append(f"asked again {self._soon(doc.due_at)}")
        if next_at := self._policy.next_step_at(doc):
            then = self._policy.signature(replace(doc, step=doc.step + 1))
            if change := eased(signature, then):
                parts.append(f"{change} {self._soon(next_at)}")
        return "; ".join(parts)

    def _soon(self, at: int) -> str:
        return f"in {span(at - self._now)}" if at > self._now else "now"
