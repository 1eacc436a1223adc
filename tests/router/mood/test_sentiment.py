"""Sentiment: the likeliest of three is what valence says, and label and valence agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.message import Affect, MoodLabel
from maitred.router.mood.sentiment import (
    SENTIMENTS,
    Sentiment,
    label_of,
    sentiment_of,
    valence_of,
)


def affect(valence: float) -> Affect:
    return Affect(valence=valence, arousal=0.5, label=label_of(valence), confidence=0.5)


@pytest.mark.parametrize(
    ("valence", "sentiment", "label"),
    [
        (-1.0, "negative", "angry"),
        (-0.6, "negative", "angry"),
        (-0.5999, "negative", "frustrated"),
        (-0.3, "negative", "frustrated"),
        (-0.2999, "neutral", "calm"),
        (0.0, "neutral", "calm"),
        (0.2999, "neutral", "calm"),
        (0.3, "positive", "calm"),
        (0.6, "positive", "delighted"),
        (1.0, "positive", "delighted"),
    ],
)
def test_the_thresholds_cut_valence(valence: float, sentiment: str, label: str) -> None:
    assert sentiment_of(affect(valence)) == sentiment
    assert label_of(valence) == label


WEIGHTS = st.lists(st.floats(0.001, 1), min_size=3, max_size=3)


@given(WEIGHTS, st.floats(0, 1))
def test_the_likeliest_sentiment_is_what_valence_says(weights: list[float], anger: float) -> None:
    chances = [each / sum(weights) for each in weights]
    valence = valence_of(chances, anger=anger)
    assert -1 <= valence <= 1
    said = sentiment_of(affect(valence))
    assert chances[SENTIMENTS.index(said)] == max(chances)


@given(WEIGHTS)
def test_anger_makes_unhappiness_worse_and_nothing_else(weights: list[float]) -> None:
    chances = [each / sum(weights) for each in weights]
    calm, furious = valence_of(chances, anger=0.1), valence_of(chances, anger=0.9)
    if sentiment_of(affect(calm)) is Sentiment.NEGATIVE:
        assert furious < calm
        assert (label_of(calm), label_of(furious)) == (MoodLabel.FRUSTRATED, MoodLabel.ANGRY)
    else:
        assert furious == calm
