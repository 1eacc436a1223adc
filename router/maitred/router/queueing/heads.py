"""Heads: which class an agent with a free slot takes from, out of all that he suits.

Every rank is `weight * (now - head)`, two operations of IEEE 754 on equal numbers, whether a loop
or NumPy does them: both ways give the same bits. A loop is quicker for a few classes, NumPy for
many (`benchmarks/router_scale.py` shows where they cross).
"""

from __future__ import annotations

import math
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from maitred.contracts.agents import Agent
from maitred.router.port import RoutingPolicy
from maitred.router.queueing.classes import Classes
from maitred.router.queueing.columns import (
    Columns,
    Floats,
    Ints,
    floats,
    ints,
    seen_floats,
    seen_ints,
)

LOOP_MAX: Final = 24
"""Up to so many classes a loop is quicker than NumPy."""
_WEIGHT_MIN: Final = sys.float_info.min
"""A weight is above 0: nought times an empty class's infinite age would be no number."""

Shut = Sequence[bool] | None
"""By kind, whether the agent takes nothing of it at present; `None` if he takes everything."""


class Best(NamedTuple):
    """The highest rank, and the slots of all that have it; minus infinity if nobody waits."""

    rank: float
    slots: list[int]


class Weights:
    """Slots, in their order, and the weight of each."""

    __slots__ = ("_seen", "slots", "weights")

    def __init__(self, slots: Iterable[int] = (), weights: Iterable[float] = ()) -> None:
        self.slots = ints(slots)
        self.weights = floats(weights)
        many = len(self.slots) > LOOP_MAX
        self._seen = (seen_ints(self.slots), seen_floats(self.weights)) if many else None

    def best(self, columns: Columns, now: int, shut: Shut, *, overdue: bool) -> Best:
        """Return the classes whose first ranks highest, or is the latest by its target."""
        if overdue:
            late = Weights(self.slots, (columns.rates[slot] for slot in self.slots))
            return late.best(columns, now, shut, overdue=False)
        if self._seen is None:
            return best_of_few(self.slots, self.weights, columns, now, shut)
        return best_of_many(*self._seen, columns, now, shut)


class View:
    """The classes that agents of one profile suit, in the order of their slots."""

    __slots__ = ("_epoch", "_fits", "_sample", "_seen", "_weights")

    _weights: Weights
    _fits: array[float]
    _seen: int
    """So many classes were looked at."""

    def __init__(self, sample: Agent) -> None:
        self._sample = sample
        self._forget(-1)

    def __len__(self) -> int:
        return len(self._fits)

    def look(self, classes: Classes, policy: RoutingPolicy) -> None:
        """Take in the classes that were opened since the last look."""
        if self._epoch != classes.epoch:
            self._forget(classes.epoch)
        if self._seen == len(classes.all):
            return
        slots, weights = self._weights.slots.tolist(), self._weights.weights.tolist()
        for group in classes.all[self._seen :]:
            fit = policy.fit(group.signature, self._sample).value
            if fit > 0:
                slots.append(group.slot)
                weights.append(weight_of(policy, fit, group.slope, previous=False))
                self._fits.append(fit)
        self._seen = len(classes.all)
        self._weights = Weights(slots, weights)

    def best(self, columns: Columns, now: int, shut: Shut, *, overdue: bool) -> Best:
        """Return the classes whose first ranks highest, or is the latest by its target."""
        return self._weights.best(columns, now, shut, overdue=overdue)

    def fit(self, slot: int) -> float:
        """Return how well the profile suits a class; 0 if not at all."""
        at = self._at(slot)
        return 0.0 if at is None else self._fits[at]

    def weight(self, slot: int) -> float:
        """Return by how much a class ranks higher each millisecond; 0 if it does not suit."""
        at = self._at(slot)
        return 0.0 if at is None else self._weights.weights[at]

    def _at(self, slot: int) -> int | None:
        slots = self._weights.slots
        at = bisect_left(slots, slot)
        return at if at < len(slots) and slots[at] == slot else None

    def _forget(self, epoch: int) -> None:
        self._epoch = epoch
        self._seen = 0
        self._fits = floats(())
        self._weights = Weights()


def best_of_few(
    slots: Iterable[int], weights: Iterable[float], columns: Columns, now: int, shut: Shut
) -> Best:
    """Return the best of a few classes, by a loop."""
    best = -math.inf
    found: list[int] = []
    heads = columns.heads
    for slot, weight in zip(slots, weights, strict=True):
        rank = weight * (now - heads[slot])
        if rank < best or (shut is not None and shut[columns.kinds[slot]]):
            continue
        if rank > best:
            best, found = rank, [slot]
        else:
            found.append(slot)
    return Best(best, found)


def best_of_many(slots: Ints, weights: Floats, columns: Columns, now: int, shut: Shut) -> Best:
    """Return the best of many classes, by NumPy; there must be one."""
    ranks = columns.heads_seen[slots]
    np.subtract(now, ranks, out=ranks)
    ranks *= weights
    if shut is not None:
        ranks[np.array(shut, np.bool_)[columns.kinds_seen[slots]]] = -math.inf
    best = float(ranks[ranks.argmax()])
    if best == -math.inf:
        return Best(best, [])
    return Best(best, slots[ranks == best].tolist())


def weight_of(policy: RoutingPolicy, fit: float, slope: float, *, previous: bool) -> float:
    """Return by how much a rank grows each millisecond, above 0 whatever the policy says."""
    return max(policy.weight(fit, slope, previous=previous), _WEIGHT_MIN)
