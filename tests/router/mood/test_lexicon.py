"""The lexicon model: what moves it, what it admits not to know, and that any string is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.message import Affect, MoodLabel
from maitred.router.mood.lexicon import BECAUSE_MAX, LexiconMoodModel
from maitred.router.mood.port import MoodInput, MoodModel

MODEL: MoodModel = LexiconMoodModel()


def read(text: str, language: str = "en", subject: str = "") -> Affect:
    return MODEL.read([MoodInput(text=text, language=language, subject=subject)])[0]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Thank you so much, that was wonderful and very helpful!", MoodLabel.DELIGHTED),
        ("Where can I change my delivery address?", MoodLabel.CALM),
        ("Hello, my order number is 4711.", MoodLabel.CALM),
        ("The zip is broken and I am still waiting for a reply.", MoodLabel.FRUSTRATED),
        ("This is a disgrace, you are thieves and I am furious!!!", MoodLabel.ANGRY),
        ("WORST COMPANY EVER. I want a lawyer.", MoodLabel.ANGRY),
    ],
)
def test_plain_cases_read_as_anybody_would(text: str, label: MoodLabel) -> None:
    assert read(text).label == label


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ("It is not good.", "It is good."),
        ("I was never happy with it", "I was happy with it"),
        ("It is bad", "It is not bad"),
        ("really awful", "awful"),
        ("awful", "a bit awful"),
        ("It is AWFUL, he said", "It is awful, he said"),
        ("awful!!!", "awful"),
        ("It was nice but it broke", "It broke but it was nice"),
        ("All right \U0001f621", "All right"),
        ("All right :(", "All right :)"),
        ("It doesn\u2019t work", "It does work"),
    ],
)
def test_negation_emphasis_contrast_and_signs_move_valence(worse: str, better: str) -> None:
    assert read(worse).valence < read(better).valence


def test_negation_ends_with_its_clause() -> None:
    assert read("No. Good.").valence > 0 > read("No good").valence


def test_exclamation_marks_and_capitals_raise_arousal() -> None:
    calm, loud = read("it is broken"), read("IT IS BROKEN!!")
    assert loud.arousal > calm.arousal


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [
        ("de", "Vielen Dank, alles perfekt!", "Unverschämt, das ist Betrug!"),
        ("fr", "Merci, c'est parfait", "C'est inacceptable, une arnaque"),
        ("es", "Gracias, excelente", "Es una vergüenza, una estafa"),
        ("it", "Grazie, ottimo", "Vergogna, una truffa"),
    ],
)
def test_small_lists_tell_good_from_bad(language: str, good: str, bad: str) -> None:
    assert read(good, language).valence > 0.3
    assert read(bad, language).valence < -0.3


def test_an_unknown_language_is_read_by_its_signs_and_says_so_by_its_confidence() -> None:
    signs = read("tosi huono palvelu \U0001f621\U0001f621", "fi")
    assert signs.valence < 0
    assert signs.confidence < read("very bad service \U0001f621\U0001f621").confidence
    assert read("awful", "fi").valence == 0


def test_confidence_falls_with_less_to_go_by() -> None:
    long = "I am furious, this is a scandal and the worst service, I hate it"
    assert read("ok").confidence < read("bad").confidence < read(long).confidence
    assert read(long, "").confidence < read(long, "en").confidence


def test_because_names_the_driving_words_bounded() -> None:
    affect = read("I hate it, hate it: awful, rude, broken, useless, stupid, bad, wrong, late, sad")
    assert affect.because[0] in {"hate", "awful", "rude", "useless", "stupid"}
    assert len(affect.because) <= BECAUSE_MAX
    assert len(set(affect.because)) == len(affect.because)
    assert read("I was charged twice").because == ("charged twice",)


def test_the_subject_counts() -> None:
    assert read("See below.", subject="Complaint: terrible service").valence < -0.5


def test_a_batch_is_read_in_order() -> None:
    found = MODEL.read([MoodInput(text=text) for text in ("great", "", "awful")])
    assert [each.valence > 0 for each in found] == [True, False, False]
    assert found[1].label == MoodLabel.CALM
    assert MODEL.read([]) == []


@given(st.text(max_size=300), st.text(max_size=4))
def test_any_string_has_an_affect_within_its_bounds(text: str, language: str) -> None:
    affect = read(text, language)
    assert -1 <= affect.valence <= 1
    assert 0 <= affect.arousal <= 1
    assert 0 <= affect.confidence <= 1
    assert affect == read(text, language)


def test_a_very_long_text_is_read_at_both_ends() -> None:
    text = "awful " + "word " * 100_000 + "thieves"
    assert set(read(text).because) == {"awful", "thieves"}
