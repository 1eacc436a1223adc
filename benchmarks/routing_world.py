"""A made day of a house: who answers, who writes, how patient he is, and how long he takes.

The description is section 1.6 of the routing notes: 40 agents with 3 slots each, 6 skills, 2
languages, 4 channels; patience, moods and returning customers as there. What it leaves open is
chosen here so that first come, first served behaves as in its table: a handling time that keeps
the house 95 % busy at .205 a second, and shares of channels, skills and languages that let about
twelve of the forty serve a customer.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from maitred.router.simulation.scenario import Arrival, Scenario, ServiceSettings, SimulatedAgent
from maitred.router.simulation.service import fit

HOUR: Final = 3_600.0
AGENTS: Final = 40
SKILLS: Final = ("billing", "orders", "returns", "technical", "accounts", "sales")
CHANNELS: Final = {"chat": 0.45, "sms": 0.20, "slack": 0.13, "email": 0.22}
PATIENCE: Final = {"chat": 300.0, "sms": 1_800.0, "slack": 5_400.0, "email": 432_000.0}
MOODS: Final = {"calm": 0.7, "frustrated": 0.2, "angry": 0.1}
IMPATIENCE: Final = {"calm": 1.0, "frustrated": 0.6, "angry": 0.35}
SLA: Final = {"chat": 60.0, "sms": 300.0, "slack": 300.0, "email": 14_400.0}
SPOKEN: Final = {"en": 0.6, "de": 0.4}
SECOND_LANGUAGE: Final = 0.3
TWO_SKILLS: Final = 0.15
VIP: Final = 0.15
RETURNING: Final = 0.35
WORK_MEAN: Final = 495.0
WORK_SIGMA: Final = math.sqrt(math.log(2.0))
"""A lognormal time varies by its own mean (cv 1) at this sigma."""


@dataclass(frozen=True, slots=True)
class Workload:
    """How much comes in, for how long, and whether it matters who serves.

    `rate` is by the second, `peak` the part by which it rises and falls over `PERIOD`.
    """

    name: str
    rate: float
    hours: float
    peak: float = 0.0
    by_fit: bool = True
    agents: int = AGENTS


PERIOD: Final = 4 * HOUR


def scenario(load: Workload, seed: int) -> Scenario:
    """Return a scenario; the same seed gives the same, and only the arrivals depend on the load."""
    agents = tuple(_agents(load.agents, random.Random(f"agents {seed}")))
    return Scenario(
        agents=agents,
        arrivals=tuple(_arrivals(load, agents, random.Random(f"arrivals {seed}"))),
        sla=SLA,
        service=ServiceSettings(by_fit=load.by_fit),
    )


def _agents(count: int, chance: random.Random) -> Iterator[SimulatedAgent]:
    for number in range(count):
        # Every skill and language is spread evenly, whatever else chance does.
        first = SKILLS[number % len(SKILLS)]
        others = [each for each in SKILLS if each != first]
        skills = [first, *chance.sample(others, chance.choice((1, 2, 2, 3)))]
        mother, other = ("en", "de") if number % 5 < 3 else ("de", "en")
        languages = {mother: 1.0}
        if chance.random() < SECOND_LANGUAGE:
            languages[other] = round(chance.uniform(0.6, 0.95), 2)
        yield SimulatedAgent(
            id=f"agent{number:02}",
            skills={skill: round(chance.uniform(0.5, 1.0), 2) for skill in sorted(skills)},
            languages=languages,
            deescalation=round(chance.uniform(0.2, 1.0), 2),
            capacity=3.0,
        )


def _arrivals(
    load: Workload, agents: Sequence[SimulatedAgent], chance: random.Random
) -> Iterator[Arrival]:
    at, number = 0.0, 0
    highest = load.rate * (1 + load.peak)
    while True:
        at += chance.expovariate(highest)
        if at >= load.hours * HOUR:
            return
        now = load.rate * (1 + load.peak * math.sin(2 * math.pi * at / PERIOD))
        if chance.random() * highest <= now:
            yield _arrival(f"c{number:06}", at, agents, chance)
            number += 1


def _arrival(
    name: str, at: float, agents: Sequence[SimulatedAgent], chance: random.Random
) -> Arrival:
    channel, mood, language = (_one_of(each, chance) for each in (CHANNELS, MOODS, SPOKEN))
    count = 2 if chance.random() < TWO_SKILLS else 1
    asked = Arrival(
        id=name,
        at=round(at, 3),
        channel=channel,
        skills=tuple(sorted(chance.sample(SKILLS, count))),
        language=language,
        mood=mood,
        tier="vip" if chance.random() < VIP else "standard",
        patience_s=round(chance.expovariate(1 / (PATIENCE[channel] * IMPATIENCE[mood])), 3),
        work_s=round(chance.lognormvariate(math.log(WORK_MEAN) - WORK_SIGMA**2 / 2, WORK_SIGMA), 3),
    )
    return _returning(asked, agents, chance)


def _returning(asked: Arrival, agents: Sequence[SimulatedAgent], chance: random.Random) -> Arrival:
    """Let some have been served before, by somebody who could."""
    returns, which = chance.random() < RETURNING, chance.random()
    able = [agent.id for agent in agents if fit(asked, agent) > 0]
    if not returns or not able:
        return asked
    return replace(asked, previous_agent=able[int(which * len(able))])


def _one_of(shares: dict[str, float], chance: random.Random) -> str:
    return chance.choices(list(shares), list(shares.values()))[0]
