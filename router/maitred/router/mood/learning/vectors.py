"""Vectors: words that stand in the same company are alike, learnt without labels.

Positive pointwise mutual information of words within a window, reduced to its strongest
directions (Levy and Goldberg 2014). Words are known by their place, negated ones by their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.router.mood.features import PLACES

Floats = NDArray[np.float64]

_WINDOW: Final = 3
_COUNT_MIN: Final = 3
_SMOOTH: Final = 0.75
_RARE: Final = 1e-3
_SPARE: Final = 16
_ROUNDS: Final = 6
_CHUNK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class _Company:
    """How much more often than by chance two words meet, as a symmetric sparse matrix."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    values: Floats
    size: int

    def times(self, columns: Floats) -> Floats:
        found = np.zeros((self.size, columns.shape[1]))
        for at in range(0, len(self.values), _CHUNK):
            rows = self.first[at : at + _CHUNK]
            part = columns[self.second[at : at + _CHUNK]] * self.values[at : at + _CHUNK, None]
            begins = np.flatnonzero(np.diff(rows, prepend=-1))
            found[rows[begins]] += np.add.reduceat(part, begins, axis=0)
        return found


def vectors_of(texts: Iterable[NDArray[np.int64]], dimensions: int, seed: int) -> Floats:
    """Return a vector for each place; places of rare words and of none have zeros.

    `texts` are the places of each text's words in their order. Frequent words are made light
    (Arora, Liang and Ma 2017).
    """
    sequences = list(texts)
    together = np.concatenate([*sequences, np.zeros(0, dtype=np.int64)])
    counts = np.bincount(together, minlength=PLACES)
    kept = np.flatnonzero(counts >= _COUNT_MIN)
    found = np.zeros((PLACES, dimensions))
    if len(kept) <= dimensions + _SPARE:
        return found
    index = np.full(PLACES, -1, dtype=np.int64)
    index[kept] = np.arange(len(kept))
    company = _company(index, sequences, len(kept))
    directions = _directions(company, dimensions, seed)
    share = counts[kept] / counts.sum()
    directions -= share @ directions / share.sum()
    spread = directions.std(axis=0)
    light = _RARE / (_RARE + counts[kept] / len(sequences))
    found[kept] = directions / np.sqrt(np.maximum(spread, 1e-9)) * light[:, None]
    return found


def _company(index: NDArray[np.int64], texts: list[NDArray[np.int64]], size: int) -> _Company:
    gap = np.full(_WINDOW, -1, dtype=np.int64)
    spaced = np.concatenate([np.concatenate([index[text], gap]) for text in texts])
    pairs = []
    for distance in range(1, _WINDOW + 1):
        one, other = spaced[:-distance], spaced[distance:]
        both = (one >= 0) & (other >= 0)
        pairs += [one[both] * size + other[both], other[both] * size + one[both]]
    codes, times = np.unique(np.concatenate(pairs), return_counts=True)
    first, second = codes // size, codes % size
    often = np.bincount(first, weights=times, minlength=size)
    smooth = often**_SMOOTH
    smooth *= often.sum() / smooth.sum()
    values = np.log(times * often.sum() / (often[first] * smooth[second]))
    positive = values > 0
    return _Company(first[positive], second[positive], values[positive], size)


def _directions(company: _Company, dimensions: int, seed: int) -> Floats:
    """Return the strongest directions (subspace iteration, Halko, Martinsson and Tropp 2011)."""
    chance = np.random.Generator(np.random.PCG64(seed))
    basis = chance.standard_normal((company.size, dimensions + _SPARE))
    for _ in range(_ROUNDS):
        basis, _ = np.linalg.qr(company.times(basis))
    strengths, turned = np.linalg.eigh(basis.T @ company.times(basis))
    order = np.argsort(-np.abs(strengths))[:dimensions]
    return np.asarray(basis @ turned[:, order] * np.sqrt(np.abs(strengths[order])))
