"""What the mood model is measured against: VADER, and plain n-grams with logistic regression."""

from __future__ import annotations

import importlib
import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.mood.cues import CUES
from maitred.router.mood.features import PLACES
from maitred.router.mood.learning.fitting import balanced, fitted
from maitred.router.mood.learning.rows import Rows, table_of
from maitred.router.mood.sentiment import SENTIMENTS, Sentiment

Reader = Callable[[Sequence[str]], list[Sentiment]]

_WORD: Final = re.compile(r"\w\w+")
_VADER: Final = 0.05
"""The threshold that its authors recommend."""
_SHRINK: Final = 1.0
_STEPS: Final = 60


def vader() -> Reader | None:
    """Return VADER as it comes; None where it is not installed."""
    try:
        module: Any = importlib.import_module("vaderSentiment.vaderSentiment")
    except ModuleNotFoundError:
        return None
    analyser = module.SentimentIntensityAnalyzer()

    def read(texts: Sequence[str]) -> list[Sentiment]:
        found = []
        for text in texts:
            value = analyser.polarity_scores(text)["compound"]
            found.append(SENTIMENTS[0 if value <= -_VADER else 2 if value >= _VADER else 1])
        return found

    return read


def ngrams(taught: Sequence[tuple[str, int]], *, characters: bool) -> Reader:
    """Return plain words and pairs, and runs of 2 to 4 characters, with all classes alike."""
    rows = _rows([text for text, _ in taught], characters=characters)
    classes = np.array([each for _, each in taught], dtype=np.int64)
    weights = fitted(
        rows,
        np.eye(len(SENTIMENTS))[classes],
        balanced(classes, len(SENTIMENTS)),
        shrink=_SHRINK / len(classes),
        steps=_STEPS,
    )

    def read(texts: Sequence[str]) -> list[Sentiment]:
        scores = weights.scores(_rows(texts, characters=characters))
        return [SENTIMENTS[at] for at in scores.argmax(axis=1).tolist()]

    return read


def _rows(texts: Sequence[str], *, characters: bool) -> Rows:
    words = [_WORD.findall(text.lower()) for text in texts]
    pairs = [[*each, *map(" ".join, pairwise(each))] for each in words]
    runs = [list(_runs(each)) if characters else [] for each in words]
    return Rows(
        table_of([_places(each) for each in pairs]),
        table_of([_places(each) for each in runs]),
        np.zeros((len(texts), CUES)),
    )


def _runs(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        edged = f" {word} "
        for length in (2, 3, 4):
            yield from (edged[at : at + length] for at in range(len(edged) - length + 1))


def _places(parts: Iterable[str]) -> NDArray[np.int64]:
    found = {zlib.crc32(part.encode("utf-8", "replace")) & (PLACES - 1) for part in parts}
    return np.array(sorted(found), dtype=np.int64)
