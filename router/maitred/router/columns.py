"""Columns: what is searched of classes when an agent has room, a slot for each class."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.lines import Entry

_SLOTS_MIN: Final = 16

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Columns:
    """By slot; arrays have room for more slots than there are."""

    __slots__ = ("_count", "heads", "kinds", "rates")

    def __init__(self) -> None:
        self._count = 0
        self.heads: Floats = np.full(_SLOTS_MIN, math.inf)
        """The virtual arrival of the first; infinite where nobody waits."""
        self.kinds: Ints = np.zeros(_SLOTS_MIN, np.int64)
        self.rates: Floats = np.zeros(_SLOTS_MIN)
        """One by the target of the channel: by how much of it one is later each millisecond."""

    def append(self, kind: int, rate: float) -> None:
        """Add a slot in which nobody waits."""
        slot = self._count
        self._count += 1
        if slot == len(self.heads):
            self.heads = np.append(self.heads, np.full(slot, math.inf))
            self.kinds = np.append(self.kinds, np.zeros(slot, np.int64))
            self.rates = np.append(self.rates, np.zeros(slot))
        self.kinds[slot] = kind
        self.rates[slot] = rate

    def seen_with(self, instead: Mapping[int, Entry | None]) -> Columns:
        """Return the columns with somebody else first in some slots; these if in none."""
        if not instead:
            return self
        other = copy.copy(self)
        other.heads = self.heads.copy()
        for slot, first in instead.items():
            other.put(slot, first)
        return other

    def put(self, slot: int, first: Entry | None) -> None:
        """Take down who is first in a slot now."""
        self.heads[slot] = math.inf if first is None else first[0]
