"""The index policy: urgency that grows with time, times how well an agent suits.

For a conversation i of channel c, mood m and tier g, and an agent a:

    slope    b = W_c * B_m * G_g / T_c                    T: the channel's SLA
    urgency  u(t) = b * (t - v)                           v = arrival - h*T - priority
             both by the clock of the house, which all but stands still while it is closed
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
from functools import lru_cache
from typing import Final

import msgspec
from msgspec.structs import replace

from maitred.contracts.agents import Agent, AgentKind
from maitred.contracts.ids import digest
from maitred.contracts.limits import MINUTE_MS, SECOND_MS
from maitred.contracts.routing import RoutingDoc
from maitred.router.hours import ALWAYS_OPEN, Calendar
from maitred.router.policies.ladder import demands, next_step_at, step
from maitred.router.port import Fit, Signature
from maitred.router.settings import Budgets, RoutingSettings

FIT_MIN: Final = 1e-6
"""Whoever is eligible at all suits at least so well: tiny products must not exclude."""
_DIGITS: Final = 9
"""Whatever comes of a power or a sum is rounded, so that a last bit of it decides nothing."""


class IndexPolicy:
    """The default policy, `index` in `maitred.routing_policies`."""

    name = "index"

    sticky_first = True

    def __init__(self, settings: RoutingSettings, calendar: Calendar = ALWAYS_OPEN) -> None:
        self._settings = settings
        self._calendar = calendar
        self.rescue_share = settings.rescue_share
        self._hash = hash_of(self.name, settings)

    def hash(self) -> str:
        """Return a short hash of the policy with its settings."""
        return self._hash

    def clock(self, now: int) -> int:
        """Return the calendar's time, which all but stands still while the house is closed."""
        return self._calendar.worked(now)

    def target(self, channel: str) -> int:
        """Return the SLA of a channel."""
        return self._settings.sla_ms(channel)

    def signature(self, doc: RoutingDoc) -> Signature:
        """Return the class that a conversation waits in, after the steps taken so far."""
        asked = demands(self._settings, self._calendar, doc)
        return Signature(
            channel=doc.channel,
            tier=doc.tier,
            mood=doc.mood.label,
            skills=asked.skills,
            language=doc.needs.language,
            any_language=asked.any_language,
            human_only=asked.human_only,
            declined=tuple(sorted(doc.declined)),
            stand_ins=asked.stand_ins,
        )

    def virtual_arrival(self, doc: RoutingDoc) -> int:
        """Return v: arrival less the head start and the priority that rules gave."""
        head_start = self._settings.head_start * self._settings.sla_ms(doc.channel)
        lead = round(head_start + doc.needs.priority_minutes * MINUTE_MS)
        return self._calendar.worked(doc.arrived_at) - lead

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
            if level <= 0 or level < least:
                has_some, level = level > 0, 0.0
                for each in signature.stand_ins:
                    level = max(level, each.level(skill, agent))
                if level <= 0:
                    return _too_low(skill) if has_some else _missing(skill)
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

    def weight(self, fit: float, slope: float, *, previous: bool) -> float:
        """Return the growth of the rank by the millisecond."""
        gamma = self._settings.gamma
        power = fit if gamma == 1 else max(round(fit**gamma, _DIGITS), FIT_MIN)
        sticky = 1 + self._settings.sigma if previous else 1.0
        return power * sticky * slope / SECOND_MS

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
        return step(self._settings, self._calendar, doc, now)

    def next_step_at(self, doc: RoutingDoc) -> int:
        """Return when the next step comes; 0 if there is nothing left that it would relax."""
        return next_step_at(self._settings, self._calendar, doc)


def hash_of(name: str, settings: RoutingSettings) -> str:
    """Return a short hash of a policy and of the settings that decide."""
    told = msgspec.json.encode(deciding(settings), order="deterministic")
    return digest("policy", name, told, length=13)


def deciding(settings: RoutingSettings) -> RoutingSettings:
    """Return settings without what decides nothing: tests, forecast, budgets, names of agents."""
    nameless = tuple(replace(agent, name="") for agent in settings.agents)
    return replace(settings, agents=nameless, tests=(), forecast=(), budgets=Budgets())


@lru_cache(maxsize=1_024)
def _missing(skill: str) -> Fit:
    return Fit(0.0, f"no_skill:{skill}")


@lru_cache(maxsize=1_024)
def _too_low(skill: str) -> Fit:
    return Fit(0.0, f"low_skill:{skill}")


def _geometric_mean(levels: list[float]) -> float:
    if not levels:
        return 1.0
    product = math.prod(levels)
    return product if len(levels) == 1 else product ** (1 / len(levels))
