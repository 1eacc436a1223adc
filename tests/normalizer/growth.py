"""Whether work grows with its input alone: as a ratio, which a slow machine leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

TIMES_LARGER = 16
RATIO_MAX = 96
"""Linear work gives about 16 and quadratic work 256."""
SECONDS_MIN = 0.002
"""What is faster is counted as this: a clock's tick is no work."""
TRIES = 3


def ratio(work: Callable[[int], object], size: int) -> float:
    """Return how many times as long `work` takes with an input 16 times as large.

    `work` does all of it on an input of the size that it is given; the best of some tries counts.
    """
    return _seconds(work, TIMES_LARGER * size) / max(_seconds(work, size), SECONDS_MIN)


def _seconds(work: Callable[[int], object], size: int) -> float:
    taken = []
    for _ in range(TRIES):
        began = process_time()
        work(size)
        taken.append(process_time() - began)
    return min(taken)
