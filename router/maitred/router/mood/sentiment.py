"""Sentiment: an affect in one of three words, and how chances become valence and a label.

Valence is cut in three by two thresholds, so that what a model holds most likely is what its
affect says: at `NEGATIVE_UP_TO` and below it is negative, from `POSITIVE_FROM` on positive. Within
those parts it grows with how sure and how strong that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from maitred.contracts.message import Affect, MoodLabel

NEGATIVE_UP_TO: Final = -0.3
POSITIVE_FROM: Final = 0.3
ANGRY_UP_TO: Final = -0.6
DELIGHTED_FROM: Final = 0.6
_DIGITS: Final = 4
_LEAST_STEP: Final = 10**-_DIGITS


class Sentiment(StrEnum):
    """What most tools know of a mood."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


SENTIMENTS: Final = tuple(Sentiment)
"""In the order of a model's outputs."""


def sentiment_of(affect: Affect) -> Sentiment:
    """Return the sentiment of an affect, whichever model gave it."""
    if affect.valence <= NEGATIVE_UP_TO:
        return Sentiment.NEGATIVE
    return Sentiment.POSITIVE if affect.valence >= POSITIVE_FROM else Sentiment.NEUTRAL


def valence_of(chances: Sequence[float], *, anger: float) -> float:
    """Return the valence for the chances of `SENTIMENTS` and of anger, if it is negative.

    The likeliest sentiment is what `sentiment_of` says of it; of equal ones the milder.
    """
    negative, neutral, positive = chances
    if neutral >= max(negative, positive):
        most = POSITIVE_FROM - _LEAST_STEP
        return round(most * (positive - negative) / neutral, _DIGITS)
    if positive >= negative:
        ahead = positive - max(neutral, negative)
        return round(POSITIVE_FROM + (1 - POSITIVE_FROM) * ahead, _DIGITS)
    ahead = negative - max(neutral, positive)
    if anger >= 0.5:  # noqa: PLR2004  (more likely than not)
        return round(ANGRY_UP_TO + (-1 - ANGRY_UP_TO) * ahead * anger, _DIGITS)
    most = ANGRY_UP_TO - NEGATIVE_UP_TO + _LEAST_STEP
    return round(NEGATIVE_UP_TO + most * ahead * (1 + 2 * anger) / 2, _DIGITS)


def label_of(valence: float) -> MoodLabel:
    """Return the label of a single message's valence."""
    if valence <= ANGRY_UP_TO:
        return MoodLabel.ANGRY
    if valence <= NEGATIVE_UP_TO:
        return MoodLabel.FRUSTRATED
    return MoodLabel.DELIGHTED if valence >= DELIGHTED_FROM else MoodLabel.CALM
