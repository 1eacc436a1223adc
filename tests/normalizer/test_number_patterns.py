"""Patterns of a tenant's numbers are bounded before they run."""

from __future__ import annotations

import time

import pytest

from maitred.contracts.patterns import Refused
from maitred.normalizer.entities import find
from maitred.normalizer.patterns import PATTERNS_MAX, NumberPattern, compiled


@pytest.mark.parametrize(
    "pattern",
    [
        r"ORD-\d{6}",
        r"[A-Z]{2,4}-?\d{4,10}",
        r"(?:INV|RE)[-/]\d{4}[-/]\d{3,6}",
        r"meter (?:no|number)\.? (\d{8})",
        r"\d{3}-\d{7}-\d{7}",
    ],
)
def test_everyday_patterns_are_taken(pattern: str) -> None:
    assert compiled(pattern).flags


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("", "empty"),
        ("(", "not a regular expression"),
        (r"ORD-\d+", "bounded repeats"),
        (r"\s*\d{6}", "bounded repeats"),
        (r"(a|aa){1,40}b", "bounded repeats"),
        (r"[A-Z]{1,20}\d{1,20}", "bounded repeats"),
        (r"\d{0,6}", "nothing is written"),
        (r"(\d)\1{5}", "refers back"),
        ("x" * 501, "longer than"),
    ],
)
def test_what_is_wrong_or_could_take_long_is_refused(pattern: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        compiled(pattern)


def test_the_worst_patterns_on_the_worst_text_take_no_second() -> None:
    patterns = tuple(
        NumberPattern(name=f"n{n}", pattern=rf"[A-Z]{{1,8}}[A-Z]{{1,15}}\d{{{n + 1}}}")
        for n in range(PATTERNS_MAX)
    )
    start = time.process_time()
    find("A" * 16_000, patterns=patterns)
    assert time.process_time() - start < 2
