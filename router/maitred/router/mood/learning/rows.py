"""Rows: many texts as one sparse matrix of hashed features, and its products with weights.

Each table of places is scaled so that a text has length one in it, however long it is; cues stand
beside them as plain columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maitred.router.mood.cues import CUES, UNIT
from maitred.router.mood.features import PLACES, Features

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """A sparse matrix whose entries in a row are all the same."""

    starts: NDArray[np.int64]
    """Where each row begins in `places`, and the end."""
    places: NDArray[np.int64]
    scales: Floats
    """The value of a row's entries: one over the root of their number."""
    size: int = PLACES
    """How many places there are."""

    def times(self, weights: Floats) -> Floats:
        """Return the product with a column for each output."""
        found = np.zeros((len(self.scales), weights.shape[1]))
        filled = np.flatnonzero(np.diff(self.starts))
        begins = self.starts[filled]
        for column in range(weights.shape[1]) if len(filled) else ():
            light = weights[:, column].astype(np.float32)
            found[filled, column] = np.add.reduceat(light.take(self.places), begins)
        return found * self.scales[:, None]

    def transposed_times(self, values: Floats) -> Floats:
        """Return the product of the transposed matrix with a column for each output."""
        lengths = np.diff(self.starts)
        found = np.empty((self.size, values.shape[1]))
        for column in range(values.shape[1]):
            spread = np.repeat(values[:, column] * self.scales, lengths)
            found[:, column] = np.bincount(self.places, weights=spread, minlength=self.size)
        return found

    def compact(self, least: int = 1) -> tuple[Table, NDArray[np.int64]]:
        """Return the matrix without columns of fewer entries, and which columns stayed."""
        used = np.flatnonzero(np.bincount(self.places, minlength=self.size) >= least)
        index = np.full(self.size, -1, dtype=np.int64)
        index[used] = np.arange(len(used))
        places = index[self.places]
        kept = places >= 0
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(kept)])[self.starts]
        return Table(starts, places[kept], self.scales, len(used)), used

    def taken(self, chosen: NDArray[np.int64]) -> Table:
        """Return the chosen rows, in that order."""
        parts = [self.places[self.starts[at] : self.starts[at + 1]] for at in chosen]
        return table_of(parts)


@dataclass(frozen=True, slots=True)
class Rows:
    """Texts as features: words and runs of bytes by place, and cues."""

    words: Table
    runs: Table
    cues: Floats

    def __len__(self) -> int:
        return len(self.cues)

    def taken(self, chosen: NDArray[np.int64]) -> Rows:
        """Return the chosen texts, in that order."""
        return Rows(self.words.taken(chosen), self.runs.taken(chosen), self.cues[chosen])


def rows_of(texts: Iterable[Features]) -> Rows:
    """Return texts as rows; a feature that comes twice in a text counts once."""
    words: list[NDArray[np.int64]] = []
    runs: list[NDArray[np.int64]] = []
    cues: list[tuple[int, ...]] = []
    for each in texts:
        places = np.unique(each.places)
        split = int(np.searchsorted(places, PLACES))
        words.append(places[:split])
        runs.append(places[split:] - PLACES)
        cues.append(each.cues.numbers)
    numbers = np.array(cues, dtype=np.float64).reshape(len(cues), CUES) / UNIT
    return Rows(table_of(words), table_of(runs), numbers)


def stacked(parts: Sequence[Rows]) -> Rows:
    """Return the rows of several sources, one after the other."""
    return Rows(
        _joined([part.words for part in parts]),
        _joined([part.runs for part in parts]),
        np.concatenate([part.cues for part in parts]),
    )


def table_of(parts: Sequence[NDArray[np.int64]]) -> Table:
    """Return a table with a row for each text's places, which are each there once."""
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    return Table(
        starts=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)]),
        places=np.concatenate([*parts, np.zeros(0, dtype=np.int64)]),
        scales=1 / np.sqrt(np.maximum(lengths, 1)),
    )


def _joined(tables: Sequence[Table]) -> Table:
    lengths = np.concatenate([np.diff(table.starts) for table in tables])
    return Table(
        starts=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)]),
        places=np.concatenate([table.places for table in tables]),
        scales=np.concatenate([table.scales for table in tables]),
    )
