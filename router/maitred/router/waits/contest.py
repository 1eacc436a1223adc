"""Contest: how many others are served before one who waits, at each agent whom he waits for.

A freed slot goes to the largest of fit times urgency, so among those who press about equally it is
the fit that decides, and who is ahead differs from agent to agent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maitred.contracts.ids import AgentId
from maitred.contracts.routing import RoutingDoc
from maitred.router.waits.flow import Flow

Pool = frozenset[AgentId]


@dataclass(frozen=True, slots=True)
class Contender:
    """One who waits: since when his urgency counts, and by how much it grows at each agent.

    `pool` is who may have him now; `weights` are of those who may later as well.
    """

    doc: RoutingDoc
    since: int
    pool: Pool
    weights: Mapping[AgentId, float]


class Contest:
    """Those who wait for agents of one house; times are of the clock of the house."""

    def __init__(self, flow: Flow, contenders: Sequence[Contender]) -> None:
        self._flow = flow
        self._at: dict[AgentId, list[tuple[Contender, float]]] = {}
        for each in contenders:
            rate = flow.rate(each.pool)
            for agent in each.pool.intersection(each.weights):
                # Who waits for several takes a slot of one of them, the quicker the likelier.
                share = flow.pace(agent).rate / rate if rate else 1 / len(each.pool)
                self._at.setdefault(agent, []).append((each, share))

    def ahead(self, own: Contender, agent: AgentId, at: int) -> float:
        """Return how many an agent is expected to take before one, as they press `at` a time."""
        place = _place(own, agent, at)
        return sum(
            share
            for each, share in self._at.get(agent, ())
            if each is not own and _place(each, agent, at) < place
        )


def _place(each: Contender, agent: AgentId, at: int) -> tuple[float, int, str]:
    rank = each.weights.get(agent, 0.0) * (at - each.since)
    return (-rank, each.since, each.doc.conversation)
