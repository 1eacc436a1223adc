"""The built-in model: what moves it, what it admits not to know, and that any string is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.message import Affect, MoodLabel
from maitred.router.mood.explaining import BECAUSE_MAX
from maitred.router.mood.linear import LinearMoodModel
from maitred.router.mood.port import MoodInput, MoodModel
from maitred.router.mood.scoring import score
from maitred.router.mood.sentiment import Sentiment, label_of, sentiment_of
from tests.router.mood import customers

MODEL: MoodModel = LinearMoodModel()
AGAIN: MoodModel = LinearMoodModel()


def read(text: str, language: str = "en", subject: str = "") -> Affect:
    return MODEL.read([MoodInput(text=text, language=language, subject=subject)])[0]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Thank you so much, that was wonderful and very helpful!", MoodLabel.DELIGHTED),
        ("Where can I change my delivery address?", MoodLabel.CALM),
        ("Hello, my order number is 4711.", MoodLabel.CALM),
        ("The zip is broken and I am still waiting for a reply.", MoodLabel.FRUSTRATED),
        ("Unfortunately the parcel has not arrived yet.", MoodLabel.FRUSTRATED),
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
        ("I had a problem with it", "I never had a problem with it"),
        ("It is bad", "It is not bad"),
        ("It was nice but it broke", "It broke but it was nice"),
        ("All right 😡", "All right"),
        ("All right :(", "All right :)"),
        ("It doesn\u2019t work", "It does work"),
    ],
)
def test_negation_contrast_and_signs_move_valence(worse: str, better: str) -> None:
    assert read(worse).valence < read(better).valence


def test_exclamation_marks_and_capitals_raise_arousal() -> None:
    calm, loud = read("it is broken"), read("IT IS BROKEN!!")
    assert loud.arousal > calm.arousal


def test_customers_lines_are_read_as_they_were_meant() -> None:
    lines = customers.english()
    found = MODEL.read([MoodInput(text=text, language="en") for _, text in lines])
    scored = score(
        [Sentiment(sentiment) for sentiment, _ in lines],
        [sentiment_of(each) for each in found],
        [each.confidence for each in found],
    )
    assert scored.macro_recall >= 0.85
    assert scored.recall(Sentiment.NEGATIVE) >= 0.8


def test_other_languages_are_read_by_small_lists_and_signs_without_much_confidence() -> None:
    lines = customers.others()
    found = MODEL.read([MoodInput(text=text, language=language) for language, _, text in lines])
    right = [
        sentiment_of(each) == sentiment
        for each, (_, sentiment, _) in zip(found, lines, strict=True)
    ]
    assert sum(right) / len(right) >= 0.8
    assert max(each.confidence for each in found) < 0.55


def test_of_an_unknown_language_words_say_nothing() -> None:
    assert read("awful", "fi").label == MoodLabel.CALM
    strange = read("tosi huono palvelu, odotan edelleen vastausta", "")
    assert strange.label == MoodLabel.CALM
    assert strange.confidence < 0.45


def test_confidence_falls_with_less_to_go_by() -> None:
    long = "I am furious, this is a scandal and the worst service, I hate it"
    assert read("").confidence < read("hm").confidence < read(long).confidence
    assert read(long, "fi").confidence < read(long, "en").confidence


def test_because_names_the_driving_words_as_they_were_written() -> None:
    affect = read("I HATE it, hate it: awful, rude, broken, useless, stupid, bad, wrong, late, sad")
    assert set(affect.because[:3]) & {"hate", "awful", "rude", "useless", "stupid"}
    assert len(affect.because) <= BECAUSE_MAX
    assert len(set(affect.because)) == len(affect.because)
    assert "charged twice" in read("I was charged twice").because
    assert "thank" in " ".join(read("Thank you so much!").because)
    assert read("Where is the station?").because == ()


def test_the_subject_counts() -> None:
    assert read("See below.", subject="Complaint: terrible service").valence <= -0.3


def test_a_batch_is_read_in_order() -> None:
    found = MODEL.read([MoodInput(text=text) for text in ("great!", "", "awful")])
    assert [sentiment_of(each) for each in found] == ["positive", "neutral", "negative"]
    assert MODEL.read([]) == []


TEXTS = st.one_of(st.text(max_size=200), st.sampled_from([text for _, text in customers.english()]))
LANGUAGES = st.one_of(st.text(max_size=4), st.sampled_from(["", "en", "de", "fr", "fi"]))
INPUTS = st.builds(MoodInput, text=TEXTS, language=LANGUAGES, subject=TEXTS)


@given(st.lists(INPUTS, max_size=70))
def test_a_batch_is_read_as_one_by_one_to_the_last_bit(given_: list[MoodInput]) -> None:
    assert MODEL.read(given_) == [MODEL.read([each])[0] for each in given_]


@given(INPUTS)
def test_any_string_has_an_affect_within_its_bounds_that_agrees_with_itself(
    given_: MoodInput,
) -> None:
    (affect,) = MODEL.read([given_])
    assert -1 <= affect.valence <= 1
    assert 0 <= affect.arousal <= 1
    assert 0 <= affect.confidence <= 1
    assert affect.label is label_of(affect.valence)
    assert all(len(word) < 130 for word in affect.because)
    assert AGAIN.read([given_]) == [affect]


@pytest.mark.parametrize("text", ["\ud800", "a" * 1_000_000, "!?" * 500_000, "not " * 250_000])
def test_a_text_of_any_length_and_kind_is_read(text: str) -> None:
    assert 0 <= read(text).confidence <= 1
    assert len(" ".join(read(text).because)) <= 500


def test_a_very_long_text_is_read_at_both_ends() -> None:
    filler = "the report of the meeting is attached. " * 3_000
    assert read("Thank you!! " + filler).valence > read(filler + "you are thieves").valence
