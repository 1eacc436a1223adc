"""Wording: everything that the engine can cite has words, and there are none for what it cannot."""

from __future__ import annotations

import pytest

from maitred.contracts.agents import Presence
from maitred.contracts.limits import DAY_MS, HOUR_MS, MINUTE_MS
from maitred.router.explaining.wording import EXCLUDED, REASONS, RULES, excluded, number, span
from maitred.router.handling.asking import NEEDS_HUMAN_AUTHORITY, OTHER
from tests.router.explaining.cited import cited

PRESENCES = {each.value for each in Presence} - {Presence.ONLINE.value}


def test_every_rule_that_the_engine_cites_has_words_and_no_other() -> None:
    found = cited("rule")
    assert {"sticky", "hold", "queue", "slot_free", "completed", "joined", "withdrawn"} <= found
    assert found == set(RULES)


def test_every_exclusion_that_the_engine_cites_has_words_and_no_other() -> None:
    found = cited("excluded")
    assert {"declined", "full", "spared", "no_skill", "low_skill", "no_language"} <= found
    assert found | PRESENCES == set(EXCLUDED)


def test_the_words_of_agents_that_do_something_are_known() -> None:
    assert {NEEDS_HUMAN_AUTHORITY, OTHER} <= set(REASONS)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("no_skill:tax", "lacks the skill tax"),
        ("no_language:fr", "does not speak fr"),
        ("full", "has no room"),
        ("a_word_of_a_plugin", "a_word_of_a_plugin"),
    ],
)
def test_a_verdict_ends_a_sentence(verdict: str, words: str) -> None:
    assert excluded(verdict) == words


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0, "0 s"),
        (1_499, "1 s"),
        (99_400, "99 s"),
        (99_900, "100 s"),
        (100_000, "1 min 40 s"),
        (2 * MINUTE_MS, "2 min"),
        (HOUR_MS - 1, "60 min"),
        (HOUR_MS, "1 h"),
        (HOUR_MS + 90 * 1_000, "1 h 2 min"),
        (47 * HOUR_MS, "47 h"),
        (2 * DAY_MS + 5 * HOUR_MS, "2 d 5 h"),
    ],
)
def test_a_span_has_at_most_two_units(milliseconds: int, words: str) -> None:
    assert span(milliseconds) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0.000"), (0.71349, "0.713"), (12.0, "12.000"), (0.000069444, "6.94e-05")],
)
def test_small_numbers_keep_three_digits(value: float, words: str) -> None:
    assert number(value) == words
