"""Laws of the simulator, each told from the log alone by a checker that knows no engine."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from maitred.router.policies.baselines import edf, fifo, mood_strict, strict
from maitred.router.policies.index import IndexPolicy
from maitred.router.settings import RoutingSettings
from maitred.router.simulation import log
from maitred.router.simulation.scenario import Arrival, Scenario
from maitred.router.simulation.service import service_of
from tests.router.simulation.days import (
    PLAIN,
    Make,
    arrival,
    days,
    has_room,
    logged,
    may_serve,
    moments,
    play,
    read,
    scenario,
    served,
)

POLICIES = [IndexPolicy, fifo, edf, strict, mood_strict]
MAKES = st.sampled_from(POLICIES)
SLA = {"chat": 60.0, "sms": 300.0, "email": 14_400.0}
HOLD = {"chat": 7.5, "sms": 30.0, "email": 900.0}


@given(days(), MAKES)
def test_everybody_is_served_or_leaves_or_waits_and_only_who_may(day: Scenario, make: Make) -> None:
    lines = read(day, logged(day, make=make))
    agents = {each.id: each for each in day.agents}
    takes = service_of(day)
    for line in lines:
        patience = line.arrival.patience_s
        if line.agent is None:
            until = float("inf") if patience is None else line.arrival.at + patience
            assert line.until == pytest.approx(until, abs=1e-6)
            continue
        assert line.start is not None
        assert line.end is not None
        assert line.arrival.at <= line.start
        assert patience is None or line.start <= line.arrival.at + patience + 1e-6
        agent = agents[line.agent]
        assert all(agent.skills.get(skill, 0) > 0 for skill in line.arrival.skills)
        assert line.end - line.start == pytest.approx(takes(line.arrival, agent), abs=1e-6)


@given(days(), MAKES)
def test_nobody_has_more_than_his_room(day: Scenario, make: Make) -> None:
    lines = read(day, logged(day, make=make))
    for at in moments(lines):
        for agent in day.agents:
            held = [
                line.arrival.channel
                for line, who, start, end in served(lines)
                if who == agent.id and start <= at < end
            ]
            assert len(held) <= agent.capacity
            for channel, most in agent.per_channel.items():
                assert held.count(channel) <= most


@given(days(), MAKES)
def test_nobody_waits_while_somebody_who_may_serve_him_has_room(day: Scenario, make: Make) -> None:
    lines = read(day, logged(day, make=make))
    known = {each.id for each in day.agents}
    for line in lines:
        since = line.arrival.at
        if make is IndexPolicy and line.arrival.previous_agent in known:
            since += HOLD[line.arrival.channel]
        for at in moments(lines):
            if not since <= at < line.until:
                continue
            for agent in day.agents:
                if may_serve(agent, line.arrival):
                    assert not has_room(day, lines, agent.id, line.arrival.channel, at)


def _came(each: Arrival) -> tuple[float, ...]:
    return (each.at,)


def _deadline(each: Arrival) -> tuple[float, ...]:
    return (each.at + SLA[each.channel],)


def _worst_mood(each: Arrival) -> tuple[float, ...]:
    return (-["calm", "frustrated", "angry"].index(each.mood), each.at)


def _ranked(each: Arrival) -> tuple[float, ...]:
    channel = ["email", "sms", "chat"].index(each.channel)
    tier = ["standard", "vip"].index(each.tier)
    return (-channel, -tier, *_worst_mood(each))


@pytest.mark.parametrize(
    ("make", "order"),
    [(fifo, _came), (edf, _deadline), (mood_strict, _worst_mood), (strict, _ranked)],
)
def test_nobody_is_overtaken_at_an_agent_who_could_have_taken_him(
    make: Make, order: object
) -> None:
    assert callable(order)

    @settings(deadline=None)
    @given(days())
    def holds(day: Scenario) -> None:
        lines = read(day, logged(day, make=make))
        agents = {each.id: each for each in day.agents}
        for later, who, start, _ in served(lines):
            for line in lines:
                waits = line.arrival.at < start < line.until
                if not (waits and may_serve(agents[who], line.arrival)):
                    continue
                same = line.arrival.channel == later.arrival.channel
                if same and later.arrival.at < start:
                    assert (order(line.arrival), line.arrival.id) >= (
                        order(later.arrival),
                        later.arrival.id,
                    )

    holds()


@given(days(), MAKES, st.randoms(use_true_random=False))
def test_the_order_of_arrays_and_keys_does_not_matter(
    day: Scenario, make: Make, chance: random.Random
) -> None:
    agents, arrivals = list(day.agents), list(day.arrivals)
    chance.shuffle(agents)
    chance.shuffle(arrivals)
    other = replace(day, agents=tuple(agents), arrivals=tuple(arrivals))
    assert log.lines(play(day, make=make)) == log.lines(play(other, make=make))


def test_the_same_scenario_gives_the_same_bytes() -> None:
    day = scenario(
        agents=[{"id": "ann", "skills": {"tax": 0.7, "law": 0.3}, "capacity": 1}],
        arrivals=[
            arrival("x", 0, skills=["tax", "law"], work_s=10),
            arrival("y", 1.0004, patience_s=5),
            arrival("z", 2, skills=["zoo"]),
        ],
    )
    assert log.lines(play(day)) == (
        b'{"id":"x","agent":"ann","start":0.0,"end":13.223737}\n'
        b'{"id":"y","left":6.0004}\n'
        b'{"id":"z","waiting":2.0}\n'
    )


def test_who_can_be_served_at_the_very_end_of_his_patience_is_served() -> None:
    day = scenario(
        agents=[{"id": "ann", "capacity": 1}],
        arrivals=[
            arrival("x", 0, work_s=10),
            arrival("y", 3, patience_s=7),
            arrival("z", 3, patience_s=7, mood="angry"),
        ],
    )
    assert {line["id"]: line.get("start", line.get("left")) for line in logged(day)} == {
        "x": 0,
        "z": 10,
        "y": 10,
    }
    assert "left" in logged(day)[1]


def test_nobody_is_held_for_longer_than_the_hold() -> None:
    day = scenario(
        agents=[{"id": "ann", "capacity": 1}, {"id": "bob", "capacity": 1}],
        arrivals=[
            arrival("x", 0, previous_agent="ann"),
            arrival("y", 10, previous_agent="ann"),
            arrival("z", 11),
        ],
        sla={"chat": 80},
    )
    starts = {line["id"]: (line["agent"], line["start"]) for line in logged(day)}
    assert starts["z"] == ("bob", 11)
    assert starts["y"][1] >= 80
    alone = replace(day, arrivals=day.arrivals[:2])
    assert logged(alone)[1] == {"id": "y", "agent": "bob", "start": 20.0, "end": 120.0}


def test_who_served_a_customer_before_has_him_again() -> None:
    day = scenario(
        agents=[{"id": each, "capacity": 1} for each in ("ann", "bob")],
        arrivals=[arrival("x", 5, previous_agent="bob", work_s=50)],
    )
    assert logged(day) == [{"id": "x", "agent": "bob", "start": 5.0, "end": 45.0}]


def test_an_agent_takes_work_in_his_shifts_alone_and_finishes_what_he_has() -> None:
    day = scenario(
        agents=[{"id": "ann", "capacity": 1, "online": [[100, 200], [400, 500]]}],
        arrivals=[arrival("x", 50, work_s=120), arrival("y", 60), arrival("z", 600, patience_s=9)],
    )
    assert logged(day) == [
        {"id": "x", "agent": "ann", "start": 100.0, "end": 220.0},
        {"id": "y", "agent": "ann", "start": 400.0, "end": 500.0},
        {"id": "z", "left": 609.0},
    ]


def test_who_is_on_line_from_the_start_does_not_ramp_up() -> None:
    day = scenario(
        agents=[{"id": each, "capacity": 9} for each in ("ann", "bob")],
        arrivals=[arrival(f"c{n:02}") for n in range(18)],
    )
    assert all(line["start"] == 0 for line in logged(day, RoutingSettings()))


def test_a_long_service_is_no_silence() -> None:
    """Agents give no sign of life while they serve, and need not."""
    day = scenario(agents=[{"id": "ann"}], arrivals=[arrival("x", work_s=9e5)])
    assert logged(day, RoutingSettings()) == [
        {"id": "x", "agent": "ann", "start": 0.0, "end": 900_000.0}
    ]


def test_the_wrap_up_of_the_settings_takes_up_an_agent() -> None:
    day = scenario(agents=[{"id": "ann", "capacity": 1}], arrivals=[arrival("x"), arrival("y", 1)])
    lines = logged(day, replace(PLAIN, wrap_up_seconds=20.0))
    assert [(line["start"], line["end"]) for line in lines] == [(0, 100), (120, 220)]
