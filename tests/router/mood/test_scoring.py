"""Scoring: recall, precision and calibration as they are defined."""

from __future__ import annotations

import pytest

from maitred.router.mood.scoring import calibration_error, score
from maitred.router.mood.sentiment import Sentiment

NEGATIVE, NEUTRAL, POSITIVE = Sentiment


def test_macro_recall_counts_every_sentiment_the_same() -> None:
    true = [NEGATIVE] * 8 + [NEUTRAL] * 2 + [POSITIVE]
    read = [NEGATIVE] * 6 + [NEUTRAL] * 2 + [NEUTRAL, POSITIVE] + [POSITIVE]
    found = score(true, read)
    assert found.messages == 11
    assert found.confusion == ((6, 2, 0), (0, 1, 1), (0, 0, 1))
    assert [found.recall(each) for each in Sentiment] == [0.75, 0.5, 1.0]
    assert [found.precision(each) for each in Sentiment] == [1.0, pytest.approx(1 / 3), 0.5]
    assert found.macro_recall == pytest.approx(0.75)
    assert found.accuracy == pytest.approx(8 / 11)


def test_a_sentiment_that_does_not_occur_counts_for_nothing() -> None:
    found = score([NEGATIVE, POSITIVE], [NEGATIVE, NEGATIVE])
    assert found.macro_recall == 0.5
    assert found.recall(NEUTRAL) == found.precision(NEUTRAL) == 0.0
    assert score([], []).macro_recall == score([], []).accuracy == 0.0


def test_the_calibration_error_is_how_far_confidence_is_from_the_truth() -> None:
    assert calibration_error([True, True, False, False], [0.55] * 4) == pytest.approx(0.05)
    assert calibration_error([True, False], [1.0, 0.0]) == 0.0
    assert calibration_error([False, True], [1.0, 0.0]) == 1.0
    assert calibration_error([], []) == 0.0
