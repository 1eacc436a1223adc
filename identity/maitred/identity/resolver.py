"""Resolver: a set of evidence in, the customers it falls into out.

A pure function of the *set*: shuffles, duplicates and batches of the same evidence give the same
answer, and evidence that was taken back is as if it had never been seen. Every rule reads only
the edges of one connected component, so that a component can be resolved by itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from maitred.contracts.documents import CannotLink, Edge, Member
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.ids import IdentifierKey
from maitred.identity.policy import THETA, Policy

HUB_ACCOUNTS_MIN: Final = 2
"""An identifier seen with so many accounts is shared by their owners."""

_PRIORITY: Final = {
    kind: position
    for position, kind in enumerate(
        (
            IdentifierKind.ACCOUNT,
            IdentifierKind.CRM,
            IdentifierKind.EMAIL,
            IdentifierKind.SLACK,
            IdentifierKind.PHONE,
            IdentifierKind.VISITOR,
            IdentifierKind.UNKNOWN,
        )
    )
}

Pair = tuple[IdentifierKey, IdentifierKey]


def partition(
    members: Iterable[Member],
    edges: Iterable[Edge],
    cannot_links: Iterable[CannotLink],
    policy: Policy,
) -> list[frozenset[IdentifierKey]]:
    """Return the customers that `members` fall into, each as its identifiers' keys.

    In order: evidence below level 2 and evidence of role mailboxes and placeholders does not
    count; an identifier that touches two accounts, or too many others, holds nobody together;
    the rest is united from the surest edge to the least, unless a union would break a limit of
    a kind or an operator's cannot-link. Every member is in exactly one customer; customers come
    sorted by their least key.
    """
    identifiers = {member.key: member.identifier for member in members}
    pairs = _without_hubs(_usable(edges, identifiers, policy), identifiers, policy)
    forest = _Forest(identifiers, cannot_links, policy)
    for pair in sorted(pairs, key=lambda pair: _order(pair, pairs[pair], identifiers)):
        forest.unite(*pair)
    return sorted(forest.clusters(), key=min)


def _usable(
    edges: Iterable[Edge], identifiers: Mapping[IdentifierKey, Identifier], policy: Policy
) -> dict[Pair, Level]:
    glue = {key for key, identifier in identifiers.items() if not policy.is_shared(identifier)}
    pairs: dict[Pair, Level] = {}
    for edge in edges:
        if edge.level < THETA or edge.a == edge.b or not {edge.a, edge.b} <= glue:
            continue
        pair = (min(edge.a, edge.b), max(edge.a, edge.b))
        pairs[pair] = max(edge.level, pairs.get(pair, edge.level))
    return pairs


def _without_hubs(
    pairs: dict[Pair, Level], identifiers: Mapping[IdentifierKey, Identifier], policy: Policy
) -> dict[Pair, Level]:
    neighbours: defaultdict[IdentifierKey, set[IdentifierKey]] = defaultdict(set)
    for one, other in pairs:
        neighbours[one].add(other)
        neighbours[other].add(one)
    hubs = set()
    for key, near in neighbours.items():
        if identifiers[key].kind is IdentifierKind.ACCOUNT:
            continue
        accounts = sum(identifiers[other].kind is IdentifierKind.ACCOUNT for other in near)
        if accounts >= HUB_ACCOUNTS_MIN or len(near) > policy.degree_max:
            hubs.add(key)
    return {pair: level for pair, level in pairs.items() if hubs.isdisjoint(pair)}


def _order(
    pair: Pair, level: Level, identifiers: Mapping[IdentifierKey, Identifier]
) -> tuple[int, list[int], Pair]:
    kinds = sorted(_PRIORITY[identifiers[key].kind] for key in pair)
    # Keys are keyed hashes, so the last word is canonical and favours nobody.
    return (-level, kinds, pair)


class _Forest:
    """Clusters that only grow, and refuse what a limit or a cannot-link forbids."""

    def __init__(
        self,
        identifiers: Mapping[IdentifierKey, Identifier],
        cannot_links: Iterable[CannotLink],
        policy: Policy,
    ) -> None:
        self._policy = policy
        self._root: dict[IdentifierKey, IdentifierKey] = {key: key for key in identifiers}
        self._members = {key: {key} for key in identifiers}
        self._kinds = {key: Counter((value.kind,)) for key, value in identifiers.items()}
        self._apart: defaultdict[IdentifierKey, set[IdentifierKey]] = defaultdict(set)
        for link in cannot_links:
            self._apart[link.a].add(link.b)
            self._apart[link.b].add(link.a)

    def clusters(self) -> list[frozenset[IdentifierKey]]:
        return [frozenset(members) for members in self._members.values()]

    def unite(self, one: IdentifierKey, other: IdentifierKey) -> None:
        large, small = self._root[one], self._root[other]
        if large == small or not self._may_unite(large, small):
            return
        if len(self._members[large]) < len(self._members[small]):
            large, small = small, large
        moved = self._members.pop(small)
        self._members[large] |= moved
        self._kinds[large] += self._kinds.pop(small)
        self._root.update(dict.fromkeys(moved, large))

    def _may_unite(self, one: IdentifierKey, other: IdentifierKey) -> bool:
        kinds = self._kinds[one] + self._kinds[other]
        if any(count > self._policy.limit(kind) for kind, count in kinds.items()):
            return False
        theirs = self._members[other]
        return all(theirs.isdisjoint(self._apart.get(key, ())) for key in self._members[one])
