"""The port of a routing policy: what the engine asks, and nothing else decides.

A policy is found by its entry point in `maitred.routing_policies` and is made with the settings
and the calendar of the house. Every method is a pure function of its arguments and of those two.

Ranks are lines in time: whom a free slot takes is the largest `weight * (clock(now) - v)`, so
inside a class the order never changes and only the heads of classes compete.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from maitred.contracts.agents import Agent, RoutingDoc
from maitred.contracts.ids import AgentId
from maitred.contracts.message import MoodLabel


class Signature(NamedTuple):
    """What makes two conversations equal to every agent; one class of the queue each.

    `skills` are the least proficiencies that count now, after relaxation. Where `any_language`
    is set, a language that the agent does not speak is no bar any more.
    """

    channel: str
    tier: str
    mood: MoodLabel
    skills: tuple[tuple[str, float], ...]
    language: str
    any_language: bool
    human_only: bool
    declined: tuple[AgentId, ...]


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
        """Return how well an agent suits a class."""
        ...

    def weight(self, fit: float, slope: float, *, previous: bool) -> float:
        """Return by how much the rank of a conversation grows in a millisecond, above 0."""
        ...

    def target(self, channel: str) -> int:
        """Return within how many milliseconds of the clock a customer should be served."""
        ...

    def offer_score(self, fit: float, load: float, flex: float, *, previous: bool) -> float:
        """Return the rank of an idle agent for a conversation; highest first."""
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
