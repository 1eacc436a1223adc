"""Bulk: the customers of many messages at once, from their evidence alone.

What a gateway computes message by message, over a whole file: the same rules on the same evidence,
without a store. So a site owner can see what the resolver makes of his own history, and a test can
hold the two against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from maitred.contracts.documents import Edge, Member, Statement, StatementKind
from maitred.contracts.identifiers import Identifier, Keys, Level, Observed
from maitred.contracts.ids import (
    IdentifierKey,
    MessageId,
    OperationId,
    component_id,
    customer_id,
    epoch_customer_id,
    unidentified_customer_id,
)
from maitred.contracts.limits import OBSERVED_IDENTIFIERS_MAX
from maitred.identity.evidence import Node, bearer, edges_of, join_edges, nodes_seen
from maitred.identity.policy import THETA, Policy
from maitred.identity.resolver import Cluster, partition


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message as far as identity goes: its sender, first, and what else its context showed.

    `at` is in UTC milliseconds.
    """

    id: MessageId
    at: int
    observed: tuple[Observed, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The customer of a message, and the soft layer's group: a hint, or none."""

    customer: str
    hint: str | None


def verdicts(
    sightings: Iterable[Sighting],
    keys: Keys,
    policy: Policy,
    *,
    revoked: Collection[MessageId] = (),
    cannot_links: Iterable[tuple[Identifier, Identifier]] = (),
) -> dict[MessageId, Verdict]:
    """Return the verdict of every message, after all of them.

    Order and repetition of the input do not matter; an id names one sighting. The evidence of
    `revoked` messages counts as never seen; they still belong to whom their sender belongs to. Two
    identifiers of a `cannot_links` pair are never one customer.
    """
    seen = {each.id: each for each in sightings}.values()
    apart = [
        _cannot_link(keys.identifier(one), keys.identifier(other)) for one, other in cannot_links
    ]
    hard = _Layer(policy, apart, THETA)
    soft = _Layer(policy, apart, Level.CLAIMED)
    shown: list[tuple[Sighting, tuple[Node, ...], tuple[Node, ...]]] = []
    for each in seen:
        actor, *others = each.observed[:1] if each.id in revoked else each.observed
        others = others[:OBSERVED_IDENTIFIERS_MAX]
        firm = nodes_seen(actor, others, keys, policy)
        loose = _any_level((actor, *others), keys, policy)
        hard.take(firm, each)
        soft.take(loose, each)
        shown.append((each, firm, loose))
    named, hinted = hard.resolve(), soft.resolve()
    return {
        each.id: Verdict(
            customer=named.customer(firm, each.at) or unidentified_customer_id(each.id),
            hint=hinted.customer(loose, each.at),
        )
        for each, firm, loose in shown
    }


def _any_level(observed: Sequence[Observed], keys: Keys, policy: Policy) -> tuple[Node, ...]:
    """Return all identifiers of one context, claims included and under their real keys."""
    found: dict[IdentifierKey, Node] = {}
    for each in observed:
        if policy.is_shared(each.identifier):
            continue
        node = Node(keys.identifier(each.identifier), each.identifier, each.level)
        known = found.get(node.key)
        if known is None or known.level < node.level:
            found[node.key] = node
    return tuple(found.values())


def _cannot_link(one: IdentifierKey, other: IdentifierKey) -> Statement:
    return Statement(
        operation=OperationId("op_replay"),
        kind=StatementKind.CANNOT_LINK,
        a=min(one, other),
        b=max(one, other),
        at=0,
    )


class _Layer:
    """The evidence of all messages from one level on."""

    def __init__(self, policy: Policy, statements: Sequence[Statement], theta: Level) -> None:
        self._policy = policy
        self._statements = statements
        self._theta = theta
        self._members: dict[IdentifierKey, Member] = {}
        self._edges: list[Edge] = []

    def take(self, nodes: Sequence[Node], sighting: Sighting) -> None:
        """Add what a message shows."""
        for node in nodes:
            if node.key not in self._members and node.level >= min(self._theta, Level.ASSERTED):
                self._members[node.key] = Member(key=node.key, identifier=node.identifier)
        self._edges += edges_of(nodes, sighting.id, sighting.at)

    def resolve(self) -> _Resolved:
        """Return who is whose, component by component."""
        words: defaultdict[IdentifierKey, list[Statement]] = defaultdict(list)
        for word in self._statements:
            words[word.a].append(word)
        clusters: defaultdict[IdentifierKey, list[Cluster]] = defaultdict(list)
        contact_points: set[IdentifierKey] = set()
        for keys, edges in components(self._members, join_edges(self._edges)):
            found = partition(
                [self._members[key] for key in keys],
                edges,
                [word for key in keys for word in words[key]],
                self._policy,
                theta=self._theta,
            )
            contact_points |= found.contact_points
            for cluster in found.clusters:
                for key in cluster.members:
                    clusters[key].append(cluster)
        return _Resolved(clusters, contact_points)


@dataclass(frozen=True, slots=True)
class _Resolved:
    clusters: Mapping[IdentifierKey, list[Cluster]]
    contact_points: set[IdentifierKey]

    def customer(self, nodes: Sequence[Node], at: int) -> str | None:
        """Return who a message belongs to; nobody where its sender tells nobody apart."""
        known = [node for node in nodes if node.key in self.clusters]
        on = bearer(known, self.contact_points)
        if on is None:
            return None
        for cluster in self.clusters[on.key]:
            epochs = [epoch for epoch in cluster.epochs if epoch.key == on.key]
            if not epochs or any(epoch.holds(at) for epoch in epochs):
                return _name(cluster)
        return None


def _name(cluster: Cluster) -> str:
    lent = {epoch.key for epoch in cluster.epochs}
    firm = [key for key in cluster.members if key not in lent]
    if not firm:
        return epoch_customer_id(cluster.epochs[0].key, cluster.epochs[0].since)
    return customer_id(component_id(min(firm)))


def components(
    members: Iterable[IdentifierKey], edges: Sequence[Edge]
) -> Iterator[tuple[list[IdentifierKey], list[Edge]]]:
    """Yield the connected components of evidence, each with its edges (disjoint-set union)."""
    root = {key: key for key in members}

    def find(key: IdentifierKey) -> IdentifierKey:
        while root[key] != key:
            root[key] = key = root[root[key]]
        return key

    for edge in edges:
        root[find(edge.a)] = find(edge.b)
    inside: defaultdict[IdentifierKey, list[IdentifierKey]] = defaultdict(list)
    within: defaultdict[IdentifierKey, list[Edge]] = defaultdict(list)
    for key in root:
        inside[find(key)].append(key)
    for edge in edges:
        within[find(edge.a)].append(edge)
    for key, keys in inside.items():
        yield keys, within[key]
