"""Small days to simulate, and what must hold of any log, told from the log alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from hypothesis import strategies as st

from maitred.router.policies.index import IndexPolicy
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings
from maitred.router.simulation import log
from maitred.router.simulation.run import Outcome, simulate
from maitred.router.simulation.scenario import Arrival, Scenario, SimulatedAgent

Make = Callable[[RoutingSettings], RoutingPolicy]
PLAIN = RoutingSettings(angry_in_a_row=0, ramp_seconds=0.0)
"""Nobody is spared and nobody ramps up, so that whoever has room has room."""
_SKILLS = ("tax", "law")
_LANGUAGES = ("en", "de")


def scenario(**parts: Any) -> Scenario:
    """Return a scenario from JSON."""
    return msgspec.json.decode(msgspec.json.encode(parts), type=Scenario)


def arrival(name: str, at: float = 0.0, **more: Any) -> dict[str, Any]:
    """Return an arrival as it stands in JSON."""
    return {"id": name, "at": at, "channel": "chat", "work_s": 100.0, **more}


def play(day: Scenario, base: RoutingSettings = PLAIN, make: Make = IndexPolicy) -> list[Outcome]:
    """Simulate a scenario."""
    settings = day.settings(base)
    return simulate(day, settings, make(settings))


def logged(
    day: Scenario, base: RoutingSettings = PLAIN, make: Make = IndexPolicy
) -> list[dict[str, Any]]:
    """Simulate a scenario and read its log."""
    return [msgspec.json.decode(line) for line in log.lines(play(day, base, make)).splitlines()]


# -- days that hypothesis makes
def _levels(names: tuple[str, ...], at_least: int) -> st.SearchStrategy[dict[str, float]]:
    level = st.sampled_from([0.2, 0.5, 1.0])
    keys = st.lists(st.sampled_from(names), min_size=at_least, max_size=len(names))
    return keys.flatmap(lambda found: st.fixed_dictionaries(dict.fromkeys(found, level)))


_AGENTS = st.lists(
    st.builds(
        dict,
        skills=_levels(_SKILLS, 0),
        languages=_levels(_LANGUAGES, 1),
        deescalation=st.sampled_from([0.0, 0.5, 1.0]),
        capacity=st.sampled_from([1.0, 2.0, 3.0]),
        per_channel=st.fixed_dictionaries({}, optional={"chat": st.integers(0, 2)}),
    ),
    min_size=1,
    max_size=4,
)
_ARRIVALS = st.lists(
    st.builds(
        dict,
        at=st.integers(0, 200) | st.integers(0, 200_000_000).map(lambda us: us / 1e6),
        channel=st.sampled_from(["chat", "email", "sms"]),
        skills=st.sampled_from([(), ("tax",), ("law",), _SKILLS]),
        language=st.sampled_from(["", *_LANGUAGES]),
        mood=st.sampled_from(["calm", "frustrated", "angry"]),
        tier=st.sampled_from(["standard", "vip"]),
        previous_agent=st.sampled_from([None, "a0", "a1", "gone"]),
        patience_s=st.none() | st.integers(0, 150) | st.sampled_from([0.0004, 7.777778]),
        work_s=st.integers(0, 120),
    ),
    max_size=25,
)


@st.composite
def days(draw: st.DrawFn) -> Scenario:
    """Return a day of a few agents and a few customers, many of them at the same second."""
    return scenario(
        agents=[{"id": f"a{n}", **each} for n, each in enumerate(draw(_AGENTS))],
        arrivals=[{"id": f"c{n:02}", **each} for n, each in enumerate(draw(_ARRIVALS))],
        service={"by_fit": draw(st.booleans())},
    )


# -- what must hold
@dataclass(frozen=True)
class Line:
    """A line of the log beside its arrival; `until` is when his wait ended."""

    arrival: Arrival
    agent: str | None
    start: float | None
    end: float | None
    until: float


def read(day: Scenario, lines: list[dict[str, Any]]) -> list[Line]:
    """Return the log with the arrivals that it is about, each of which it must name once."""
    arrivals = {each.id: each for each in day.arrivals}
    assert sorted(line["id"] for line in lines) == sorted(arrivals)
    found = []
    for line in lines:
        assert set(line) in ({"id", "agent", "start", "end"}, {"id", "left"}, {"id", "waiting"})
        until = line.get("start", line.get("left", float("inf")))
        found.append(
            Line(
                arrivals[line["id"]],
                line.get("agent"),
                line.get("start"),
                line.get("end"),
                until,
            )
        )
    return found


def served(lines: list[Line]) -> Iterator[tuple[Line, str, float, float]]:
    for line in lines:
        if line.agent is not None and line.start is not None and line.end is not None:
            yield line, line.agent, line.start, line.end


def has_room(day: Scenario, lines: list[Line], agent: str, channel: str, at: float) -> bool:
    """Whether an agent could take one more just after a moment."""
    (profile,) = [each for each in day.agents if each.id == agent]
    held = [line.arrival for line, who, start, end in served(lines) if who == agent]
    spans = [(start, end) for _, who, start, end in served(lines) if who == agent]
    now = [one for one, (start, end) in zip(held, spans, strict=True) if start <= at < end]
    of_channel = sum(each.channel == channel for each in now)
    return len(now) < int(profile.capacity) and of_channel < profile.per_channel.get(channel, 99)


def may_serve(agent: SimulatedAgent, customer: Arrival) -> bool:
    """Whether an agent has the skills and speaks the language."""
    speaks = not customer.language or agent.languages.get(customer.language, 0) > 0
    return speaks and all(agent.skills.get(skill, 0) > 0 for skill in customer.skills)


def moments(lines: list[Line]) -> list[float]:
    """Return every moment at which anything changes."""
    times = {line.arrival.at for line in lines}
    for _, _, start, end in served(lines):
        times |= {start, end}
    return sorted(times)
