"""Solver: limited-memory BFGS (Nocedal 1980), without chance."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Objective = Callable[[Floats], tuple[float, Floats]]

_MEMORY: Final = 10
_HALVINGS: Final = 12
_SUFFICIENT: Final = 1e-4


def minimum(objective: Objective, start: Floats, *, steps: int, tolerance: float = 1e-5) -> Floats:
    """Return where a smooth convex function is least, as near as `steps` iterations come.

    `objective` gives the value and the gradient at a point. It ends earlier where no entry of the
    gradient is above `tolerance`.
    """
    point = start
    value, slope = objective(point)
    past: deque[tuple[Floats, Floats, float]] = deque(maxlen=_MEMORY)
    for _ in range(steps):
        if np.abs(slope).max(initial=0.0) <= tolerance:
            break
        direction = _direction(slope, past)
        length = 1.0 if past else min(1.0, 1.0 / float(np.abs(slope).sum()))
        expected = float(slope @ direction)
        for _ in range(_HALVINGS):
            there = point + length * direction
            found, steeper = objective(there)
            if found <= value + _SUFFICIENT * length * expected:
                break
            length /= 2
        else:
            break
        moved, bent = there - point, steeper - slope
        curvature = float(moved @ bent)
        if curvature > 0:
            past.append((moved, bent, 1 / curvature))
        point, value, slope = there, found, steeper
    return point


def _direction(slope: Floats, past: deque[tuple[Floats, Floats, float]]) -> Floats:
    """Return where to go: the two-loop recursion."""
    heading = -slope
    factors = []
    for moved, bent, inverse in reversed(past):
        factor = inverse * float(moved @ heading)
        factors.append(factor)
        heading -= factor * bent
    if past:
        moved, bent, inverse = past[-1]
        heading *= 1 / (inverse * float(bent @ bent))
    for (moved, bent, inverse), factor in zip(past, reversed(factors), strict=True):
        heading += (factor - inverse * float(bent @ heading)) * moved
    return heading
