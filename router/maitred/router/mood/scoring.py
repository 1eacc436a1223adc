"""Scoring: how well read sentiments agree with what people said they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from maitred.router.mood.sentiment import SENTIMENTS, Sentiment

BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Score:
    """The agreement on one set of messages."""

    confusion: tuple[tuple[int, ...], ...]
    """How often each sentiment (row) was read as each (column)."""
    calibration_error: float
    """Expected calibration error (Naeini, Cooper and Hauskrecht 2015), in ten bins."""

    @property
    def messages(self) -> int:
        """Return how many messages were read."""
        return sum(map(sum, self.confusion))

    @property
    def macro_recall(self) -> float:
        """Return the mean recall of the sentiments that there are."""
        found = [self.recall(each) for each in SENTIMENTS if sum(self._row(each))]
        return sum(found) / len(found) if found else 0.0

    @property
    def accuracy(self) -> float:
        """Return the share that was read right."""
        right = sum(row[at] for at, row in enumerate(self.confusion))
        return right / self.messages if self.messages else 0.0

    def recall(self, sentiment: Sentiment) -> float:
        """Return how many of those that are so were read so."""
        row = self._row(sentiment)
        return row[SENTIMENTS.index(sentiment)] / sum(row) if sum(row) else 0.0

    def precision(self, sentiment: Sentiment) -> float:
        """Return how many of those that were read so are so."""
        at = SENTIMENTS.index(sentiment)
        read = sum(row[at] for row in self.confusion)
        return self.confusion[at][at] / read if read else 0.0

    def _row(self, sentiment: Sentiment) -> tuple[int, ...]:
        return self.confusion[SENTIMENTS.index(sentiment)]


def score(
    true: Sequence[Sentiment], read: Sequence[Sentiment], confidence: Sequence[float] = ()
) -> Score:
    """Return how well what was read agrees with the truth; confidence may be left out."""
    confusion = [[0] * len(SENTIMENTS) for _ in SENTIMENTS]
    for one, other in zip(true, read, strict=True):
        confusion[SENTIMENTS.index(one)][SENTIMENTS.index(other)] += 1
    right = [one is other for one, other in zip(true, read, strict=True)]
    return Score(tuple(map(tuple, confusion)), calibration_error(right, confidence))


def calibration_error(right: Sequence[bool], confidence: Sequence[float]) -> float:
    """Return by how much confidence and the share that is right differ, bin by bin."""
    bins: list[list[tuple[bool, float]]] = [[] for _ in range(BINS)]
    for each, sure in zip(right, confidence, strict=False):
        bins[min(int(sure * BINS), BINS - 1)].append((each, sure))
    total = sum(map(len, bins))
    apart = (abs(sum(hit for hit, _ in found) - sum(sure for _, sure in found)) for found in bins)
    return sum(apart) / total if total else 0.0
