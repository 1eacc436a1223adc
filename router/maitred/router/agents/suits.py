"""Suits: which agents suit a class, and how well, as columns to search.

Made once for each class that is asked for, from what the policy says of each profile, and kept
within a bound of memory: it is a cache of pure functions of the settings.
"""

from __future__ import annotations

from array import array
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.agents.roster import Roster
from maitred.router.port import RoutingPolicy, Signature

CELLS_MAX: Final = 16_000_000
"""So many numbers, of eight bytes, may be kept; what was asked for longest ago goes first."""
LOADS_KEPT: Final = 32
"""For so many loads the scores of a class are kept in its columns."""
SCORES_MAX: Final = 65_536
_WHY_MAX: Final = 64

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Suit:
    """Who suits one class, the best of them first."""

    __slots__ = ("bits", "dealt", "empty", "fits", "ranked", "ranked_fits", "rows", "scores", "why")

    def __init__(self, rows: Ints, fits: Floats, empty: Floats, count: int) -> None:
        by_score = np.lexsort((rows, -empty))
        self.empty = array("d", empty[by_score].tobytes())
        """The score that each has while he has nothing to do, the highest first."""
        self.rows = rows[by_score]
        """By `empty`, then by row, as the fits and the scores."""
        self.fits = fits[by_score]
        self.scores: Floats = np.full((1, len(rows)), self.empty)
        """By the number of a load, then as `rows`."""
        self.dealt = 0
        """As of which deal of those numbers."""
        by_fit = np.lexsort((rows, -fits))
        self.ranked = rows[by_fit]
        """By fit, then by row."""
        self.ranked_fits = fits[by_fit]
        suit = np.zeros(count, np.bool_)
        suit[rows] = True
        self.bits = int.from_bytes(np.packbits(suit, bitorder="little").tobytes(), "little")
        """The rows of all of them as bits."""
        self.why: dict[int, str] = {}
        """By profile, why it does not suit, of those that were asked for."""

    @property
    def cells(self) -> int:
        """Return how many numbers are kept."""
        return 5 * len(self.rows) + self.scores.size


class Suits:
    """Who suits each class, and the scores of those who do."""

    def __init__(self, roster: Roster, policy: RoutingPolicy) -> None:
        self._roster = roster
        self._policy = policy
        self._kept: dict[Signature, Suit] = {}
        """What was asked for last comes last."""
        self._last: tuple[Signature, Suit] | None = None
        self._cells = 0
        self._scores: dict[tuple[float, float, float], float] = {}

    def of(self, signature: Signature) -> Suit:
        """Return who suits a class; it passes over nobody."""
        dealt = self._roster.seats.dealt
        if self._last is not None and self._last[0] == signature and self._last[1].dealt == dealt:
            return self._last[1]
        suit = self._kept.pop(signature, None)
        if suit is None:
            suit = self._make(signature)
            self._cells += suit.cells
        if suit.dealt != dealt:
            self._cells -= suit.cells
            suit.scores, suit.dealt = suit.scores[:1].copy(), dealt
            self._cells += suit.cells
        self._kept[signature] = suit
        self._last = (signature, suit)
        while self._cells > CELLS_MAX and len(self._kept) > 1:
            self._cells -= self._kept.pop(next(iter(self._kept))).cells
        return suit

    def scores(self, suit: Suit, places: Ints, loads: Ints) -> Floats:
        """Return the scores of some who suit, with the numbers of their loads."""
        known = len(self._roster.seats.load_values)
        if known > LOADS_KEPT and int(loads.max()) >= LOADS_KEPT:
            return self._asked(suit, places, loads)
        if len(suit.scores) < min(known, LOADS_KEPT):
            self._grow(suit, min(known, LOADS_KEPT))
        return suit.scores[loads, places]

    def why_not(self, suit: Suit, signature: Signature, profile: int) -> str:
        """Return why a profile does not suit a class."""
        why = suit.why.get(profile)
        if why is None:
            if len(suit.why) >= _WHY_MAX:
                suit.why.clear()
            why = self._policy.fit(signature, self._roster.samples[profile]).excluded
            suit.why[profile] = why
        return why

    def _make(self, signature: Signature) -> Suit:
        seats, policy = self._roster.seats, self._policy
        by_profile = [policy.fit(signature, each).value for each in self._roster.samples]
        fits = np.array(by_profile, np.float64)[seats.profiles]
        rows = (fits > 0).nonzero()[0]
        fits = fits[rows]
        flexes = seats.flexes[rows]
        empty = [
            self.score(fit, 0.0, flex)
            for fit, flex in zip(fits.tolist(), flexes.tolist(), strict=True)
        ]
        return Suit(rows, fits, np.array(empty, np.float64), len(seats))

    def _asked(self, suit: Suit, places: Ints, loads: Ints) -> Floats:
        seats = self._roster.seats
        fits, flexes = suit.fits[places], seats.flexes[suit.rows[places]]
        asked = zip(fits.tolist(), loads.tolist(), flexes.tolist(), strict=True)
        values = seats.load_values
        return np.array([self.score(fit, values[load], flex) for fit, load, flex in asked])

    def _grow(self, suit: Suit, known: int) -> None:
        """Add the scores of loads that are new."""
        every = np.arange(len(suit.rows))
        fresh = range(len(suit.scores), known)
        more = [self._asked(suit, every, np.full(len(every), load)) for load in fresh]
        suit.scores = np.vstack([suit.scores, *more])
        self._cells += len(fresh) * len(every)

    def score(self, fit: float, load: float, flex: float) -> float:
        """Return what an agent scores who has never served the customer."""
        key = (fit, load, flex)
        score = self._scores.get(key)
        if score is None:
            if len(self._scores) >= SCORES_MAX:
                self._scores.clear()
            score = self._policy.offer_score(fit, load, flex, previous=False)
            self._scores[key] = score
        return score
