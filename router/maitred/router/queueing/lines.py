"""Lines: conversations in the order of their age.

Nearly every conversation comes after all that wait, and nearly always the first is taken. Those
who came in their order stand in a sorted run, so that to take the first compares nothing: among a
million who wait, what is not read need not be fetched from memory. Whoever comes late stands in a
heap beside it, which is sorted into the run once it has outgrown it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from maitred.contracts.ids import AgentId, ConversationId

if TYPE_CHECKING:
    from maitred.router.queueing.classes import Class
    from maitred.router.queueing.own import Own

STALE_MIN: Final = 16
"""So many entries of those who left may stay, or as many as there are others."""

Entry = tuple[int, ConversationId]
"""Virtual arrival and conversation: the order in which a class is served."""
Passed = tuple[AgentId, ...]
"""Who is passed over."""


class Place(NamedTuple):
    """Where a conversation waits: in a class, and among what is its previous agent's own."""

    entry: Entry
    group: Class
    passed: Passed
    held: bool
    own: Own | None
    own_line: Line | None


class Line:
    """Conversations in their order; the first is always one that waits."""

    __slots__ = ("_begin", "_gone", "_has_equals", "_late", "_run", "first", "members", "slot")

    def __init__(self) -> None:
        self.slot: int | None = None
        """Where whoever has the line takes down who is first, if he does."""
        self.first: Entry | None = None
        self.members = 0
        self._run: list[Entry] = []
        """In their order; who stood before `_begin` was taken."""
        self._begin = 0
        self._has_equals = False
        """Whether two of an age may stand in the run: else the second need not be looked at."""
        self._late: list[Entry] | None = None
        """A heap; `None` for nobody."""
        self._gone: set[Entry] | None = None
        """Who left without being first, and stands in one of the two still; `None` for nobody."""

    def __len__(self) -> int:
        return len(self._run) + len(self._late or ())

    def add(self, entry: Entry) -> None:
        """Let one more wait."""
        self.members += 1
        if self._gone and entry in self._gone:
            self._gone.discard(entry)
            return
        run = self._run
        if not run:
            run.append(entry)
        elif run[-1] < entry:
            if run[-1][0] == entry[0]:
                self._has_equals = True
            run.append(entry)
        elif self._late is None:
            self._late = [entry]
        else:
            heappush(self._late, entry)
        if self.first is None or entry < self.first:
            self.first = entry

    def leave(self, entry: Entry) -> None:
        """Let go of one that waits here."""
        self.members -= 1
        if self.first is not entry and self.first != entry:
            if self._gone is None:
                self._gone = set()
            self._gone.add(entry)
        else:
            self._drop_first()
            while self._gone and self.first in self._gone:
                self._gone.discard(self.first)
                self._drop_first()
        gone, late = len(self._gone or ()), len(self._late or ())
        if gone > self.members + STALE_MIN or late > len(self._run) - self._begin + STALE_MIN:
            self._sort()

    def has_twin(self) -> bool:
        """Return whether another one is as old as the first."""
        first, run, begin = self.first, self._run, self._begin
        late, gone = self._late or (), self._gone or ()
        if first is None or not (self._has_equals or (late and late[0][0] == first[0])):
            return False
        equals = chain(_of_age(run, begin, first[0]), of_age(late, first[0]))
        return any(each is not first and each not in gone for each in equals)

    def _drop_first(self) -> None:
        run, late = self._run, self._late
        if late and late[0] is self.first:
            heappop(late)
        else:
            self._begin += 1
            if self._begin == len(run) or self._begin > max(STALE_MIN, len(run) // 2):
                del run[: self._begin]
                self._begin = 0
                self._has_equals = self._has_equals and bool(run)
        first = run[self._begin] if run else None
        self.first = late[0] if late and (first is None or late[0] < first) else first

    def _sort(self) -> None:
        """Let all stand in the run, without those who are gone."""
        stand = chain(self._run[self._begin :], self._late or ())
        gone = self._gone or ()
        self._run = sorted(each for each in stand if each not in gone)
        self._begin, self._late, self._gone = 0, None, None
        self._has_equals = any(one[0] == other[0] for one, other in pairwise(self._run))
        self.first = self._run[0] if self._run else None


def _of_age(run: list[Entry], begin: int, age: int) -> Iterator[Entry]:
    """Yield what is of an age in a sorted run."""
    for at in range(begin, len(run)):
        if run[at][0] != age:
            return
        yield run[at]


def of_age(heap: Sequence[Entry], age: int) -> Iterator[Entry]:
    """Yield what is of an age in a heap; only what is older is looked at besides."""
    open_ = [0]
    while open_:
        at = open_.pop()
        if at < len(heap) and heap[at][0] <= age:
            if heap[at][0] == age:
                yield heap[at]
            open_ += (2 * at + 1, 2 * at + 2)
