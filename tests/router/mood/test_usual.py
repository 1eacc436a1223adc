"""What is usual for a customer: shrunk towards anybody's by how little is known of him."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.router.mood.usual import BASELINE_MAX, MESSAGES_K, baseline, repeats


@pytest.mark.parametrize(
    ("mean", "weight", "expected"),
    [
        (0.5, 0.0, 0.0),
        (0.5, 1.0, 0.0833),
        (0.3, MESSAGES_K, 0.15),
        (-0.3, MESSAGES_K, -0.15),
        (-0.3, 1_000.0, -BASELINE_MAX),
        (0.1, 95.0, 0.095),
    ],
)
def test_little_that_is_known_says_little(mean: float, weight: float, expected: float) -> None:
    assert baseline(mean * weight, weight) == expected


@pytest.mark.parametrize(
    ("contacts", "before", "weeks", "expected"),
    [
        (1, 0, 0.0, 0.0),
        (2, 0, 0.0, 1.0),
        (3, 0, 52.0, 2.0),
        (3, 4, 0.0, 1.0),
        (6, 260, 52.0, 0.3571),
        (2, 260, 52.0, 0.0),
    ],
)
def test_who_always_comes_often_has_not_come_again(
    contacts: int, before: int, weeks: float, expected: float
) -> None:
    assert repeats(contacts, before, weeks) == expected


@given(st.floats(-1, 1), st.floats(0, 1_000), st.floats(0, 1_000))
def test_the_more_is_known_the_more_it_counts_within_a_bound(
    mean: float, weight: float, more: float
) -> None:
    little, much = baseline(mean * weight, weight), baseline(mean * (weight + more), weight + more)
    assert abs(little) <= abs(much) + 1e-9
    assert abs(much) <= min(abs(mean), BASELINE_MAX) + 1e-4
    assert little * mean >= 0
