"""Fitting: logistic regression on rows, with any further columns beside them.

The loss is the weighted mean of the cross entropy against the targets, which may be soft, plus
`shrink / 2` times the squares of the weights. A fit on top of a model that knows
much (`base`) changes only what the examples speak for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.mood.cues import CUES
from maitred.router.mood.features import PLACES
from maitred.router.mood.learning.rows import Rows
from maitred.router.mood.learning.solver import minimum

Floats = NDArray[np.float64]
Watch = Callable[[], None]

_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Trust:
    """What parts of the features are multiplied with in training: less is held smaller."""

    runs: float = 1.0
    cues: float = 0.5


EVEN: Final = Trust()


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of a linear model, a column for each output."""

    words: Floats
    runs: Floats
    cues: Floats
    bias: Floats
    more: Floats
    """Of the further columns."""

    def scores(self, rows: Rows, more: Floats | None = None) -> Floats:
        """Return the scores of texts, a column for each output."""
        found = rows.words.times(self.words) + rows.runs.times(self.runs)
        found += rows.cues @ self.cues + self.bias
        return found if more is None else found + more @ self.more


def fitted(  # noqa: PLR0913  (each is a choice of its own)
    rows: Rows,
    targets: Floats,
    importance: Floats,
    *,
    shrink: float,
    steps: int,
    more: Floats | None = None,
    base: Floats | None = None,
    least: int = 1,
    trust: Trust = EVEN,
    watch: Watch | None = None,
) -> Weights:
    """Return the weights that fit best.

    Args:
        rows: the texts.
        targets: of each text what each output should be; of one output the chance of yes, of
            several the chances of each, which add up to one.
        importance: how much each text counts.
        shrink: how much the weights are held small.
        steps: at most so many iterations.
        more: further columns, as many rows as texts.
        base: scores to which the fitted ones are added.
        least: places that fewer texts have get no weight.
        trust: how freely runs and cues may be weighted, beside words.
        watch: called after each evaluation.
    """
    outputs = targets.shape[1]
    further = np.zeros((len(rows), 0)) if more is None else more
    word_table, words_used = rows.words.compact(least)
    run_table, runs_used = rows.runs.compact(least)
    sizes = [word_table.size, run_table.size, CUES, further.shape[1], 1]
    ends = np.cumsum(sizes)
    # On top of a model the bias is a difference too, and no more free than the rest.
    kept_small = int(ends[-2] if base is None else ends[-1])
    importance = importance / importance.sum()
    cues = rows.cues * trust.cues
    run_table = replace(run_table, scales=run_table.scales * trust.runs)

    def apart(point: Floats) -> list[Floats]:
        return np.split(point.reshape(-1, outputs), ends[:-1])

    def objective(point: Floats) -> tuple[float, Floats]:
        words, runs, cue_weights, more_weights, bias = apart(point)
        scores = word_table.times(words) + run_table.times(runs)
        scores += cues @ cue_weights + further @ more_weights + bias
        if base is not None:
            scores += base
        chances = likely(scores)
        off = (chances - targets) * importance[:, None]
        slope = np.concatenate(
            [
                word_table.transposed_times(off),
                run_table.transposed_times(off),
                cues.T @ off,
                further.T @ off,
                off.sum(axis=0, keepdims=True),
            ]
        )
        held = point.reshape(-1, outputs)[:kept_small]
        slope[:kept_small] += shrink * held
        value = importance @ cross_entropy(chances, targets) + shrink / 2 * float(
            np.einsum("ij,ij->", held, held)
        )
        if watch is not None:
            watch()
        return float(value), slope.ravel()

    found = minimum(objective, np.zeros(int(ends[-1]) * outputs), steps=steps)
    words, runs, cue_weights, more_weights, bias = apart(found)
    return Weights(
        _spread(words, words_used),
        _spread(runs * trust.runs, runs_used),
        cue_weights * trust.cues,
        bias[0],
        more_weights,
    )


def _spread(weights: Floats, used: NDArray[np.int64]) -> Floats:
    """Return weights for all places from those of the used ones."""
    found = np.zeros((PLACES, weights.shape[1]))
    found[used] = weights
    return found


def likely(scores: Floats) -> Floats:
    """Return scores as chances: of one output by itself, of several against each other."""
    if scores.shape[1] == 1:
        return np.asarray(1 / (1 + np.exp(-np.clip(scores, -500, 500))))
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def cross_entropy(chances: Floats, targets: Floats) -> Floats:
    """Return the loss of each text."""
    loss = -(targets * np.log(np.maximum(chances, _LEAST))).sum(axis=1)
    if targets.shape[1] == 1:
        loss -= ((1 - targets) * np.log(np.maximum(1 - chances, _LEAST))).sum(axis=1)
    return np.asarray(loss)


def balanced(classes: NDArray[np.int64], count: int) -> Floats:
    """Return an importance for each text that makes all classes count the same."""
    sizes = np.maximum(np.bincount(classes, minlength=count), 1)
    return np.asarray((len(classes) / count / sizes)[classes])
