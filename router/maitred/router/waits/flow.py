"""Flow: how quickly slots of agents free, and what kinds of conversations they went to.

Read from the documents: a closed conversation tells when it gave its agent back. Only agents who
are on line now count, each since he came on line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec.structs import replace

from maitred.contracts.ids import AgentId
from maitred.contracts.limits import HOUR_MS, SECOND_MS
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.handling.changing import JOINED, WITHDRAWN
from maitred.router.house import House
from maitred.router.port import RoutingPolicy, Signature

LATELY_MS: Final = HOUR_MS
LONGER_MS: Final = 4 * HOUR_MS
"""So far back for an agent of whom less than `ENOUGH` slots freed lately."""
ENOUGH: Final = 5
_TAKEN_AWAY: Final = frozenset({JOINED, WITHDRAWN})
"""Closed by somebody else, maybe while nobody had it."""


class Kind(NamedTuple):
    """Conversations that compete alike: what they ask for at first, and their head start in ms."""

    signature: Signature
    head_start: int


class Pace(NamedTuple):
    """How quickly slots free: by the millisecond, from so many that were seen."""

    rate: float
    seen: int


class Flow:
    """What the documents of a house tell of the last hours, at `now` (UTC milliseconds)."""

    def __init__(
        self, house: House, policy: RoutingPolicy, docs: Iterable[RoutingDoc], now: int
    ) -> None:
        self._house = house
        self._now = now
        self._freed: dict[AgentId, list[tuple[int, Kind]]] = {}
        for doc in docs:
            agent = doc.previous_agent if doc.closed_reason not in _TAKEN_AWAY else None
            lately = now - doc.state_at <= LONGER_MS
            if doc.state == RoutingState.CLOSED and lately and agent is not None:
                head_start = policy.clock(doc.arrived_at) - policy.virtual_arrival(doc)
                kind = Kind(policy.signature(replace(doc, step=0, declined=())), head_start)
                self._freed.setdefault(agent, []).append((doc.state_at, kind))
        self._paces = {agent: self._pace(agent) for agent in self._freed}
        self._rates: dict[frozenset[AgentId], float] = {}

    def pace(self, agent: AgentId) -> Pace:
        """Return how quickly slots of an agent free; not at all if he is not on line."""
        return self._paces.get(agent, Pace(0.0, 0))

    def rate(self, agents: frozenset[AgentId]) -> float:
        """Return how many slots of these agents free in a millisecond."""
        found = self._rates.get(agents)
        if found is None:
            found = self._rates[agents] = sum(self.pace(agent).rate for agent in sorted(agents))
        return found

    def kinds(self, agents: frozenset[AgentId]) -> Counter[Kind]:
        """Return what slots of these agents went to lately."""
        since = self._now - LONGER_MS
        return Counter(
            kind
            for agent in sorted(agents)
            for at, kind in self._freed.get(agent, ())
            if at >= max(since, self._since(agent, LATELY_MS))
        )

    def _pace(self, agent: AgentId) -> Pace:
        if not self._house.roster.is_online(agent):
            return Pace(0.0, 0)
        lately = self._within(agent, LATELY_MS)
        return lately if lately.seen >= ENOUGH else self._within(agent, LONGER_MS)

    def _within(self, agent: AgentId, window: int) -> Pace:
        since = self._since(agent, window)
        seen = sum(1 for at, _ in self._freed.get(agent, ()) if at >= since)
        return Pace(seen / max(self._now - since, SECOND_MS), seen)

    def _since(self, agent: AgentId, window: int) -> int:
        return max(self._now - window, self._house.roster.doc(agent).presence_at)
