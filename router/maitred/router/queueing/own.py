"""Own: what waits of those whom one agent served before, by class, each with its first.

He ranks them higher than others would (`RoutingPolicy.weight`, `previous`), and what is held for
him stands nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from maitred.router.queueing.classes import Class
from maitred.router.queueing.columns import Columns
from maitred.router.queueing.heads import Best, Shut, Weights
from maitred.router.queueing.lines import Entry, Line, Places

_EMPTY_MIN: Final = 16


class Own:
    """The lines of one agent."""

    __slots__ = (
        "_at", "_columns", "_empty", "_groups", "_lines", "_places", "_weighed", "_weights",
    )  # fmt: skip

    _at: dict[Class, int]
    """By class, its slot."""
    _groups: list[Class]
    _lines: list[Line]
    _columns: Columns
    _weights: Weights
    """Of the classes that he suits."""
    _weighed: int
    """Of so many the weight was asked."""
    _empty: int

    def __init__(self, places: Places) -> None:
        self._places = places
        self._forget()

    def __len__(self) -> int:
        return sum(len(line) for line in self._lines)

    def add(self, entry: Entry, group: Class) -> None:
        """Let one more wait for him."""
        at = self._at.get(group)
        if at is None:
            at = self._open(group, Line(self._places))
            self._empty += 1
        line = self._lines[at]
        self._empty -= not line.members
        line.add(entry)
        self._columns.put(at, line.first)

    def leave(self, group: Class) -> None:
        """Let go of an entry of a class that its conversation does not wait under any more."""
        at = self._at[group]
        line = self._lines[at]
        line.leave()
        self._columns.put(at, line.first)
        if not line.members:
            self._empty += 1
            if self._empty > len(self._lines) - self._empty + _EMPTY_MIN:
                self._forget_empty()

    def best(self, now: int, shut: Shut, weigh: Callable[[Class], float], *, overdue: bool) -> Best:
        """Return what ranks highest of it, or is the latest by its target.

        `weigh` tells the weight of a class, 0 if he does not suit it.
        """
        if self._weighed < len(self._groups):
            self._weigh(weigh)
        return self._weights.best(self._columns, now, shut, overdue=overdue)

    def at(self, slots: Iterable[int]) -> Iterator[tuple[Entry, Class, Line]]:
        """Yield who is first in the slots that `best` told."""
        for slot in slots:
            line = self._lines[slot]
            if line.first is not None:
                yield line.first, self._groups[slot], line

    def _weigh(self, weigh: Callable[[Class], float]) -> None:
        slots, weights = self._weights.slots.tolist(), self._weights.weights.tolist()
        for at in range(self._weighed, len(self._groups)):
            weight = weigh(self._groups[at])
            if weight > 0:
                slots.append(at)
                weights.append(weight)
        self._weighed = len(self._groups)
        self._weights = Weights(slots, weights)

    def _open(self, group: Class, line: Line) -> int:
        at = self._at[group] = len(self._groups)
        self._groups.append(group)
        self._lines.append(line)
        self._columns.append(group.kind, group.rate)
        return at

    def _forget(self) -> None:
        self._at = {}
        self._groups = []
        self._lines = []
        self._columns = Columns()
        self._weights = Weights()
        self._weighed = 0
        self._empty = 0

    def _forget_empty(self) -> None:
        kept = [each for each in zip(self._groups, self._lines, strict=True) if each[1].members]
        self._forget()
        for group, line in kept:
            self._columns.put(self._open(group, line), line.first)
