"""Scenarios: who is there to answer, who writes when, and how long he will wait.

Times are seconds from the scenario's beginning, spans are seconds. What a key that is missing
means stands in the shapes below; `faults` judges what shapes cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import msgspec
from msgspec.structs import replace

from maitred.contracts.agents import AgentKind
from maitred.contracts.message import MoodLabel
from maitred.router.checking.values import plainly
from maitred.router.faults import faults as faults_of_settings
from maitred.router.settings import AgentSettings, RoutingSettings

BEGINS_AT: Final = 1_704_067_200_000
"""Monday, the first of January 2024, midnight UTC: when a scenario begins that does not say."""
MOODS: Final = tuple(mood.value for mood in MoodLabel if mood is not MoodLabel.UNKNOWN)
AT_MAX: Final = 1e8
"""Three years of seconds."""
ID_CHARACTERS_MAX: Final = 100
SKILLS_MAX: Final = 20
SECOND_US: Final = 1_000_000
MS_US: Final = 1_000
"""Microseconds of a second, and of a millisecond."""


class SimulatedAgent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answers; skills and languages with proficiency 0 to 1.

    `online` are the spans `[from, to]` in which he takes work: without any he always does, and at
    the end of one he still finishes what he has.
    """

    id: str
    kind: AgentKind = AgentKind.HUMAN
    name: str = ""
    skills: dict[str, float] = {}
    languages: dict[str, float] = {}
    deescalation: float = 0.5
    capacity: float = 3.0
    per_channel: dict[str, int] = {}
    online: tuple[tuple[float, float], ...] = ()

    def settings(self) -> AgentSettings:
        """Return him as the configuration would name him."""
        return AgentSettings(
            id=self.id,
            kind=self.kind,
            name=self.name,
            skills=self.skills,
            languages=self.languages,
            deescalation=self.deescalation,
            capacity=self.capacity,
            per_channel=self.per_channel,
        )


class Arrival(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer who writes at `at` and leaves after `patience_s` (null: never) unless served.

    `skills` are names, or a table of the least proficiencies asked for. `work_s` is how long it
    takes whom nothing holds up (see `service`).
    """

    id: str
    at: float
    channel: str
    skills: tuple[str, ...] | dict[str, float] = ()
    language: str = ""
    mood: str = "calm"
    tier: str = "standard"
    previous_agent: str | None = None
    patience_s: float | None = None
    work_s: float
    human_only: bool = False
    priority_minutes: float = 0.0

    def levels(self) -> dict[str, float]:
        """Return the least proficiency by skill; 0 where having it at all will do."""
        if isinstance(self.skills, dict):
            return self.skills
        return dict.fromkeys(self.skills, 0.0)


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long service takes: by how well the agent suits, or the same whoever serves."""

    by_fit: bool = True


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is simulated; `sla` gives each channel's target in seconds.

    `begins_at` is when it begins, in UTC milliseconds: only business hours depend on it.
    """

    agents: tuple[SimulatedAgent, ...]
    arrivals: tuple[Arrival, ...]
    sla: dict[str, float] = {}
    service: ServiceSettings = ServiceSettings()
    begins_at: int = BEGINS_AT

    def settings(self, base: RoutingSettings) -> RoutingSettings:
        """Return `base` with the scenario's agents and targets.

        Nobody is silent here: an agent who is on line is at hand, so no time-out applies.
        """
        return replace(
            base,
            agents=tuple(each.settings() for each in self.agents),
            sla_seconds={**base.sla_seconds, **self.sla},
            idle_seconds=0.0,
            lost_seconds=0.0,
        )

    def strangers(self) -> list[str]:
        """Return the ids of arrivals whose previous agent is none of the agents, in order."""
        known = {each.id for each in self.agents}
        return [
            each.id
            for each in self.arrivals
            if each.previous_agent is not None and each.previous_agent not in known
        ]


def us(seconds: float) -> int:
    """Return seconds as whole microseconds: so finely does the simulator tell time."""
    return round(seconds * SECOND_US)


def faults(scenario: Scenario) -> list[str]:
    """Return what is wrong, one sentence each: path, value, and what to write."""
    routing = RoutingSettings(
        agents=tuple(each.settings() for each in scenario.agents), sla_seconds=scenario.sla
    )
    found = [
        fault.removeprefix("routing.").replace("sla_seconds.", "sla.", 1)
        for fault in faults_of_settings(routing)
    ]
    for number, agent in enumerate(scenario.agents):
        found += _shifts(f"agents[{number}].online", agent.online)
    seen: set[str] = set()
    for number, arrival in enumerate(scenario.arrivals):
        path = f"arrivals[{number}]"
        if arrival.id in seen:
            found.append(f"{path}.id = {arrival.id!r}: another arrival has it; ids must differ")
        seen.add(arrival.id)
        found += _arrival(path, arrival)
    if not 0 <= scenario.begins_at <= BEGINS_AT * 10:
        found.append(f"begins_at = {scenario.begins_at}: write UTC milliseconds")
    return found


def _shifts(path: str, spans: tuple[tuple[float, float], ...]) -> Iterator[str]:
    for number, (start, end) in enumerate(spans):
        if not 0 <= start < end <= AT_MAX:
            yield (
                f"{path}[{number}] = [{start:g}, {end:g}]: write seconds from 0 to {AT_MAX:.0f}, "
                "the later one last"
            )
    if any(later[0] <= earlier[1] for earlier, later in pairwise(spans)):
        yield f"{path}: write spans that do not touch, the earliest first"


def _arrival(path: str, arrival: Arrival) -> Iterator[str]:
    if not (arrival.id.isprintable() and 0 < len(arrival.id) <= ID_CHARACTERS_MAX):
        yield f"{path}.id = {arrival.id[:40]!r}: write 1 to {ID_CHARACTERS_MAX} plain characters"
    if not arrival.channel:
        yield f"{path}.channel: is empty; write a channel such as `chat`"
    if arrival.mood not in MOODS:
        yield f"{path}.mood = {arrival.mood[:40]!r}: write one of {', '.join(MOODS)}"
    levels = arrival.levels()
    if len(levels) > SKILLS_MAX:
        yield f"{path}.skills: {len(levels)} of them; at most {SKILLS_MAX} are allowed"
    yield from _within(
        (f"{path}.at", arrival.at, AT_MAX),
        (f"{path}.work_s", arrival.work_s, AT_MAX),
        (f"{path}.patience_s", arrival.patience_s or 0.0, AT_MAX),
        (f"{path}.priority_minutes", arrival.priority_minutes, 1_440.0),
        *((f"{path}.skills.{skill}", level, 1.0) for skill, level in levels.items()),
    )


def _within(*rows: tuple[str, float, float]) -> Iterable[str]:
    return [
        f"{path} = {value:g}: write a number from 0 to {plainly(most)}"
        for path, value, most in rows
        if not 0 <= value <= most
    ]
