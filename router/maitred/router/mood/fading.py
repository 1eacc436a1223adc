"""Fading: how much of a mood is left after a time.

Half of it after each half-life, and in between as a straight line falls: so only exact arithmetic
comes into it, and a mood is the same on every machine, which `0.5 ** x` need not be.
"""

from __future__ import annotations

from typing import Final

from maitred.contracts.limits import HOUR_MS

HALF_LIFE_MS: Final = 12 * HOUR_MS
_HALVINGS_MAX: Final = 60
"""After so many nothing is left."""


def left(age_ms: int) -> float:
    """Return what is left, 1 to 0, of what was felt so long ago; what is to come counts whole."""
    halvings, rest = divmod(max(age_ms, 0), HALF_LIFE_MS)
    if halvings >= _HALVINGS_MAX:
        return 0.0
    return (1.0 - rest / (2 * HALF_LIFE_MS)) / (1 << halvings)
