"""The word lists: well-formed, within bounds, and without a word that contradicts itself."""

from __future__ import annotations

import pytest

from maitred.router.mood import words

TABLES = (words.ENGLISH, words.GERMAN, words.FRENCH, words.SPANISH, words.ITALIAN, words.MARKS)


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
