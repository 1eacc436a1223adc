"""Resolver: a set of evidence in, the customers it falls into out.

A pure function of the *set*: shuffles, duplicates and batches of the same evidence give the same
answer, and evidence that was taken back is as if it had never been seen. Every rule reads only
the edges of one connected component, so that a component can be resolved by itself.

The surest evidence is taken first (Kruskal's algorithm on edges ordered by level), and a union that
would break a limit is refused, so one false edge cannot chain two customers together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from maitred.contracts.documents import Edge, Epoch, Member, Statement, StatementKind
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.ids import IdentifierKey
from maitred.identity.epochs import Span, boundaries, epoch_of, epochs_of
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
_NOT_GLUE: Final = frozenset({StatementKind.SHARED, StatementKind.BLOCKED})

Pair = tuple[IdentifierKey, IdentifierKey]
Node = tuple[IdentifierKey, int]
"""An identifier, and which of its epochs."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The identifiers of one customer, sorted; those in `epochs` were his for that time only."""

    members: tuple[IdentifierKey, ...]
    epochs: tuple[Epoch, ...] = ()


@dataclass(frozen=True, slots=True)
class Partition:
    """The customers that identifiers fall into, sorted, and those that hold nobody together."""

    clusters: tuple[Cluster, ...]
    contact_points: frozenset[IdentifierKey]


def partition(
    members: Iterable[Member],
    edges: Iterable[Edge],
    statements: Iterable[Statement],
    policy: Policy,
    *,
    theta: Level = THETA,
) -> Partition:
    """Return the customers that `members` fall into.

    In order: evidence below `theta`, evidence that an operator took back, and evidence of role
    mailboxes and placeholders does not count; an identifier that touches two accounts, or too many
    others, holds nobody together, unless it is a phone that changed hands, which is split into
    epochs; the rest is united from the surest edge to the least, unless a union would break a limit
    of a kind or an operator's cannot-link. Every member is in exactly one customer at any time.

    `theta` below level 2 gives the soft layer, which is good for hints alone.
    """
    words = tuple(statements)
    identifiers = {member.key: member.identifier for member in members}
    glue = _glue(identifiers, words, policy)
    spans = _spans(edges, words, glue, theta)
    hubs, cuts = _hubs(spans, identifiers, policy)
    forest = _Forest(identifiers, cuts, words, policy)
    known = {pair: span for pair, span in spans.items() if hubs.isdisjoint(pair)}
    for pair in sorted(known, key=lambda pair: _order(pair, known[pair].level, identifiers)):
        one, other = pair
        # The accounts of a number decided where it is cut, so each goes to the epoch it made.
        here, there = (epoch_of(key, known[pair], cuts) for key in (one, other))
        if here is not None and there is not None:
            forest.unite((one, here), (other, there))
    apart = frozenset(identifiers.keys() - glue) | hubs
    return Partition(forest.clusters(), apart)


def _glue(
    identifiers: Mapping[IdentifierKey, Identifier], words: Iterable[Statement], policy: Policy
) -> set[IdentifierKey]:
    """Return the identifiers that may hold somebody together at all."""
    excluded = {word.a for word in words if word.kind in _NOT_GLUE}
    return {
        key
        for key, identifier in identifiers.items()
        if key not in excluded and not policy.is_shared(identifier)
    }


def _spans(
    edges: Iterable[Edge], words: Iterable[Statement], glue: set[IdentifierKey], theta: Level
) -> dict[Pair, Span]:
    """Return for each pair how surely, from when, and until when it was seen together."""
    cut: dict[Pair, int] = {}
    links: list[tuple[Pair, Span]] = []
    for word in words:
        if word.b is None:
            continue
        pair = (min(word.a, word.b), max(word.a, word.b))
        if word.kind is StatementKind.UNLINK:
            cut[pair] = max(word.at, cut.get(pair, 0))
        elif word.kind is StatementKind.LINK:
            links.append((pair, Span(Level.SIGNED, word.at, word.at)))
    seen = [
        ((min(edge.a, edge.b), max(edge.a, edge.b)), Span(edge.level, edge.first_at, edge.last_at))
        for edge in edges
        if edge.level >= theta
    ]
    spans: dict[Pair, Span] = {}
    for pair, span in (*seen, *links):
        until = cut.get(pair, -1)
        if pair[0] == pair[1] or not glue.issuperset(pair) or span.last <= until:
            continue
        spans[pair] = span.after(until).widened(spans.get(pair))
    return spans


def _hubs(
    spans: Mapping[Pair, Span], identifiers: Mapping[IdentifierKey, Identifier], policy: Policy
) -> tuple[set[IdentifierKey], dict[IdentifierKey, tuple[int, ...]]]:
    """Return who holds nobody together, and at which times phones changed hands."""
    neighbours: defaultdict[IdentifierKey, list[IdentifierKey]] = defaultdict(list)
    owners: defaultdict[IdentifierKey, list[Span]] = defaultdict(list)
    for pair, span in spans.items():
        for key, other in (pair, pair[::-1]):
            neighbours[key].append(other)
            if identifiers[other].kind is IdentifierKind.ACCOUNT:
                owners[key].append(span)
    hubs: set[IdentifierKey] = set()
    cuts: dict[IdentifierKey, tuple[int, ...]] = {}
    for key, near in neighbours.items():
        kind = identifiers[key].kind
        if kind is IdentifierKind.ACCOUNT:
            continue
        if len(near) > policy.degree_max:
            hubs.add(key)
        elif len(owners[key]) >= HUB_ACCOUNTS_MIN:
            found = boundaries(owners[key]) if kind is IdentifierKind.PHONE else None
            if found is None:
                hubs.add(key)
            else:
                cuts[key] = found
    return hubs, cuts


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
        cuts: Mapping[IdentifierKey, tuple[int, ...]],
        words: Iterable[Statement],
        policy: Policy,
    ) -> None:
        nodes = [(key, epoch) for key in identifiers for epoch in range(len(cuts.get(key, ())) + 1)]
        self._policy = policy
        self._cuts = cuts
        self._root: dict[Node, Node] = {node: node for node in nodes}
        self._members = {node: {node} for node in nodes}
        self._kinds = {node: Counter((identifiers[node[0]].kind,)) for node in nodes}
        self._apart: defaultdict[IdentifierKey, set[IdentifierKey]] = defaultdict(set)
        for word in words:
            if word.kind is StatementKind.CANNOT_LINK and word.b is not None:
                self._apart[word.a].add(word.b)
                self._apart[word.b].add(word.a)

    def clusters(self) -> tuple[Cluster, ...]:
        found = [self._cluster(nodes) for nodes in self._members.values()]
        return tuple(sorted(found, key=lambda each: (each.members, each.epochs)))

    def unite(self, one: Node, other: Node) -> None:
        large, small = self._root[one], self._root[other]
        if large == small or not self._may_unite(large, small):
            return
        if len(self._members[large]) < len(self._members[small]):
            large, small = small, large
        moved = self._members.pop(small)
        self._members[large] |= moved
        self._kinds[large] += self._kinds.pop(small)
        self._root.update(dict.fromkeys(moved, large))

    def _may_unite(self, one: Node, other: Node) -> bool:
        mine, theirs = self._kinds[one], self._kinds[other]
        if any(count + mine[kind] > self._policy.limit(kind) for kind, count in theirs.items()):
            return False
        if not self._apart:
            return True
        keys = {key for key, _ in self._members[other]}
        return all(keys.isdisjoint(self._apart.get(key, ())) for key, _ in self._members[one])

    def _cluster(self, nodes: set[Node]) -> Cluster:
        return Cluster(
            members=tuple(sorted({key for key, _ in nodes})),
            epochs=tuple(
                sorted(
                    epochs_of(key, self._cuts[key])[epoch]
                    for key, epoch in nodes
                    if key in self._cuts
                )
            ),
        )
