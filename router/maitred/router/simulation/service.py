"""Service: how long an agent takes for a conversation, and how well he suits it.

    time = work / (.55 + .45 s) / (.8 + .2 l) * (1 + k (1 - d)) * (.8 if he served before)

with s the geometric mean of his proficiencies in the needed skills, l his proficiency in the
language, d his skill at de-escalation, and k = 0, .25, .5 for a calm, frustrated or angry
customer. Where service does not depend on who serves, time = 1.28 * work: about the same mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from maitred.router.simulation.scenario import Arrival, Scenario, SimulatedAgent

Service = Callable[[Arrival, SimulatedAgent], float]
"""How long an agent takes for a conversation, in seconds."""

SAME_FOR_ALL: Final = 1.28
BY_PREVIOUS: Final = 0.8
LANGUAGE_UNSTATED: Final = 0.5
"""How well an agent of whose languages nothing is said manages any."""
STRAIN: Final[Mapping[str, float]] = MappingProxyType({"frustrated": 0.25, "angry": 0.5})
"""k: how much longer a mood takes with an agent who cannot calm anybody."""
MOOD_SHARE: Final[Mapping[str, float]] = MappingProxyType({"frustrated": 0.3, "angry": 0.5})
"""How much of the fit hangs on de-escalation at a mood."""
_DIGITS: Final = 9
"""A power may differ in the last bit from machine to machine; what is rounded does not."""


def service_of(scenario: Scenario) -> Service:
    """Return how long service takes in a scenario."""
    return by_fit if scenario.service.by_fit else same_for_all


def by_fit(arrival: Arrival, agent: SimulatedAgent) -> float:
    """Return the seconds by the formula above."""
    strain = 1 + STRAIN.get(arrival.mood, 0.0) * (1 - agent.deescalation)
    known = BY_PREVIOUS if arrival.previous_agent == agent.id else 1.0
    slowed = (0.55 + 0.45 * skill(arrival, agent)) * (0.8 + 0.2 * language(arrival, agent))
    return arrival.work_s / slowed * strain * known


def same_for_all(arrival: Arrival, agent: SimulatedAgent) -> float:  # noqa: ARG001  (a Service)
    """Return the seconds where it does not matter who serves."""
    return SAME_FOR_ALL * arrival.work_s


def fit(arrival: Arrival, agent: SimulatedAgent) -> float:
    """Return how well an agent suits, 0 to 1, whatever the policy thinks of it.

    s * l * M(d), with M(d) = 1 - share * (1 - d) by the mood.
    """
    mood = 1 - MOOD_SHARE.get(arrival.mood, 0.0) * (1 - agent.deescalation)
    return skill(arrival, agent) * language(arrival, agent) * mood


def skill(arrival: Arrival, agent: SimulatedAgent) -> float:
    """Return the geometric mean of his proficiencies in what is needed; 1 if nothing is."""
    levels = [agent.skills.get(name, 0.0) for name in sorted(arrival.levels())]
    if len(levels) <= 1:
        return levels[0] if levels else 1.0
    return round(math.prod(levels) ** (1 / len(levels)), _DIGITS)


def language(arrival: Arrival, agent: SimulatedAgent) -> float:
    """Return his proficiency in the customer's language; 1 if any will do."""
    if not arrival.language:
        return 1.0
    if not agent.languages:
        return LANGUAGE_UNSTATED
    return agent.languages.get(arrival.language, 0.0)
