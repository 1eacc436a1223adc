"""The report: every figure of a small day, worked out by hand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from maitred.router.policies.baselines import fifo
from maitred.router.simulation.report import Report, report
from maitred.router.simulation.scenario import Scenario
from tests.router.simulation.days import PLAIN, arrival, play, scenario

DAY = scenario(
    agents=[
        {"id": "ann", "skills": {"tax": 0.5}, "deescalation": 0.4, "capacity": 1},
        {"id": "bob", "skills": {"law": 1.0}, "capacity": 2},
    ],
    arrivals=[
        # ann: x 0-100, then y 100-200 after a wait of 100, while z gives up.
        arrival("x", 0, skills=["tax"], work_s=77.5, previous_agent="ann"),
        arrival("y", 0, skills=["tax"], work_s=77.5, mood="angry", tier="vip", channel="email"),
        arrival("z", 10, skills=["tax"], mood="angry", patience_s=30),
        # bob, at once; he was not the one whom he knows.
        arrival("v", 50, skills=["law"], work_s=25, previous_agent="ann"),
        # Nobody can, ever.
        arrival("w", 100, skills=["zoo"], channel="sms"),
    ],
    sla={"chat": 60, "sms": 60, "email": 200},
    service={"by_fit": True},
)


def made(day: Scenario = DAY) -> Report:
    settings = day.settings(PLAIN)
    return report(day, settings, play(day, make=fifo), policy="fifo")


def test_what_became_of_everybody() -> None:
    found = made()
    assert (found.arrived, found.served, found.left, found.waiting, found.lost) == (5, 3, 1, 1, 0)


def test_waits_by_mood_and_channel() -> None:
    found = made()
    angry = found.by_mood["angry"]
    service = 77.5 / 0.775 * 0.8  # x knows ann, who is a fifth faster with him
    assert (angry.arrived, angry.served, angry.left) == (2, 1, 1)
    assert (angry.mean, angry.p50, angry.p95, angry.max) == ((30 + service) / 2, 30, 80, 80)
    assert (angry.abandoned, angry.in_sla) == (0.5, 0.5)
    assert found.live_by_mood["angry"].mean == 30
    assert found.by_channel["email"].in_sla == 1.0
    assert found.by_channel["sms"] == replace(
        found.by_channel["sms"], arrived=1, served=0, left=0, mean=None, p95=None, in_sla=0.0
    )
    assert (found.live.arrived, found.live.abandoned) == (4, 0.25)
    assert found.oldest_email == 80
    assert found.all.mean == (0 + 80 + 30 + 0) / 4


def test_cost_fit_and_who_was_known() -> None:
    found = made()
    assert found.delay_cost == pytest.approx((4 * 2 * (80 / 200) ** 2 + 4 * (30 / 60) ** 2) / 4)
    assert found.fit == pytest.approx((0.5 + 0.5 * 0.7 + 1.0) / 3, abs=1e-6)
    assert found.angry_fit == pytest.approx(0.35)
    assert found.sticky == 0.5


def test_load_between_the_first_arrival_and_the_last() -> None:
    found = made()
    assert found.by_agent["ann"].load == 1.0
    assert found.by_agent["bob"].load == pytest.approx(25 / 200)
    assert [each.served for each in found.by_agent.values()] == [2, 1]
    assert found.load == pytest.approx((1 + 0.125) / 2)
    assert found.load_cv == pytest.approx(0.4375 / 0.5625, abs=1e-6)


def test_load_counts_only_while_an_agent_is_on_line() -> None:
    day = scenario(
        agents=[{"id": "ann", "capacity": 1, "online": [[0, 50]]}],
        arrivals=[
            arrival("w", 0, skills=["zoo"], patience_s=1),
            arrival("x", 25),
            arrival("y", 200, patience_s=1),
        ],
    )
    assert made(day).by_agent["ann"].load == 0.5


def test_when_all_come_at_once_load_is_told_of_the_time_until_the_last_end() -> None:
    day = scenario(agents=[{"id": "ann", "capacity": 2}], arrivals=[arrival("x"), arrival("y")])
    assert made(day).by_agent["ann"].load == 1.0


def test_a_day_without_anybody_has_no_figures() -> None:
    found = made(scenario(agents=[], arrivals=[]))
    assert (found.arrived, found.load, found.load_cv) == (0, 0.0, 0.0)
    assert (found.fit, found.sticky, found.delay_cost, found.oldest_email) == (None,) * 4
    assert found.all.mean is None
