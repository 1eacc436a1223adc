"""The simulator against theory: a queue whose customers lose patience (Erlang-A)."""

from __future__ import annotations

import pytest

from benchmarks import erlang
from maitred.router.policies.baselines import fifo
from maitred.router.settings import RoutingSettings
from maitred.router.simulation.report import report
from maitred.router.simulation.run import simulate


@pytest.mark.parametrize(
    ("queue", "abandoned", "wait"),
    [
        # As many wait as in M/M/1 where hardly anybody ever leaves: rho / (1 - rho) services.
        (erlang.Queue(0.5, 1.0, 1e9, 1), 0.0, 1.0),
        # Patience as long as service: as many there as in M/M/infinity, Poisson of mean 2.
        (erlang.Queue(2.0, 1.0, 1.0, 1), 0.567668, 0.567668),
    ],
)
def test_theory_in_cases_that_are_known(queue: erlang.Queue, abandoned: float, wait: float) -> None:
    found = erlang.theory(queue)
    assert found == pytest.approx((abandoned, wait), abs=1e-6)


@pytest.mark.parametrize(
    "queue",
    [
        erlang.Queue(rate=0.05, service=100.0, patience=60.0, servers=5),
        erlang.Queue(rate=0.095, service=100.0, patience=300.0, servers=10),
    ],
)
def test_the_simulator_agrees_with_theory(queue: erlang.Queue) -> None:
    day = erlang.scenario(queue, arrivals=6_000, seed=3)
    settings = day.settings(RoutingSettings())
    found = report(day, settings, simulate(day, settings, fifo(settings)), policy="fifo")
    expected = erlang.theory(queue)
    # Neighbours wait for the same reasons, so that so many tell as much as a few hundred would.
    assert found.all.abandoned == pytest.approx(expected.abandoned, rel=0.15)
    assert found.all.mean == pytest.approx(expected.wait, rel=0.15)
