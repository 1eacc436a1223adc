"""The port of a routing policy: what the engine asks, and nothing else decides.

A policy is found by its entry point in `maitred.routing_policies` and is made with the settings
and the calendar of the house. Every method is a pure function of its arguments and of those two.

Ranks are lines in time: whom a free slot takes is the largest `weight * (clock(now) - v)`, so
inside a class the order never changes and only the heads of classes compete. What the engine asks
of a class it asks once and keeps: `slope` and `target` once for a class, `fit` and `weight` once
for a class and a profile of agents, `offer_score` once for a fit, a load and a flex.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from maitred.contracts.agents import Agent
from maitred.contracts.ids import AgentId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc

STAND_IN_MIN: Final = 0.1
"""What anybody counts for, where nothing is asked for in place of a skill."""


class StandIn(NamedTuple):
    """Skills that others stand in for (none: all), and the least that they must have instead."""

    skills: tuple[str, ...]
    instead: tuple[tuple[str, float], ...]

    def level(self, skill: str, agent: Agent) -> float:
        """Return what an agent's own skills count for in place of one; 0 where they do not."""
        if self.skills and skill not in self.skills:
            return 0.0
        levels = [(agent.skills.get(own, 0.0), least) for own, least in self.instead]
        if any(level <= 0 or level < least for level, least in levels):
            return 0.0
        return min((level for level, _ in levels), default=STAND_IN_MIN)


class Signature(NamedTuple):
    """What makes two conversations equal to every agent; one class of the queue each.

    `skills` are the least proficiencies that count now, after relaxation. Where `any_language`
    is set, a language that the agent does not speak is no bar any more. For a skill that he lacks,
    what he has of one of `stand_ins` will do.
    """

    channel: str
    tier: str
    mood: MoodLabel
    skills: tuple[tuple[str, float], ...]
    language: str
    any_language: bool
    human_only: bool
    declined: tuple[AgentId, ...]
    stand_ins: tuple[StandIn, ...] = ()


class Fit(NamedTuple):
    """How well an agent suits, above 0 to 1; 0 with the reason in `excluded` if he must not."""

    value: float
    excluded: str = ""


class RoutingPolicy(Protocol):
    """What the engine asks of a policy; times are UTC milliseconds, spans milliseconds."""

    @property
    def name(self) -> str:
        """Return the name under which decisions cite it."""
        ...

    def hash(self) -> str:
        """Return a short hash of the policy with its settings."""
        ...

    @property
    def sticky_first(self) -> bool:
        """Return whether who served the customer last has it before all others, if he has room."""
        ...

    @property
    def rescue_share(self) -> float:
        """Return the share of free slots, 0 to 1, that go to whoever is most overdue."""
        ...

    def clock(self, now: int) -> int:
        """Return how urgency sees the time: it may go slower while the house is closed."""
        ...

    def signature(self, doc: RoutingDoc) -> Signature:
        """Return the class that a conversation waits in."""
        ...

    def virtual_arrival(self, doc: RoutingDoc) -> int:
        """Return the clock's time from which urgency grows; in a class the earliest is first."""
        ...

    def slope(self, signature: Signature) -> float:
        """Return by how much urgency grows in a second."""
        ...

    def fit(self, signature: Signature, agent: Agent) -> Fit:
        """Return how well an agent suits a class.

        Agents of equal kind, skills, languages and de-escalation are equal to a policy. Whoever is
        in `declined` is passed over, whatever this says of him.
        """
        ...

    def weight(self, fit: float, slope: float, *, previous: bool) -> float:
        """Return by how much the rank of a conversation grows in a millisecond, above 0."""
        ...

    def target(self, channel: str) -> int:
        """Return within how many milliseconds of the clock a customer should be served."""
        ...

    def offer_score(self, fit: float, load: float, flex: float, *, previous: bool) -> float:
        """Return the rank of an agent with room; highest first, and never higher by more load."""
        ...

    def hold(self, channel: str) -> int:
        """Return for how long a conversation is kept for its previous agent."""
        ...

    def step(self, doc: RoutingDoc, now: int) -> int:
        """Return how many relaxation steps have come by `now`."""
        ...

    def next_step_at(self, doc: RoutingDoc) -> int:
        """Return when the next relaxation step comes; 0 if none would change anything."""
        ...
