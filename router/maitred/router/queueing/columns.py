"""Columns: what is searched of classes when an agent has room, a slot for each class.

Loops read the arrays of Python and NumPy reads the same memory: there is one copy of each number.
"""

from __future__ import annotations

import copy
import math
from array import array
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.queueing.lines import Entry

_SLOTS_MIN: Final = 16

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Columns:
    """By slot; there is room for more slots than there are."""

    __slots__ = ("_count", "heads", "heads_seen", "kinds", "kinds_seen", "rates", "rates_seen")

    def __init__(self) -> None:
        self._count = 0
        self.kinds = ints([0] * _SLOTS_MIN)
        self.rates = floats([1.0] * _SLOTS_MIN)
        """One by the target of the channel: by how much of it one is later each millisecond."""
        self.heads = floats([math.inf] * _SLOTS_MIN)
        """The virtual arrival of the first; infinite where nobody waits."""
        self._see()

    def append(self, kind: int, rate: float) -> None:
        """Add a slot in which nobody waits."""
        slot = self._count
        self._count += 1
        if slot == len(self.heads):
            self.kinds = ints([*self.kinds, *self.kinds])
            self.rates = floats([*self.rates, *self.rates])
            self.heads = floats([*self.heads, *([math.inf] * slot)])
            self._see()
        self.kinds[slot] = kind
        self.rates[slot] = rate

    def seen_with(self, instead: Mapping[int, Entry | None]) -> Columns:
        """Return the columns with somebody else first in some slots; these if in none."""
        if not instead:
            return self
        other = copy.copy(self)
        other.heads = self.heads[:]
        other.heads_seen = seen_floats(other.heads)
        for slot, first in instead.items():
            other.put(slot, first)
        return other

    def put(self, slot: int, first: Entry | None) -> None:
        """Take down who is first in a slot now."""
        self.heads[slot] = math.inf if first is None else first[0]

    def _see(self) -> None:
        self.heads_seen: Floats = seen_floats(self.heads)
        self.kinds_seen: Ints = seen_ints(self.kinds)
        self.rates_seen: Floats = seen_floats(self.rates)


def ints(values: Iterable[int]) -> array[int]:
    """Return numbers as an array."""
    return array("q", values)


def floats(values: Iterable[float]) -> array[float]:
    """Return numbers as an array."""
    return array("d", values)


def seen_ints(values: array[int]) -> Ints:
    """Return the same numbers, at least one, as NumPy sees them; none can be added to them then."""
    return np.frombuffer(values, np.int64)


def seen_floats(values: array[float]) -> Floats:
    """Return the same numbers, at least one, as NumPy sees them; none can be added to them then."""
    return np.frombuffer(values, np.float64)
