"""Own: what waits of those whom one agent served before, by class, each with its first.

He ranks them higher than others would (`RoutingPolicy.weight`, `previous`), and what is held for
him stands nowhere else.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final

from maitred.contracts.ids import AgentId
from maitred.router.port import RoutingPolicy
from maitred.router.queueing import heads
from maitred.router.queueing.classes import Class
from maitred.router.queueing.columns import Columns, Floats, floats, seen_floats
from maitred.router.queueing.heads import (
    Best,
    Shut,
    View,
    best_of_few,
    best_of_many,
    weight_of,
)
from maitred.router.queueing.lines import Entry, Line

_EMPTY_MIN: Final = 16
_ALL: Final = slice(None)

Found = tuple[Entry, Class, float, Line | None]
"""One of those that rank highest for an agent, his fit, and its line if it is his own."""


class Own:
    """The lines of one agent; those of classes that he suits have places."""

    __slots__ = (
        "_columns", "_empty", "_fits", "_groups", "_lines", "_new", "_seated", "_weights",
        "_weights_seen", "agent",
    )  # fmt: skip

    _groups: list[Class]
    """By place, as the two that follow."""
    _seated: list[Line]
    _fits: list[float]
    _lines: dict[Class, Line]
    _new: list[Class]
    """Of which it is not known yet whether he suits them."""
    _columns: Columns
    """A slot for each place."""
    _weights: array[float]
    _weights_seen: Floats
    _empty: int

    def __init__(self, agent: AgentId) -> None:
        self.agent = agent
        self._forget()

    def __len__(self) -> int:
        return sum(len(line) for line in self._lines.values())

    def add(self, entry: Entry, group: Class) -> Line:
        """Let one more wait for him, and return its line."""
        line = self._lines.get(group)
        if line is None:
            line = self._lines[group] = Line()
            self._new.append(group)
            self._empty += 1
        self._empty -= not line.members
        line.add(entry)
        if line.first is entry and line.slot is not None:
            self._columns.put(line.slot, entry)
        return line

    def leave(self, entry: Entry, line: Line) -> None:
        """Let go of an entry of a line under which its conversation does not wait any more."""
        before = line.first
        line.leave(entry)
        if line.first is not before and line.slot is not None:
            self._columns.put(line.slot, line.first)
        if not line.members:
            self._empty += 1
            if self._empty > len(self._lines) - self._empty + _EMPTY_MIN:
                self._forget_empty()

    def look(self, view: View, policy: RoutingPolicy) -> None:
        """Give places to the classes that are new and that he suits, by what his view tells."""
        if not self._new:
            return
        for group in self._new:
            fit = view.fit(group.slot)
            if fit > 0:
                weight = weight_of(policy, fit, group.slope, previous=True)
                self._seat(group, self._lines[group], fit, weight)
        self._new.clear()

    def best(self, now: int, shut: Shut) -> Best:
        """Return the places of what ranks highest of it."""
        if len(self._seated) <= heads.LOOP_MAX:
            return best_of_few(range(len(self._seated)), self._weights, self._columns, now, shut)
        return best_of_many(_ALL, self._weights_seen, self._columns, now, shut)

    def latest(self, now: int, shut: Shut) -> Best:
        """Return the places of what is the latest by its target."""
        columns = self._columns
        if len(self._seated) <= heads.LOOP_MAX:
            return best_of_few(range(len(self._seated)), columns.rates, columns, now, shut)
        return best_of_many(_ALL, columns.rates_seen, columns, now, shut)

    def at(self, places: Iterable[int]) -> list[Found]:
        """Return who is first at some places."""
        return [
            (line.first, self._groups[place], self._fits[place], line)
            for place in places
            if (line := self._seated[place]).first is not None
        ]

    def _seat(self, group: Class, line: Line, fit: float, weight: float) -> None:
        line.slot = len(self._seated)
        self._groups.append(group)
        self._seated.append(line)
        self._fits.append(fit)
        self._columns.append(group.kind, group.rate)
        self._columns.put(line.slot, line.first)
        if len(self._weights) < len(self._columns.heads):
            more = len(self._columns.heads) - len(self._weights)
            self._weights = floats([*self._weights, *([1.0] * more)])
            self._weights_seen = seen_floats(self._weights)
        self._weights[line.slot] = weight

    def _forget(self) -> None:
        self._groups, self._seated, self._fits = [], [], []
        self._lines = {}
        self._new = []
        self._columns = Columns()
        self._weights = floats(())
        self._empty = 0

    def _forget_empty(self) -> None:
        kept = {group: line for group, line in self._lines.items() if line.members}
        self._forget()
        self._lines, self._new = kept, list(kept)
        for line in kept.values():
            line.slot = None
