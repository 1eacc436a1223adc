"""Evidence: which identifiers one message shows together, and how surely.

A pair counts only inside one authenticated context: the sender and what else his channel proved
about him. Claims of any message never become evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from maitred.contracts.documents import Edge
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Identifier, Keys, Level
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
    """Return the sender, first, and what was proven to belong to him.

    The sender stands alone unless he is authenticated himself: an unproven context proves
    nothing about others. A sender at level 0 stands under the key of his claim, which no
    evidence can reach. Role mailboxes and placeholders take no part.

    Raises:
        BadPayload: `actor_key` is not the key of `actor` at its level, so that a claim could
            pass for the identifier itself.
    """
    actor = Node(keys.actor(message.actor), message.actor.identifier, message.actor.level)
    if message.actor_key != actor.key:
        raise BadPayload("the sender's key does not fit his identifier", code="bad_actor_key")
    if actor.level < THETA or policy.is_shared(actor.identifier):
        return (actor,)
    found = {actor.key: actor}
    for observed in message.observed[:OBSERVED_IDENTIFIERS_MAX]:
        if observed.level < THETA or policy.is_shared(observed.identifier):
            continue
        key = keys.identifier(observed.identifier)
        known = found.get(key)
        if known is None or known.level < observed.level:
            found[key] = Node(key, observed.identifier, observed.level)
    return tuple(found.values())


def edges_of(nodes: tuple[Node, ...], source: MessageId, at: int) -> tuple[Edge, ...]:
    """Return every pair of `nodes` as evidence; its level is the weaker end's.

    Times are cut to whole UTC days: what is seen together again on the same day is the same
    evidence, so that an ordinary message of a known customer changes no component.
    """
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
