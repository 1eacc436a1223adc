"""Phrases are found in a subject by the heads of its words."""

from __future__ import annotations

import pytest

from maitred.normalizer.email.kind.bounce_phrases import SUBJECTS
from maitred.normalizer.email.kind.words import filed, heads

PHRASES = filed(["returned mail", "undeliver", "не доставлен", "退信", "ไม่สามารถส่ง"])


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("returned mail: see transcript", True),
        ("[returned mail]", True),
        ("**undeliverable: news", True),
        ("сообщение не доставлено", True),
        ("系统退信", True),
        ("คุณไม่สามารถส่ง", True),
        ("the mail was returned", False),
        ("émail returned", False),
        ("订单 7", False),
        ("", False),
    ],
)
def test_a_phrase_is_found_where_it_begins_a_word(subject: str, *, found: bool) -> None:
    assert PHRASES.found_in(subject, heads(subject)) is found


def test_each_phrase_of_the_table_is_found_in_a_subject_of_its_own() -> None:
    phrases = [each for row in SUBJECTS.by_head.values() for each in row]
    phrases += SUBJECTS.unspaced
    assert len(phrases) > 200
    for each in phrases:
        assert SUBJECTS.found_in(f"re: {each} 7", heads(f"re: {each} 7")), each


def test_a_phrase_without_a_word_to_file_it_under_is_refused() -> None:
    with pytest.raises(ValueError, match="no word"):
        filed(["a b"])
