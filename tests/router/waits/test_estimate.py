"""Estimates: the distributions against closed forms and chance, and what makes a range wide."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.limits import HOUR_MS, MINUTE_MS
from maitred.router.waits.estimate import HORIZON_MS, Line, Passing, beta_cdf, estimate

SHAPES = st.floats(0.2, 5_000)
# What a double holds exactly, and its distance from 1 as well: that is what is asked about here.
INSIDE = st.integers(0, 2**20).map(lambda step: step / 2**20)


@given(SHAPES, INSIDE)
def test_the_beta_function_meets_its_closed_forms(shape: float, x: float) -> None:
    assert beta_cdf(1.0, shape, x) == pytest.approx(1 - (1 - x) ** shape, abs=1e-9)
    assert beta_cdf(shape, 1.0, x) == pytest.approx(x**shape, abs=1e-9)
    assert beta_cdf(shape, shape, 0.5) == pytest.approx(0.5, abs=1e-9)


@given(SHAPES, SHAPES, INSIDE, INSIDE)
def test_the_beta_function_is_a_distribution(a: float, b: float, one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert -1e-12 <= beta_cdf(a, b, low) <= beta_cdf(a, b, high) + 1e-9 <= 1 + 2e-9
    assert beta_cdf(a, b, low) == pytest.approx(1 - beta_cdf(b, a, 1 - low), abs=1e-7)


def a_line(per_hour: float, **more: float) -> Line:
    return Line(rate=per_hour / HOUR_MS, seen=per_hour, **more)


@pytest.mark.parametrize("ahead", [0, 3, 20])
def test_much_seen_makes_it_erlang(ahead: int) -> None:
    """The (k + 1)-th slot at a known rate: compared with chance itself."""
    chance = random.Random(5)  # noqa: S311  (nothing secret)
    waits = sorted(
        sum(chance.expovariate(1 / MINUTE_MS) for _ in range(ahead + 1)) for _ in range(20_000)
    )
    line = Line(rate=1 / MINUTE_MS, seen=100_000, ahead=ahead)
    found = estimate([line], bursts=1.0)
    assert found is not None
    for level, value in zip((0.1, 0.5, 0.9), found, strict=True):
        assert value == pytest.approx(waits[round(level * len(waits))], rel=0.05)


def test_little_seen_makes_it_wide_around_the_same_middle() -> None:
    widths = []
    for seen in (2, 5, 20, 200):
        found = estimate([Line(rate=1 / MINUTE_MS, seen=seen, ahead=4)])
        assert found is not None
        assert found.p10 < found.p50 < found.p90
        assert found.p50 == pytest.approx(4.7 * MINUTE_MS, rel=0.4)
        widths.append(found.p90 / found.p50)
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 1.5 * widths[-1]


@given(
    st.lists(st.tuples(st.floats(0.1, 100), st.floats(0, 50), st.floats(0, 1e6)), max_size=6),
    st.floats(0.1, 100),
)
def test_another_agent_never_makes_it_much_longer(
    lines: list[tuple[float, float, float]], more: float
) -> None:
    """Where rates are known; where they are not, another whom nobody knows adds to the doubt.

    With whom he is served likeliest is told by an approximation, which errs in the tails: hence
    the margin, which an estimate that ignored the other agent's line would leave far behind.
    """
    some = [
        Line(rate / HOUR_MS, seen=1e6, ahead=ahead, after=after) for rate, ahead, after in lines
    ]
    fewer, others = estimate(some), estimate([*some, Line(more / HOUR_MS, seen=1e6)])
    assert others is not None
    assert fewer is None or all(a >= b * 0.7 for a, b in zip(fewer, others, strict=True))


def test_one_short_line_counts_more_than_many_long_ones() -> None:
    long = [a_line(6, ahead=30.0) for _ in range(5)]
    alone, together = estimate([a_line(6)]), estimate([*long, a_line(6)])
    assert alone is not None
    assert together is not None
    assert together.p50 == pytest.approx(alone.p50, rel=0.01)


def test_nothing_known_is_no_estimate() -> None:
    assert estimate([]) is None
    assert estimate([Line(rate=0.0, seen=0)]) is None


def test_whoever_has_room_later_ends_the_wait() -> None:
    found = estimate([a_line(1, ahead=5.0)], free_after=40_000)
    assert found == (40_000, 40_000, 40_000)
    assert estimate([], free_after=20_000) == (20_000, 20_000, 20_000)
    quick = estimate([a_line(600)], free_after=10_000)
    assert quick is not None
    assert quick.p10 < quick.p50 < quick.p90 == 10_000


def test_a_step_that_brings_more_agents_counts_from_when_it_comes() -> None:
    now = estimate([a_line(2), a_line(60)])
    later = estimate([a_line(2), a_line(60, after=5 * MINUTE_MS)])
    never = estimate([a_line(2)])
    assert now is not None
    assert later is not None
    assert never is not None
    assert now.p50 < later.p50 < never.p50
    assert later.p50 == pytest.approx(5 * MINUTE_MS + now.p50, rel=0.2)


@pytest.mark.parametrize(
    ("passing", "times"),
    [
        (Passing(share=0.5, ahead=0.0, lead=-1.0), 1.0),
        (Passing(share=0.5, ahead=1.0, lead=0.0), 2.0),
        (Passing(share=0.9, ahead=1.0, lead=0.0), 10.0),
        (Passing(share=0.5, ahead=0.5, lead=0.0), 4 / 3),
    ],
)
def test_slots_that_go_to_such_as_press_harder_do_not_count(passing: Passing, times: float) -> None:
    line = Line(rate=1 / MINUTE_MS, seen=10_000_000, ahead=9_000.0)
    alone, found = estimate([line]), estimate([line], [passing])
    assert alone is not None
    assert found is not None
    assert found.p50 == pytest.approx(times * alone.p50, rel=0.01)


def test_who_comes_later_passes_one_who_waited_long_only_after_a_while() -> None:
    line = Line(rate=1 / MINUTE_MS, seen=1_000_000, ahead=4.0)
    fresh = estimate([line], [Passing(share=0.9, ahead=0.5, lead=0.0)])
    old = estimate([line], [Passing(share=0.9, ahead=0.5, lead=-2.0 * MINUTE_MS)])
    assert fresh is not None
    assert old is not None
    assert old.p50 < fresh.p50


def test_all_slots_to_others_are_a_wait_beyond_the_horizon() -> None:
    found = estimate([a_line(60)], [Passing(share=1.0, ahead=1.0, lead=1.0)])
    assert found == (math.inf, math.inf, math.inf)
    slow = estimate([Line(rate=1 / (100 * HOUR_MS), seen=1_000)])
    assert slow is not None
    assert HORIZON_MS >= slow.p10 > HOUR_MS
    assert slow.p90 == math.inf
