"""Beside: what is known of a text besides its own words, as further columns, and folded back.

All of it is linear in the same features, so the weights of the further columns can be folded into
those of words and runs when everything is learnt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.mood.learning import emotions
from maitred.router.mood.learning.fitting import Weights, balanced, fitted
from maitred.router.mood.learning.rows import Rows

Floats = NDArray[np.float64]
Watch = Callable[[str], None]

DIMENSIONS: Final = 64
_EMOTION_SCALE: Final = 0.2
_VECTOR_SCALE: Final = 0.3
_EMOTION_SHRINK: Final = 2.0
_EMOTION_STEPS: Final = 30


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a text's own words as further columns, and how it is folded back."""

    vectors: Floats
    emotions: tuple[Weights, ...]

    def columns(self, rows: Rows) -> Floats:
        """Return the further columns of texts."""
        found = [rows.words.times(self.vectors) * _VECTOR_SCALE]
        found += [each.scores(rows) * _EMOTION_SCALE for each in self.emotions]
        return np.concatenate(found, axis=1)

    def folded(self, weights: Weights) -> Weights:
        """Return weights that give the same scores without the further columns."""
        turned = weights.more[:DIMENSIONS] * _VECTOR_SCALE
        words = weights.words + self.vectors @ turned
        runs, cues, bias = weights.runs.copy(), weights.cues.copy(), weights.bias.copy()
        for each, share in zip(self.emotions, weights.more[DIMENSIONS:], strict=True):
            part = share[None, :] * _EMOTION_SCALE
            words += each.words @ part
            runs += each.runs @ part
            cues += each.cues @ part
            bias += each.bias @ part
        return Weights(words, runs, cues, bias, np.zeros((0, len(bias))))


def emotions_in(
    comments: Rows, felt: Sequence[frozenset[str]], watch: Watch
) -> tuple[Weights, ...]:
    """Return what tells each group of emotions; nothing without comments."""
    found = []
    for name, members in emotions.GROUPS.items() if felt else ():
        watch(f"emotions: {name}")
        yes = np.array([bool(names & members) for names in felt], dtype=np.int64)
        target = yes[:, None].astype(np.float64)
        shrink = _EMOTION_SHRINK / len(felt)
        found.append(
            fitted(comments, target, balanced(yes, 2), shrink=shrink, steps=_EMOTION_STEPS)
        )
    return tuple(found)
