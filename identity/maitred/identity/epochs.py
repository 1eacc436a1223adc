"""Epochs: a telephone number that changes hands belongs to one customer after the other.

Some 35 million numbers in the United States are given up in a year, and may be given out again
after 45 days (47 CFR 52.15(f)(1)(ii), FCC 18-177, paragraph 37). So a number that one account used
and then, at least that long after, another one, was reassigned; where the times of two accounts
touch, they share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from maitred.contracts.documents import Epoch
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import DAY_MS

AGING_MS_MIN: Final = 45 * DAY_MS


@dataclass(frozen=True, slots=True)
class Span:
    """How surely two identifiers were seen together, first and last (UTC milliseconds)."""

    level: Level
    first: int
    last: int

    def after(self, until: int) -> Span:
        """Return what is left of it behind a time."""
        return self if self.first > until else Span(self.level, until + 1, self.last)

    def widened(self, other: Span | None) -> Span:
        """Return both as one: the surer level, from the earlier to the later time."""
        if other is None:
            return self
        return Span(
            max(self.level, other.level), min(self.first, other.first), max(self.last, other.last)
        )


def boundaries(owners: Iterable[Span]) -> tuple[int, ...] | None:
    """Return when a number changed hands, in the middle of each gap; None if it is shared.

    `owners` are the times of its accounts, at least two.
    """
    times = sorted((span.first, span.last) for span in owners)
    gaps = [(one[1], other[0]) for one, other in pairwise(times)]
    if any(since - until < AGING_MS_MIN for until, since in gaps):
        return None
    return tuple((until + since) // 2 for until, since in gaps)


def epoch_of(
    key: IdentifierKey, span: Span, cuts: Mapping[IdentifierKey, tuple[int, ...]]
) -> int | None:
    """Return in which epoch of `key` a span lies; None if it lies in several and shows nothing.

    An identifier that never changed hands has the one epoch 0.
    """
    times = cuts.get(key)
    if times is None:
        return 0
    first = sum(time <= span.first for time in times)
    last = sum(time <= span.last for time in times)
    return first if first == last else None


def epochs_of(key: IdentifierKey, times: tuple[int, ...]) -> tuple[Epoch, ...]:
    """Return the epochs that the times of change make, the first from the beginning of time."""
    edges = (0, *times, 0)
    return tuple(Epoch(key=key, since=one, until=other) for one, other in pairwise(edges))
