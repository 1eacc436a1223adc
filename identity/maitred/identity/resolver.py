"""Resolver: a set of evidence in, the customers it falls into out.

A pure function of the *set*: shuffles, duplicates and batches of the same evidence give the same
answer, and evidence that was taken back is as if it had never been seen. Every rule reads only
the edges of one connected component, so that a component can be resolved by itself.

The surest evidence is taken first (Kruskal's algorithm on edges ordered by level), and a union that
would break a limit is refused, so one false edge cannot chain two customers together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
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
    ranks = {key: _PRIORITY[identifier.kind] for key, identifier in identifiers.items()}
    known = [(pair, span) for pair, span in spans.items() if hubs.isdisjoint(pair)]
    for (one, other), span in sorted(known, key=lambda item: _order(item[0], item[1], ranks)):
        # The accounts of a number decided where it is cut, so each goes to the epoch it made.
        here, there = epoch_of(one, span, cuts), epoch_of(other, span, cuts)
        if here is not None and there is not None:
            forest.unite((one, here), (other, there))
    apart = frozenset(identifiers.keys() - glue) | hubs
    return Partition(forest.clusters(), apart)


def evidence_in_force(
    members: Iterable[Member],
    edges: Iterable[Edge],
    statements: Iterable[Statement],
    policy: Policy,
) -> Mapping[Pair, Span]:
    """Return what counts for each pair of `members`, before limits and cannot-links are asked.

    What an operator took back, and what role mailboxes and placeholders show, is not in it.
    """
    words = tuple(statements)
    glue = _glue({member.key: member.identifier for member in members}, words, policy)
    return _spans(edges, words, glue, THETA)


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
        if word.b is None or word.b == word.a:
            continue
        pair = (min(word.a, word.b), max(word.a, word.b))
        if word.kind is StatementKind.UNLINK:
            cut[pair] = max(word.at, cut.get(pair, 0))
        elif word.kind is StatementKind.LINK and glue.issuperset(pair):
            links.append((pair, Span(Level.SIGNED, word.at, word.at)))
    seen: dict[tuple[Pair, Level], Span] = {}
    for edge in edges:
        if edge.level >= theta and edge.a in glue and edge.b in glue and edge.a != edge.b:
            slot = ((min(edge.a, edge.b), max(edge.a, edge.b)), edge.level)
            span = Span(edge.level, edge.first_at, edge.last_at)
            seen[slot] = span.widened(seen.get(slot))
    spans: dict[Pair, Span] = {}
    # What an operator cut is folded first, so that batches of the same evidence are cut alike.
    for pair, span in (*((pair, span) for (pair, _), span in seen.items()), *links):
        until = cut.get(pair, -1)
        if span.last > until:
            spans[pair] = span.after(until).widened(spans.get(pair))
    return spans


def _hubs(
    spans: Mapping[Pair, Span], identifiers: Mapping[IdentifierKey, Identifier], policy: Policy
) -> tuple[set[IdentifierKey], dict[IdentifierKey, tuple[int, ...]]]:
    """Return who holds nobody together, and at which times phones changed hands.

    What several accounts share adds nothing to the degree of others: so nothing depends on how much
    of a kiosk's traffic a component holds (`saturated`).
    """
    owners: defaultdict[IdentifierKey, list[Span]] = defaultdict(list)
    for (one, other), span in spans.items():
        for key, near in ((one, other), (other, one)):
            is_owner = identifiers[near].kind is IdentifierKind.ACCOUNT
            if is_owner and identifiers[key].kind is not IdentifierKind.ACCOUNT:
                owners[key].append(span)
    shared: set[IdentifierKey] = set()
    cuts: dict[IdentifierKey, tuple[int, ...]] = {}
    for key, times in owners.items():
        if len(times) >= HUB_ACCOUNTS_MIN:
            is_phone = identifiers[key].kind is IdentifierKind.PHONE
            found = boundaries(times) if is_phone else None
            if found is None:
                shared.add(key)
            else:
                cuts[key] = found
    degrees = Counter(key for pair in spans if shared.isdisjoint(pair) for key in pair)
    busy = {
        key
        for key, degree in degrees.items()
        if degree > policy.degree_max and identifiers[key].kind is not IdentifierKind.ACCOUNT
    }
    return shared | busy, {key: times for key, times in cuts.items() if key not in busy}


def saturated(
    members: Iterable[Member],
    edges: Iterable[Edge],
    contact_points: Collection[IdentifierKey],
    policy: Policy,
) -> frozenset[IdentifierKey]:
    """Return contact points that so many accounts share that further evidence about them is idle.

    A kiosk would otherwise gather all of its users into one component. `partition` says the same
    with and without what is left out, since such a one counts nowhere.
    """
    if not contact_points:
        return frozenset()
    accounts = {each.key for each in members if each.identifier.kind is IdentifierKind.ACCOUNT}
    seen = {(edge.a, edge.b) for edge in edges} | {(edge.b, edge.a) for edge in edges}
    near = Counter(key for key, other in seen if other in accounts)
    return frozenset(key for key in contact_points if near[key] > policy.degree_max)


def _order(
    pair: Pair, span: Span, ranks: Mapping[IdentifierKey, int]
) -> tuple[int, int, int, Pair]:
    one, other = ranks[pair[0]], ranks[pair[1]]
    # Keys are keyed hashes, so the last word is canonical and favours nobody.
    return (-span.level, min(one, other), max(one, other), pair)


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
