"""Calibrating: from a model's lead to the chance that it is right (Platt 1999)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.mood.learning.solver import minimum

Floats = NDArray[np.float64]

_STEPS: Final = 200


def surety_of(scores: Floats, classes: NDArray[np.int64]) -> tuple[float, float]:
    """Return shift and slope: the chance is the logistic of shift plus slope times the lead.

    The lead is that of the highest score over the second, of texts that the model was not fitted
    on.
    """
    ordered = np.sort(scores, axis=1)
    lead = ordered[:, -1] - ordered[:, -2]
    right = (scores.argmax(axis=1) == classes).astype(np.float64)

    def objective(point: Floats) -> tuple[float, Floats]:
        raised = point[0] + point[1] * lead
        chance = 1 / (1 + np.exp(-np.clip(raised, -50, 50)))
        loss = np.logaddexp(0, raised) - right * raised
        off = (chance - right) / len(lead)
        return float(loss.mean()), np.array([off.sum(), off @ lead])

    shift, slope = minimum(objective, np.array([0.0, 1.0]), steps=_STEPS, tolerance=1e-7)
    return round(float(shift), 4), round(float(slope), 4)
