"""Evidence: which identifiers one message shows together, and how surely.

A pair counts only inside one authenticated context: the sender and what else his channel proved
about him. Claims of any message never become evidence.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from maitred.contracts.documents import Edge
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Identifier, Keys, Level, Observed
from maitred.contracts.ids import IdentifierKey, MessageId
from maitred.contracts.limits import DAY_MS, OBSERVED_IDENTIFIERS_MAX
from maitred.contracts.message import Message
from maitred.identity.policy import THETA, Policy


@dataclass(frozen=True, slots=True)
class Node:
    """An identifier as one message shows it."""

    key: IdentifierKey
    identifier: Identifier
    level: Level


def nodes_of(message: Message, keys: Keys, policy: Policy) -> tuple[Node, ...]:
    """Return the sender of a message, first, and what was proven to belong to him.

    Raises:
        BadPayload: `actor_key` is not the key of `actor` at its level, so that a claim could
            pass for the identifier itself.
    """
    nodes = nodes_seen(message.actor, message.observed, keys, policy)
    if message.actor_key != nodes[0].key:
        raise BadPayload("the sender's key does not fit his identifier", code="bad_actor_key")
    return nodes


def nodes_seen(
    actor: Observed, others: Sequence[Observed], keys: Keys, policy: Policy
) -> tuple[Node, ...]:
    """Return a sender, first, and what was proven in the same context to belong to him.

    The sender stands alone unless he is authenticated himself: an unproven context proves
    nothing about others. A sender at level 0 stands under the key of his claim, which no
    evidence can reach. Role mailboxes and placeholders take no part.
    """
    first = Node(keys.actor(actor), actor.identifier, actor.level)
    if actor.level < THETA or not others or policy.is_shared(actor.identifier):
        return (first,)
    found = {first.key: first}
    for observed in others[:OBSERVED_IDENTIFIERS_MAX]:
        if observed.level < THETA or policy.is_shared(observed.identifier):
            continue
        key = keys.identifier(observed.identifier)
        known = found.get(key)
        if known is None or known.level < observed.level:
            found[key] = Node(key, observed.identifier, observed.level)
    return tuple(found.values())


def is_contact_point(actor: Observed, policy: Policy) -> bool:
    """Whether a sender tells nobody apart: a mere claim, a role mailbox, a placeholder."""
    return actor.level is Level.CLAIMED or policy.is_shared(actor.identifier)


def bearer(nodes: Sequence[Node], contact_points: Container[IdentifierKey]) -> Node | None:
    """Return the identifier that a message hangs on: the surest, the sender among equals.

    A browser that several accounts share holds nobody together; a signed account seen with it
    still says who speaks. Nothing says it where all of them are contact points.
    """
    able = [node for node in nodes if node.key not in contact_points]
    return max(able, key=lambda node: node.level, default=None)


def edges_of(nodes: Sequence[Node], source: MessageId, at: int) -> tuple[Edge, ...]:
    """Return every pair of `nodes` as evidence; its level is the weaker end's.

    Times are cut to whole UTC days: what is seen together again on the same day is the same
    evidence, so that an ordinary message of a known customer changes no component.
    """
    if len(nodes) == 1:
        return ()
    day = at - at % DAY_MS
    edges = []
    for one, other in combinations(sorted(nodes, key=lambda node: node.key), 2):
        level = min(one.level, other.level)
        edges.append(
            Edge(a=one.key, b=other.key, level=level, first_at=day, last_at=day, source=source)
        )
    return tuple(edges)


def join_edges(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Fold evidence into one edge per pair and level, with its first and last day.

    Associative, commutative and idempotent: order, batches and duplicates cannot matter.
    `source` is the message of the first day, and the least id among several.
    """
    joined: dict[tuple[IdentifierKey, IdentifierKey, Level], Edge] = {}
    for edge in edges:
        slot = (edge.a, edge.b, edge.level)
        known = joined.get(slot)
        joined[slot] = edge if known is None else _widen(known, edge)
    return tuple(sorted(joined.values()))


def covers(known: Sequence[Edge], edge: Edge) -> bool:
    """Whether sorted, folded evidence says already what `edge` says."""
    place = bisect_left(known, (edge.a, edge.b, edge.level), key=_slot)
    if place == len(known) or _slot(known[place]) != _slot(edge):
        return False
    seen = known[place]
    return seen.first_at <= edge.first_at and edge.last_at <= seen.last_at


def _slot(edge: Edge) -> tuple[IdentifierKey, IdentifierKey, Level]:
    return (edge.a, edge.b, edge.level)


def _widen(one: Edge, other: Edge) -> Edge:
    first = min(one, other, key=lambda edge: (edge.first_at, edge.source))
    return Edge(
        a=one.a,
        b=one.b,
        level=one.level,
        first_at=first.first_at,
        last_at=max(one.last_at, other.last_at),
        source=first.source,
    )
