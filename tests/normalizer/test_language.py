"""A language is named only where enough is written, and among the configured ones."""

from __future__ import annotations

import pytest

from maitred.normalizer.language import identify


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I want a refund for my order because it arrived broken", "en"),
        ("Guten Tag, wo ist meine Bestellung geblieben?", "de"),
        ("Bonjour, je voudrais un remboursement s'il vous plaît", "fr"),
        ("好的谢谢你的帮助", "zh"),
    ],
)
def test_the_language_is_recognised(text: str, code: str) -> None:
    found = identify(text, ("en", "de", "fr", "zh"))
    assert found is not None
    assert found.code == code
    assert found.confidence > 0.9


def test_short_texts_have_no_language() -> None:
    assert identify("ok thanks", ("en",)) is None
    assert identify("12345678901234567890 !!!", ("en",)) is None
    assert identify("", ("en",)) is None


def test_a_language_that_is_not_configured_is_guessed_without_confidence() -> None:
    found = identify("Guten Tag, wo ist meine Bestellung geblieben?", ("en",))
    assert found is not None
    assert found.code == "en"
    assert found.confidence < 0.1


def test_languages_that_the_model_does_not_know_are_no_error() -> None:
    assert identify("Where is my order, please?", ("xx",)) is None
    assert identify("Where is my order, please?", ()) is None
