"""The index policy: urgency that grows with time, times how well an agent suits.

For a conversation i of channel c, mood m and tier g, and an agent a:

    slope    b = W_c * B_m * G_g / T_c                    T: the channel's SLA
    urgency  u(t) = b * (t - v)                           v = arrival - h*T - priority
    fit      f = (prod p_s)^(1/n) * L * M_m(d)            0 where a hard requirement fails
             M_m(d) = 1 - share_m * (1 - d)               d: his skill at de-escalation
    index    f^gamma * (1 + sigma*[previous agent]) * u   whom a free slot takes: the largest
    score    f * (1 + sigma*[previous]) - lam*load - phi*flex   whom an arrival is offered to

The generalised c-mu rule (Mandelbaum and Stolyar 2004, Oper. Res. 52:836; Gurvich and Whitt
2009, M&SOM 11:237) with the linear ageing of Kleinrock 1964. Inside a class (equal signature)
the order by u is the order by v, so it never changes with time.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from maitred.contracts.agents import Agent, AgentKind, RoutingDoc
from maitred.contracts.ids import digest
from maitred.contracts.limits import MINUTE_MS, SECOND_MS
from maitred.router.port import Fit, Signature
from maitred.router.settings import RoutingSettings

FIT_MIN: Final = 1e-6
"""Whoever is eligible at all suits at least so well: tiny products must not exclude."""
_DIGITS: Final = 9
"""Scores are rounded, so that a last bit of floating point decides nothing."""


class IndexPolicy:
    """The default policy, `index` in `maitred.routing_policies`."""

    name = "index"

    def __init__(self, settings: RoutingSettings) -> None:
        self._settings = settings
        encoded = msgspec.json.encode(settings, order="deterministic")
        self._hash = digest("policy", self.name, encoded, length=13)

    def hash(self) -> str:
        """Return a short hash of the policy with its settings."""
        return self._hash

    def signature(self, doc: RoutingDoc) -> Signature:
        """Return the class that a conversation waits in, after the steps taken so far.

        Each step lowers the demanded levels by an equal part; after the last one has only to
        have the skills, and the language is no bar.
        """
        steps = len(self._settings.relax)
        last = 0 < steps <= doc.step
        part = 1.0 if not steps else 1.0 - min(doc.step, steps) / steps
        return Signature(
            channel=doc.channel,
            tier=doc.tier,
            mood=doc.mood.label,
            skills=tuple((need.skill, round(need.level * part, 6)) for need in doc.needs.skills),
            language=doc.needs.language,
            any_language=last,
            human_only=doc.needs.human_only,
            declined=tuple(sorted(doc.declined)),
        )

    def virtual_arrival(self, doc: RoutingDoc) -> int:
        """Return v: arrival less the head start and the priority that rules gave."""
        head_start = self._settings.head_start * self._settings.sla_ms(doc.channel)
        return doc.arrived_at - round(head_start + doc.needs.priority_minutes * MINUTE_MS)

    def slope(self, signature: Signature) -> float:
        """Return b, by the second."""
        settings = self._settings
        weight = (
            settings.weight_of_channel(signature.channel)
            * settings.weight_of_mood(signature.mood)
            * settings.weight_of_tier(signature.tier)
        )
        return weight * SECOND_MS / settings.sla_ms(signature.channel)

    def fit(self, signature: Signature, agent: Agent) -> Fit:
        """Return how well an agent suits; the hard requirements first."""
        if agent.id in signature.declined:
            return Fit(0.0, "declined")
        if signature.human_only and agent.kind != AgentKind.HUMAN:
            return Fit(0.0, "human_only")
        levels = []
        for skill, least in signature.skills:
            level = agent.skills.get(skill, 0.0)
            if level <= 0:
                return Fit(0.0, f"no_skill:{skill}")
            if level < least:
                return Fit(0.0, f"low_skill:{skill}")
            levels.append(level)
        language = self._language(signature, agent)
        if language <= 0:
            return Fit(0.0, f"no_language:{signature.language}")
        share = self._settings.share_of_mood(signature.mood)
        mood = 1 - share * (1 - agent.deescalation)
        value = _geometric_mean(levels) * language * mood
        return Fit(max(round(value, _DIGITS), FIT_MIN))

    def _language(self, signature: Signature, agent: Agent) -> float:
        if not signature.language:
            return 1.0
        if not agent.languages:
            return self._settings.language_unstated or FIT_MIN
        level = agent.languages.get(signature.language, 0.0)
        return max(level, self._settings.language_floor) if signature.any_language else level

    def index(self, fit: float, slope: float, age: int, *, previous: bool) -> float:
        """Return the rank of a conversation of an age, in milliseconds since v."""
        power = fit if self._settings.gamma == 1 else fit**self._settings.gamma
        sticky = 1 + self._settings.sigma if previous else 1.0
        return round(power * sticky * slope * max(age, 1) / SECOND_MS, _DIGITS)

    def offer_score(self, fit: float, load: float, flex: float, *, previous: bool) -> float:
        """Return the rank of an agent with room; `load` is the part of his capacity in use."""
        settings = self._settings
        sticky = 1 + settings.sigma if previous else 1.0
        return round(fit * sticky - settings.lam * load - settings.phi * flex, _DIGITS)

    def hold(self, channel: str) -> int:
        """Return for how long a conversation is kept for its previous agent."""
        return self._settings.hold_ms(channel)

    def step(self, doc: RoutingDoc, now: int) -> int:
        """Return how many steps have come by `now`; a step once taken stays taken."""
        waited = now - doc.arrived_at
        sla = self._settings.sla_ms(doc.channel)
        come = sum(1 for fraction in self._settings.relax if waited >= math.ceil(fraction * sla))
        return max(doc.step, come)

    def next_step_at(self, doc: RoutingDoc) -> int:
        """Return when the next step comes; 0 if there is nothing left that it would relax."""
        demanding = doc.needs.language or any(need.level > 0 for need in doc.needs.skills)
        if not demanding or doc.step >= len(self._settings.relax):
            return 0
        sla = self._settings.sla_ms(doc.channel)
        return doc.arrived_at + math.ceil(self._settings.relax[doc.step] * sla)


def _geometric_mean(levels: list[float]) -> float:
    if not levels:
        return 1.0
    product = math.prod(levels)
    return product if len(levels) == 1 else product ** (1 / len(levels))
