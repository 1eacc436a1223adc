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
from typing import Final

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

LOOP_MAX: Final = 16
"""Up to so many classes a loop is quicker than NumPy."""
_WEIGHT_MIN: Final = sys.float_info.min
"""A weight is above 0: nought times an empty class's infinite age would be no number."""

Shut = Sequence[bool] | None
"""By kind, whether the agent takes nothing of it at present; `None` if he takes everything."""


Best = tuple[float, list[int]]
"""The highest rank, and at which places it stands; minus infinity if nobody waits."""


class View:
    """The classes that agents of one profile suit, in the order of their slots."""

    __slots__ = ("_epoch", "_looked", "_sample", "_seen", "fits", "slots", "weights")

    slots: array[int]
    """By place, as all that follows."""
    fits: array[float]
    weights: array[float]
    _seen: tuple[Ints, Floats] | None
    """Slots and weights as NumPy sees them, if they are many."""
    _looked: int
    """So many classes were looked at."""

    def __init__(self, sample: Agent) -> None:
        self._sample = sample
        self._forget(-1)

    def look(self, classes: Classes, policy: RoutingPolicy) -> None:
        """Take in the classes that were opened since the last look."""
        if self._looked == len(classes.all) and self._epoch == classes.epoch:
            return
        if self._epoch != classes.epoch:
            self._forget(classes.epoch)
        # None can be added to an array while NumPy sees it.
        slots, fits, weights = self.slots[:], self.fits, self.weights[:]
        for group in classes.all[self._looked :]:
            fit = policy.fit(group.signature, self._sample).value
            if fit > 0:
                slots.append(group.slot)
                fits.append(fit)
                weights.append(weight_of(policy, fit, group.slope, previous=False))
        self._looked = len(classes.all)
        self.slots, self.weights = slots, weights
        many = len(slots) > LOOP_MAX
        self._seen = (seen_ints(slots), seen_floats(weights)) if many else None

    def best(self, columns: Columns, now: int, shut: Shut) -> Best:
        """Return the places of the classes whose first ranks highest."""
        if self._seen is None:
            return best_of_few(self.slots, self.weights, columns, now, shut)
        slots, weights = self._seen
        return best_of_many(slots, weights, columns, now, shut)

    def latest(self, columns: Columns, now: int, shut: Shut) -> Best:
        """Return the places of the classes whose first is the latest by its target."""
        if self._seen is None:
            rates = [columns.rates[slot] for slot in self.slots]
            return best_of_few(self.slots, rates, columns, now, shut)
        slots, _ = self._seen
        return best_of_many(slots, columns.rates_seen[slots], columns, now, shut)

    def fit(self, slot: int) -> float:
        """Return how well the profile suits a class; 0 if not at all."""
        at = bisect_left(self.slots, slot)
        return self.fits[at] if at < len(self.slots) and self.slots[at] == slot else 0.0

    def _forget(self, epoch: int) -> None:
        self._epoch = epoch
        self._looked = 0
        self.slots, self.fits, self.weights = ints(()), floats(()), floats(())
        self._seen = None


def best_of_few(
    slots: Iterable[int], weights: Iterable[float], columns: Columns, now: int, shut: Shut
) -> Best:
    """Return the best of a few classes, by a loop."""
    best = -math.inf
    found: list[int] = []
    heads = columns.heads
    for place, (slot, weight) in enumerate(zip(slots, weights, strict=False)):
        rank = weight * (now - heads[slot])
        if rank < best or (shut is not None and shut[columns.kinds[slot]]):
            continue
        if rank > best:
            best, found = rank, [place]
        else:
            found.append(place)
    return best, found


def best_of_many(
    slots: Ints | slice, weights: Floats, columns: Columns, now: int, shut: Shut
) -> Best:
    """Return the best of many classes, by NumPy; there must be one.

    What is subtracted from is an array, which NumPy takes in more quickly than a number. That
    the second best is worse than the best tells sooner than a search that it has no equals.
    """
    ranks = np.subtract(np.array(float(now)), columns.heads_seen[slots])
    np.multiply(ranks, weights, ranks)
    if shut is not None:
        ranks[np.array(shut, np.bool_)[columns.kinds_seen[slots]]] = -math.inf
    first = int(ranks.argmax())
    best = ranks.item(first)
    if best == -math.inf:
        return best, []
    ranks[first] = -math.inf
    if ranks.item(ranks.argmax()) < best:
        return best, [first]
    return best, [first, *np.flatnonzero(ranks == best).tolist()]


def weight_of(policy: RoutingPolicy, fit: float, slope: float, *, previous: bool) -> float:
    """Return by how much a rank grows each millisecond, above 0 whatever the policy says."""
    return max(policy.weight(fit, slope, previous=previous), _WEIGHT_MIN)
