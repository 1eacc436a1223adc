"""Fitting: what is learnt of rows, and that what is scaled in training is scaled back."""

from __future__ import annotations

import numpy as np

from maitred.router.mood.cues import lists_for
from maitred.router.mood.features import features_of
from maitred.router.mood.learning.fitting import EVEN, Trust, Weights, fitted
from maitred.router.mood.learning.rows import Rows, rows_of

LISTS = lists_for({})["en"]
TEXTS = ("gribble lamp", "gribble table", "florp lamp", "florp table", "florp once")
CLASSES = np.array([0, 0, 1, 1, 1])


def rows(*texts: str) -> Rows:
    return rows_of(features_of(text, LISTS) for text in texts)


def fit(*, least: int = 1, trust: Trust = EVEN) -> Weights:
    return fitted(
        rows(*TEXTS),
        np.eye(2)[CLASSES],
        np.ones(len(TEXTS)),
        shrink=1e-3,
        steps=60,
        least=least,
        trust=trust,
    )


def place(word: str) -> int:
    return int(features_of(word, LISTS).places[0])


def test_a_place_that_fewer_texts_have_gets_no_weight() -> None:
    assert fit().words[place("once")].any()
    assert not fit(least=2).words[place("once")].any()
    assert fit(least=2).words[place("gribble")].any()


def test_trust_moves_weight_between_parts_and_the_scores_still_tell_the_classes() -> None:
    little, much = (fit(trust=Trust(runs=each)) for each in (0.1, 1.0))
    assert np.abs(little.runs).sum() < np.abs(much.runs).sum()
    assert np.abs(little.words).sum() > np.abs(much.words).sum()
    for each in (little, much):
        assert each.scores(rows(*TEXTS)).argmax(axis=1).tolist() == CLASSES.tolist()
