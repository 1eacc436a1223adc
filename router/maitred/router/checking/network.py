"""Network: the largest flow through a small one, and where it is cut (Dinic 1970)."""

from __future__ import annotations

from collections import deque
from typing import Final

ENDLESS: Final = 1 << 62


class Network:
    """Nodes are numbered from 0; the flow goes from node 0 to node 1."""

    def __init__(self) -> None:
        self._heads: list[list[int]] = [[], []]
        self._to: list[int] = []
        self._left: list[int] = []

    def node(self) -> int:
        """Add a node."""
        self._heads.append([])
        return len(self._heads) - 1

    def edge(self, one: int, other: int, capacity: int) -> None:
        """Let so much flow from one node to another."""
        for start, end, left in ((one, other, capacity), (other, one, 0)):
            self._heads[start].append(len(self._to))
            self._to.append(end)
            self._left.append(left)

    def fill(self) -> set[int]:
        """Send all that will flow; return the nodes that more could still reach.

        What flows from them to the rest is a smallest cut (Ford and Fulkerson 1956).
        """
        while True:
            level = self._levels()
            if 1 not in level:
                return set(level)
            at = [0] * len(self._heads)
            while self._augment(level, at):
                pass

    def _levels(self) -> dict[int, int]:
        level = {0: 0}
        queue = deque([0])
        while queue:
            node = queue.popleft()
            for edge in self._heads[node]:
                following = self._to[edge]
                if self._left[edge] > 0 and following not in level:
                    level[following] = level[node] + 1
                    queue.append(following)
        return level

    def _augment(self, level: dict[int, int], at: list[int]) -> bool:
        """Send along one shortest way; `at` tells which edges of a node are used up."""
        way: list[int] = []
        node = 0
        while node != 1:
            edges = self._heads[node]
            if at[node] == len(edges):
                if not way:
                    return False
                node = self._to[way.pop() ^ 1]
                at[node] += 1
                continue
            edge = edges[at[node]]
            following = self._to[edge]
            if self._left[edge] > 0 and level.get(following, -1) == level[node] + 1:
                way.append(edge)
                node = following
            else:
                at[node] += 1
        most = min(self._left[edge] for edge in way)
        for edge in way:
            self._left[edge] -= most
            self._left[edge ^ 1] += most
        return True
