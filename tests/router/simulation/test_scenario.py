"""Scenarios: what a missing key means, and what is wrong said with path and value."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from maitred.router.settings import RoutingSettings
from maitred.router.simulation.scenario import BEGINS_AT, Scenario, faults
from tests.router.simulation.days import arrival, scenario

ANN = {"id": "ann"}


def test_the_least_that_must_be_said() -> None:
    day = scenario(agents=[ANN], arrivals=[arrival("x")])
    (agent,), (customer,) = day.agents, day.arrivals
    assert (agent.capacity, agent.deescalation, agent.online) == (3.0, 0.5, ())
    assert (customer.mood, customer.tier, customer.language) == ("calm", "standard", "")
    assert (customer.patience_s, customer.previous_agent, customer.levels()) == (None, None, {})
    assert (day.service.by_fit, day.begins_at, faults(day)) == (True, BEGINS_AT, [])


def test_skills_are_names_or_levels() -> None:
    named, levelled = scenario(
        agents=[ANN],
        arrivals=[arrival("x", skills=["tax"]), arrival("y", skills={"tax": 0.7})],
    ).arrivals
    assert (named.levels(), levelled.levels()) == ({"tax": 0.0}, {"tax": 0.7})


def test_the_settings_are_a_policy_s_with_the_scenario_s_agents_and_targets() -> None:
    day = scenario(agents=[ANN], arrivals=[], sla={"chat": 20})
    base = RoutingSettings(sigma=0.5, sla_seconds={"chat": 30.0, "sms": 40.0})
    settings = day.settings(base)
    assert [each.id for each in settings.agents] == ["ann"]
    assert settings.sla_seconds == {"chat": 20.0, "sms": 40.0}
    assert settings.sigma == 0.5


def test_previous_agents_whom_nobody_knows_are_told() -> None:
    day = scenario(
        agents=[ANN],
        arrivals=[
            arrival("x", previous_agent="gone"),
            arrival("y", previous_agent="ann"),
            arrival("z"),
        ],
    )
    assert day.strangers() == ["x"]


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ({"id": "a b"}, "agents[0].id = 'a b': write 1 to 64 letters"),
        ({"skills": {"tax": 2}}, "agents[0].skills.tax = 2.0: write a number from 0 to 1"),
        ({"languages": {"english": 1}}, "agents[0].languages: 'english' is no language"),
        ({"capacity": -1}, "agents[0].capacity = -1.0: write a number from 0"),
        ({"per_channel": {"chat": -1}}, "agents[0].per_channel.chat = -1: write a number"),
        ({"online": [[5, 5]]}, "agents[0].online[0] = [5, 5]: write seconds from 0"),
        ({"online": [[0, 5], [5, 9]]}, "agents[0].online: write spans that do not touch"),
        ({"online": [[6, 9], [0, 5]]}, "agents[0].online: write spans that do not touch"),
    ],
)
def test_faults_of_agents(agent: dict[str, Any], expected: str) -> None:
    (fault,) = faults(scenario(agents=[{**ANN, **agent}], arrivals=[]))
    assert fault.startswith(expected)


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ({"id": ""}, "arrivals[0].id = '': write 1 to 100 plain characters"),
        ({"id": "\0x"}, "arrivals[0].id = '\\x00x': write 1 to 100 plain characters"),
        ({"at": -1}, "arrivals[0].at = -1: write a number from 0 to 100000000"),
        ({"work_s": 1e300}, "arrivals[0].work_s = 1e+300: write a number from 0 to 100000000"),
        ({"patience_s": -0.5}, "arrivals[0].patience_s = -0.5: write a number"),
        ({"mood": "cross"}, "arrivals[0].mood = 'cross': write one of delighted, calm, "),
        ({"channel": ""}, "arrivals[0].channel: is empty"),
        ({"skills": {"tax": 7}}, "arrivals[0].skills.tax = 7: write a number from 0 to 1"),
        ({"skills": [f"s{n}" for n in range(21)]}, "arrivals[0].skills: 21 of them; at most 20"),
        ({"priority_minutes": -1}, "arrivals[0].priority_minutes = -1: write a number"),
    ],
)
def test_faults_of_arrivals(customer: dict[str, Any], expected: str) -> None:
    (fault,) = faults(scenario(agents=[ANN], arrivals=[{**arrival("x"), **customer}]))
    assert fault.startswith(expected)


def test_ids_must_differ_and_targets_be_positive() -> None:
    day = scenario(agents=[ANN, ANN], arrivals=[arrival("x"), arrival("x")], sla={"chat": 0})
    assert [fault.partition(":")[0] for fault in faults(day)] == [
        "sla.chat = 0.0",
        "agents[1].id = 'ann'",
        "arrivals[1].id = 'x'",
    ]


@pytest.mark.parametrize("beginning", [-1, 10**15])
def test_a_beginning_is_a_time(beginning: int) -> None:
    (fault,) = faults(scenario(agents=[ANN], arrivals=[], begins_at=beginning))
    assert fault == f"begins_at = {beginning}: write UTC milliseconds"


@pytest.mark.parametrize("where", ["agents", "arrivals", "service", "root"])
def test_a_key_that_nobody_knows_is_refused(where: str) -> None:
    raw: dict[str, Any] = {"agents": [dict(ANN)], "arrivals": [arrival("x")], "service": {}}
    place = raw if where == "root" else raw[where]
    (place[0] if isinstance(place, list) else place)["skils"] = 1
    with pytest.raises(msgspec.ValidationError, match="skils"):
        msgspec.json.decode(msgspec.json.encode(raw), type=Scenario)
