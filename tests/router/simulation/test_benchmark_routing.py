"""The routing benchmark's world and figures, so that its tables can be believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.routing import replication
from benchmarks.routing_contenders import CONTENDERS, FIFO, HOLD, REC
from benchmarks.routing_figures import Figure, table, targets
from benchmarks.routing_world import MOODS, RETURNING, WORK_MEAN, Workload, scenario
from maitred.router.simulation.scenario import faults
from maitred.router.simulation.service import fit

LOAD = Workload("stationary", 0.205, 3.0)


def test_a_seed_makes_one_world_and_the_load_changes_no_agent() -> None:
    assert scenario(LOAD, 1) == scenario(LOAD, 1)
    assert scenario(LOAD, 1) != scenario(LOAD, 2)
    assert scenario(LOAD, 1).agents == scenario(replace(LOAD, rate=0.1, peak=0.3), 1).agents


def test_the_world_is_as_it_is_described() -> None:
    day = scenario(replace(LOAD, hours=12.0), 1)
    count = len(day.arrivals)
    assert faults(day) == []
    assert count == pytest.approx(0.205 * 12 * 3_600, rel=0.05)
    for mood, share in MOODS.items():
        assert sum(each.mood == mood for each in day.arrivals) / count == pytest.approx(
            share, abs=0.02
        )
    back = [each for each in day.arrivals if each.previous_agent]
    assert len(back) / count == pytest.approx(RETURNING, abs=0.02)
    assert sum(each.work_s for each in day.arrivals) / count == pytest.approx(WORK_MEAN, rel=0.05)
    able = [sum(fit(each, agent) > 0 for agent in day.agents) for each in day.arrivals]
    assert min(able) > 0
    assert 11 < sum(able) / count < 15


def test_peaks_come_and_go() -> None:
    day = scenario(replace(LOAD, hours=4.0, peak=0.9), 1)
    first = sum(each.at < 7_200 for each in day.arrivals)
    assert first > 2 * (len(day.arrivals) - first)


def test_every_policy_sees_the_same_customers_and_nobody_is_lost() -> None:
    reports = replication(replace(LOAD, hours=0.5), 1)
    assert [each.policy for each in reports] == [each.name for each in CONTENDERS]
    assert len({each.arrived for each in reports}) == 1
    assert all(each.lost == each.waiting == 0 for each in reports)
    rows = table({each.policy: [each] for each in reports})
    assert rows[FIFO]["fit"].ratio == 1.0
    assert rows[REC]["fit"].ratio == pytest.approx(rows[REC]["fit"].mean / rows[FIFO]["fit"].mean)


def _rows(ratio: float) -> dict[str, Figure]:
    names = ("live_left", "angry_mean", "cost", "sticky", "fit")
    return {name: Figure(mean=1.0, error=0.0, ratio=ratio, ratio_error=0.0) for name in names}


@pytest.mark.parametrize(
    ("ratio", "reached"),
    [
        (0.4, {"live_left", "angry_mean", "cost"}),
        (0.62, {"live_left"}),
        (1.0, set()),
        (1.04, {"fit"}),
        (3.0, {"sticky", "fit"}),
    ],
)
def test_targets_are_ratios_to_first_come_first_served(ratio: float, reached: set[str]) -> None:
    found = targets({"peaks": {REC: _rows(ratio), HOLD: _rows(1.0)}})
    assert {each.figure for each in found if each.policy == REC and each.reached} == reached
    assert not any(each.reached for each in found if each.policy == HOLD)


def test_nothing_was_promised_where_service_is_the_same_for_all() -> None:
    assert targets({"same for all": {REC: _rows(1.0), HOLD: _rows(1.0)}}) == []


def test_less_is_asked_of_stickiness_in_overload() -> None:
    rows = {REC: _rows(3.0), HOLD: _rows(3.0)}
    asked = {
        (each.workload, each.policy): each.least
        for each in targets({"peaks": rows, "overload": rows})
        if each.figure == "sticky"
    }
    assert asked == {
        ("peaks", REC): 2.0,
        ("peaks", HOLD): 4.0,
        ("overload", REC): 2.0,
        ("overload", HOLD): 2.0,
    }
