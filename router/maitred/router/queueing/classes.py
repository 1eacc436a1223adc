"""Classes: conversations that are equal to every agent but for their age.

Inside a class the order never changes, so it is a heap, and its first alone competes with the
firsts of the others. Who is passed over (`Signature.declined`) divides a class into lines and makes
no class of its own: refusals come and go with every offer, and nothing else that a policy says of
a class hangs on them.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Final

from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.message import MoodLabel
from maitred.router.port import Signature
from maitred.router.queueing.columns import Columns
from maitred.router.queueing.lines import STALE_MIN, Entry, Line, Passed, Place, of_age

EMPTY_MAX: Final = 16_384
"""So many classes may stand empty, or as many as do not, before they are forgotten."""

Kind = tuple[str, MoodLabel]
"""What decides whether an agent takes it at present: its channel and its mood."""
Places = Mapping[ConversationId, Place]


class Class:
    """Conversations of one signature, in lines by who is passed over."""

    __slots__ = (
        "_firsts", "_places", "first", "kind", "lines", "members", "rate", "signature", "slope",
        "slot",
    )  # fmt: skip

    def __init__(
        self, signature: Signature, slope: float, rate: float, kind: int, places: Places
    ) -> None:
        self.signature = signature
        self.slope = slope
        self.rate = rate
        """One by the target of its channel."""
        self.kind = kind
        self.slot = 0
        self.members = 0
        """How many it is kept for: those in its lines, and those that are held."""
        self.first: Entry | None = None
        self.lines: dict[Passed, Line] = {}
        self._places = places
        self._firsts: list[Entry] = []
        """A heap with the first of every line, and perhaps others, if there are several."""

    def add(self, entry: Entry, passed: Passed) -> None:
        """Let one more wait."""
        line = self.lines.get(passed)
        is_second = line is None and len(self.lines) == 1
        if line is None:
            line = self.lines[passed] = Line()
        line.add(entry)
        if is_second:
            self._gather()
        elif line.first is entry and len(self.lines) > 1:
            self._push(entry)
        if self.first is None or entry < self.first:
            self.first = entry

    def leave(self, entry: Entry, passed: Passed) -> None:
        """Let go of an entry under which its conversation does not wait any more."""
        line = self.lines[passed]
        before = line.first
        line.leave(entry)
        if not line.members:
            del self.lines[passed]
        if len(self.lines) > 1:
            if line.first is not None and line.first is not before:
                self._push(line.first)
            self._drop_stale()
            self.first = self._firsts[0]
        elif line.members:
            self.first = line.first
        else:
            self.first = next((each.first for each in self.lines.values()), None)

    def first_for(self, agent: AgentId) -> Entry | None:
        """Return the first that does not pass over an agent."""
        if len(self.lines) == 1:
            lines = self.lines.items()
            return next((line.first for passed, line in lines if agent not in passed), None)
        aside: list[Entry] = []
        found = None
        while found is None and self._firsts:
            entry = heapq.heappop(self._firsts)
            if not self._waits(entry):
                continue
            aside.append(entry)
            if agent not in self._places[entry[1]].passed:
                found = entry
        for entry in aside:
            heapq.heappush(self._firsts, entry)
        return found

    def has_twin(self, entry: Entry, agent: AgentId) -> bool:
        """Return whether another one is as old as the first for an agent, and his to have."""
        if len(self.lines) == 1:
            return next(iter(self.lines.values())).has_twin()
        return self.lines[self._places[entry[1]].passed].has_twin() or any(
            each != entry and self._waits(each) and agent not in self._places[each[1]].passed
            for each in of_age(self._firsts, entry[0])
        )

    def _waits(self, entry: Entry) -> bool:
        """Return whether a conversation waits here under an entry still."""
        place = self._places.get(entry[1])
        return place is not None and place.group is self and not place.held and place.entry == entry

    def _drop_stale(self) -> None:
        while not self._waits(self._firsts[0]):
            heapq.heappop(self._firsts)

    def _push(self, entry: Entry) -> None:
        heapq.heappush(self._firsts, entry)
        if len(self._firsts) > 2 * len(self.lines) + STALE_MIN:
            self._gather()

    def _gather(self) -> None:
        self._firsts = [line.first for line in self.lines.values() if line.first is not None]
        heapq.heapify(self._firsts)


class Classes:
    """All classes, each in its slot of the arrays that are searched when an agent has room.

    A class that nobody waits in stays for a while: it mostly comes back. `epoch` grows when slots
    are dealt anew.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._by_signature: dict[Signature, Class] = {}
        self._empty = 0
        self.epoch = 0
        self.all: list[Class] = []
        """By slot."""
        self.kinds: list[Kind] = []
        self.channels: set[str] = set()
        self._kinds: dict[Kind, int] = {}
        self.columns = Columns()

    def get(self, signature: Signature) -> Class | None:
        """Return the class of a signature, which passes over nobody."""
        return self._by_signature.get(signature)

    def open(self, signature: Signature, slope: float, target: int) -> Class:
        """Add the class of a signature, which passes over nobody."""
        kind = (signature.channel, signature.mood)
        if kind not in self._kinds:
            self._kinds[kind] = len(self.kinds)
            self.kinds.append(kind)
            self.channels.add(signature.channel)
        rate = 1 / max(target, 1)
        group = Class(signature, slope, rate, self._kinds[kind], self._places)
        self._by_signature[signature] = group
        self._empty += 1
        self._seat(group)
        return group

    def add(self, group: Class, entry: Entry, passed: Passed) -> None:
        """Let one more wait in a class."""
        self.keep(group)
        group.add(entry, passed)
        if group.first is entry:
            self.columns.put(group.slot, entry)

    def leave(self, group: Class, entry: Entry, passed: Passed) -> None:
        """Let go of an entry of a class that its conversation does not wait under any more."""
        before = group.first
        group.leave(entry, passed)
        if group.first is not before:
            self.columns.put(group.slot, group.first)
        self.let_go(group)

    def keep(self, group: Class) -> None:
        """Keep a class for one more conversation, which may be held and not stand in it."""
        if not group.members:
            self._empty -= 1
        group.members += 1

    def let_go(self, group: Class) -> None:
        """Undo `keep`."""
        group.members -= 1
        if not group.members:
            self._empty += 1
            if self._empty > max(EMPTY_MAX, len(self.all) - self._empty):
                self._forget_empty()

    def _seat(self, group: Class) -> None:
        group.slot = len(self.all)
        self.all.append(group)
        self.columns.append(group.kind, group.rate)
        self.columns.put(group.slot, group.first)

    def _forget_empty(self) -> None:
        kept = [group for group in self.all if group.members]
        self.epoch += 1
        self.all = []
        self.columns = Columns()
        self._by_signature = {group.signature: group for group in kept}
        self._empty = 0
        for group in kept:
            self._seat(group)
