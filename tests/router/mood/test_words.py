"""The word lists: well-formed, within bounds, and without a word that contradicts itself."""

from __future__ import annotations

import pytest

from maitred.router.mood import words
from maitred.router.mood.cues import CUES, UNIT, cues_of, lists_for
from maitred.router.mood.tokens import tokens_of

TABLES = (words.ENGLISH, words.GERMAN, words.FRENCH, words.SPANISH, words.ITALIAN, words.MARKS)
LISTS = lists_for({"dreadful": -0.6, "good": 0.4})


@pytest.mark.parametrize("table", TABLES)
def test_values_are_within_bounds_and_no_word_is_both_good_and_bad(table: str) -> None:
    signs: dict[str, set[bool]] = {}
    for word, (valence, arousal) in words.entries(table):
        assert -1 <= valence <= 1
        assert 0 <= arousal <= 1
        signs.setdefault(word, set()).add(valence > 0)
    assert signs
    assert [word for word, both in signs.items() if len(both) > 1] == []


def test_endings_follow_the_spelling() -> None:
    found = dict(words.entries("0.5 0.5: love* charged_twice :*"))
    assert {"love", "loves", "loved", "loving"} <= set(found)
    assert "charged twice" in found
    assert ":*" in found


def test_every_language_with_words_has_negations() -> None:
    assert set(words.NEGATIONS) == {"en", "de", "fr", "es", "it"}


@pytest.mark.parametrize(
    ("table", "language"),
    list(zip(TABLES, ("en", "de", "fr", "es", "it", "*"), strict=True)),
)
def test_every_entry_is_found_in_a_text_that_is_nothing_else(table: str, language: str) -> None:
    """An entry that tokens never spell so would stand in the list for nothing."""
    lost = [
        entry
        for entry, _ in words.entries(table)
        if not cues_of(tokens_of(entry, frozenset()), LISTS[language]).found
    ]
    assert lost == []


def hand(text: str, language: str = "en") -> tuple[int, int]:
    """Return how much is good and how much is bad by the hand-made list."""
    lists = LISTS.get(language, LISTS["*"])
    numbers = cues_of(tokens_of(text, lists.negations), lists).numbers
    assert len(numbers) == CUES
    return numbers[0], numbers[1]


@pytest.mark.parametrize(
    ("text", "language", "good", "bad"),
    [
        ("good", "en", 0.6, 0),
        ("not good", "en", 0, 0.36),
        ("very good", "en", 0.78, 0),
        ("charged twice", "en", 0, 0.5),
        ("never a problem", "en", 0.3, 0),
        ("schlecht", "de", 0, 0.8),
        ("schlecht", "en", 0, 0),
        ("die Stadt", "de", 0, 0),
        ("schlecht", "", 0, 0.8),
        ("awful", "fi", 0, 0),
        ("😡", "fi", 0, 0.9),
    ],
)
def test_lists_add_up(text: str, language: str, good: float, bad: float) -> None:
    assert hand(text, language) == (round(good * UNIT), round(bad * UNIT))


def test_the_general_list_counts_beside_the_hand_made_one() -> None:
    numbers = cues_of(tokens_of("dreadful good", frozenset()), LISTS["en"]).numbers
    assert numbers[11:13] == (round(0.4 * UNIT), round(0.6 * UNIT))
