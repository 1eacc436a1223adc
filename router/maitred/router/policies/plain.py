"""The plain policy: an order among those who wait, and the least busy agent of those who may.

Whoever has the skills and speaks the language may serve, however well, and nobody else ever may.
It knows no previous agent, no hold and no relaxation. Only the order differs from policy to
policy, and it is a time from which a conversation counts: the earliest goes first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from maitred.contracts.agents import Agent
from maitred.contracts.limits import DAY_MS
from maitred.contracts.routing import RoutingDoc
from maitred.router.hours import Calendar
from maitred.router.policies.index import IndexPolicy, hash_of
from maitred.router.port import Fit, Signature
from maitred.router.settings import RoutingSettings

Order = Callable[[RoutingDoc], int]
"""From when a conversation counts, in UTC milliseconds; the earliest goes first."""

AHEAD_MS: Final = 10_000 * DAY_MS
"""Longer than anything waits: whoever has such a lead goes first whenever he came."""


class PlainPolicy:
    """Serves in one order, whoever the agent is."""

    sticky_first = False
    rescue_share = 0.0

    def __init__(
        self, name: str, order: Order, settings: RoutingSettings, calendar: Calendar
    ) -> None:
        self.name = name
        self._order = order
        self._settings = settings
        self._bars = IndexPolicy(replace(settings, relax=(), overflow=()), calendar)
        """Says who must not serve, and why."""
        self._hash = hash_of(name, settings)

    def hash(self) -> str:
        """Return a short hash of the policy with its settings."""
        return self._hash

    def clock(self, now: int) -> int:
        """Return the time, be the house open or closed."""
        return now

    def signature(self, doc: RoutingDoc) -> Signature:
        """Return the class that a conversation waits in; any level of a skill will do."""
        signature = self._bars.signature(doc)
        return signature._replace(skills=tuple((skill, 0.0) for skill, _ in signature.skills))

    def virtual_arrival(self, doc: RoutingDoc) -> int:
        """Return from when it counts."""
        return self._order(doc)

    def slope(self, signature: Signature) -> float:  # noqa: ARG002  (part of the port)
        """Return 1: nobody's urgency grows faster."""
        return 1.0

    def fit(self, signature: Signature, agent: Agent) -> Fit:
        """Return whether an agent may serve, and how well he suits, which decides nothing."""
        return self._bars.fit(signature, agent)

    def weight(self, fit: float, slope: float, *, previous: bool) -> float:  # noqa: ARG002  (port)
        """Return 1: the order alone decides."""
        return 1.0

    def target(self, channel: str) -> int:
        """Return the SLA of a channel."""
        return self._settings.sla_ms(channel)

    def offer_score(self, fit: float, load: float, flex: float, *, previous: bool) -> float:  # noqa: ARG002  (port)
        """Return less for who has less room: the longest idle of the emptiest is asked.

        Who has several slots is idle only when all of them are free; by that time alone one agent
        would be filled up before the next is asked.
        """
        return -load

    def hold(self, channel: str) -> int:  # noqa: ARG002  (part of the port)
        """Return 0: nothing is kept for anybody."""
        return 0

    def step(self, doc: RoutingDoc, now: int) -> int:  # noqa: ARG002  (part of the port)
        """Return the steps that were taken before; there are no more."""
        return doc.step

    def next_step_at(self, doc: RoutingDoc) -> int:  # noqa: ARG002  (part of the port)
        """Return 0: nothing is ever relaxed."""
        return 0
