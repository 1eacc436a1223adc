"""Lines: conversations in the order of their age; what left is deleted lazily.

An entry counts only while it is the very one under which its conversation waits.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from maitred.contracts.ids import AgentId, ConversationId

if TYPE_CHECKING:
    from maitred.router.queueing.classes import Class

STALE_MIN: Final = 16
"""So many entries of those who left may stay in a heap, or as many as there are others."""

Entry = tuple[int, ConversationId]
"""Virtual arrival and conversation: the order in which a class is served."""
Passed = tuple[AgentId, ...]
"""Who is passed over."""


class Place(NamedTuple):
    """Where a conversation waits."""

    entry: Entry
    group: Class
    passed: Passed
    previous: AgentId | None
    held: bool


Places = Mapping[ConversationId, Place]


class Line:
    """Conversations in their order; the first is always one that waits."""

    __slots__ = ("_heap", "_places", "members")

    def __init__(self, places: Places) -> None:
        self._heap: list[Entry] = []
        self._places = places
        self.members = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def first(self) -> Entry | None:
        """Return who is first."""
        return self._heap[0] if self._heap else None

    def add(self, entry: Entry) -> None:
        """Let one more wait."""
        heapq.heappush(self._heap, entry)
        self.members += 1

    def leave(self) -> None:
        """Let go of an entry that its conversation does not wait under any more."""
        self.members -= 1
        tidied(self._heap, self._places)
        if len(self._heap) > 2 * self.members + STALE_MIN:
            self._heap = [each for each in self._heap if waits(each, self._places)]
            heapq.heapify(self._heap)

    def has_twin(self) -> bool:
        """Return whether another one is as old as the first."""
        first = self._heap[0]
        for following in self._heap[1:3]:
            if following[0] == first[0]:
                break
        else:
            return False
        equals = of_age(self._heap, first[0])
        return any(each is not first and waits(each, self._places) for each in equals)


def tidied(heap: list[Entry], places: Places) -> None:
    """Take from the top of a heap what does not wait any more."""
    while heap and not waits(heap[0], places):
        heapq.heappop(heap)


def waits(entry: Entry, places: Places) -> bool:
    """Return whether an entry counts."""
    place = places.get(entry[1])
    return place is not None and place.entry is entry


def of_age(heap: list[Entry], age: int) -> Iterator[Entry]:
    """Yield what is of an age; only what is older is looked at besides."""
    open_ = [0]
    while open_:
        at = open_.pop()
        if at < len(heap) and heap[at][0] <= age:
            if heap[at][0] == age:
                yield heap[at]
            open_ += (2 * at + 1, 2 * at + 2)
