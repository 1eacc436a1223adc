"""A language is named only where enough is written, and as surely as it is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.normalizer.language import SURE, identify

SENTENCES = [
    tuple(row.split("\t"))
    for row in (Path(__file__).parent / "fixtures" / "sentences.tsv")
    .read_text("utf-8")
    .splitlines()
]
"""Short sentences of customers, with their language."""
SPOKEN = tuple(dict.fromkeys(code for code, _ in SENTENCES))
LATIN = ("en", "de", "fr", "es", "it", "nl", "pt")


def share(rows: list[bool]) -> float:
    return sum(rows) / len(rows)


def test_who_is_sure_is_right() -> None:
    found = [(code, identify(text, SPOKEN)) for code, text in SENTENCES]
    assert share([each is not None and each.code == code for code, each in found]) >= 0.96
    sure = [each.code == code for code, each in found if each and each.confidence >= SURE]
    assert share(sure) >= 0.98
    assert len(sure) >= 0.85 * len(SENTENCES)


def test_among_few_languages_nearly_all_is_sure_and_right() -> None:
    found = [(code, identify(text, LATIN)) for code, text in SENTENCES if code in LATIN]
    assert all(each and each.code == code for code, each in found)
    assert share([bool(each and each.confidence >= SURE) for _, each in found]) >= 0.95


def test_nobody_is_sure_of_a_language_that_is_not_configured() -> None:
    for code, text in SENTENCES:
        found = identify(text, LATIN) if code not in LATIN else None
        assert found is None or found.confidence < SURE, text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I want a refund for my order because it arrived broken", "en"),
        ("Guten Tag, wo ist meine Bestellung geblieben?", "de"),
        ("Bonjour, je voudrais un remboursement s'il vous plaît", "fr"),
        ("好的谢谢你的帮助", "zh"),
        ("WO IST MEINE BESTELLUNG???", "de"),
        ("https://example.com/where-is-my-order wo ist meine Bestellung", "de"),
        ("where.is.my.order@example.com wo ist meine Bestellung", "de"),
        ("> where is my order, please tell me\nDanke, das passt so", "de"),
        ("`where = order.please` das geht leider nicht", "de"),
    ],
)
def test_the_language_is_recognised(text: str, code: str) -> None:
    found = identify(text, ("en", "de", "fr", "zh"))
    assert found is not None
    assert found.code == code
    assert found.confidence > 0.9


@pytest.mark.parametrize(
    "greeting",
    ["Hi Support Team,\n", "Order confirmation no. 4711\nDear John Smith,\n", "", "=" * 70],
)
@pytest.mark.parametrize("code", LATIN)
def test_what_stands_above_a_long_text_does_not_decide(greeting: str, code: str) -> None:
    text = " ".join(text for each, text in SENTENCES if each == code)
    found = identify(greeting + text, LATIN)
    assert found is not None
    assert (found.code, found.confidence >= SURE) == (code, True)


@pytest.mark.parametrize(
    "text",
    [
        *("ok thanks", "ok", "thx", "👍", "12345678901234567890 !!!", "", "   \n", "#12345"),
        *("https://example.com/where-is-my-order-please", "where.is.my.order@example.com"),
        *(
            "> where is my order, please tell me",
            "`where is my order, please`",
            "www.example.com/wo-ist-es",
        ),
    ],
)
def test_texts_without_words_have_no_language(text: str) -> None:
    assert identify(text, ("en", "de")) is None


@pytest.mark.parametrize(
    ("text", "languages", "code"),
    [
        ("네", ("en", "ko"), "ko"),
        ("주문이 iPhone 15 Pro 안 왔어요", ("en", "ko"), "ko"),
        ("ขอบคุณ", ("en", "th"), "th"),
        ("תודה", ("en", "he"), "he"),
        ("ευχαριστώ", ("en", "el"), "el"),
        ("ありがとう", ("ja", "zh"), "ja"),
        ("注文した商品", ("ja", "zh"), "ja"),
        ("谢谢", ("en", "zh"), "zh"),
        ("მადლობა", ("ka", "en"), "ka"),
    ],
)
def test_a_script_of_one_language_needs_no_more(
    text: str, languages: tuple[str, ...], code: str
) -> None:
    found = identify(text, languages)
    assert found is not None
    assert (found.code, found.confidence >= SURE) == (code, True)


def test_a_few_chinese_characters_may_be_japanese() -> None:
    found = identify("返金希望", ("ja", "zh"))
    assert found is not None
    assert found.confidence < SURE
    only = identify("返金希望", ("ja", "en"))
    assert only is not None
    assert only.code == "ja"
    assert only.confidence < SURE


def test_a_few_letters_are_of_the_only_language_that_has_them_but_not_surely() -> None:
    found = identify("спасибо", ("en", "ru"))
    assert found is not None
    assert found.code == "ru"
    assert found.confidence < SURE
    assert identify("спасибо", ("ru", "uk")) is None


def test_a_script_that_nobody_configured_has_no_language() -> None:
    assert identify("주문이 아직 안 왔어요", ("en", "de")) is None
    assert identify("Где мой заказ?", ("en", "de")) is None


def test_a_language_that_is_not_configured_is_guessed_without_confidence() -> None:
    found = identify("Guten Tag, wo ist meine Bestellung geblieben?", ("en",))
    assert found is not None
    assert found.code == "en"
    assert found.confidence < 0.1


def test_languages_that_the_model_does_not_know_are_no_error() -> None:
    assert identify("Where is my order, please?", ("xx",)) is None
    assert identify("Where is my order, please?", ()) is None


def test_norwegian_keeps_the_code_that_was_configured() -> None:
    for code in ("no", "nb"):
        found = identify("Kan dere hjelpe meg, er dere snille", ("en", code))
        assert found is not None
        assert found.code == code


@settings(deadline=None)  # the model is read once, in whichever example comes first
@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=120))
def test_any_text_has_a_language_or_none(text: str) -> None:
    found = identify(text, ("en", "ru", "ar", "ja", "xx"))
    assert found is None or (0 <= found.confidence <= 1 and len(found.code) == 2)
    assert found == identify(text, ("en", "ru", "ar", "ja", "xx"))
