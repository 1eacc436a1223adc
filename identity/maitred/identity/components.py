"""Components: what one message's evidence does to the sets of identifiers it touches.

An identifier that was never seen with another has a pointer and nothing else. The first evidence
makes a component document; further evidence widens it or unites several: the largest takes the
others in and these become aliases, so that every pointer stays valid for ever. Whatever is read
and changed is written, so that two writers who touch the same component collide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from maitred.contracts.documents import (
    ComponentDoc,
    CustomerMembers,
    Edge,
    IdentifierDoc,
    Member,
)
from maitred.contracts.identifiers import Keys, Level
from maitred.contracts.ids import ComponentId, CustomerId, IdentifierKey, component_id, customer_id
from maitred.contracts.limits import COMPONENT_MEMBERS_MAX
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.evidence import Node, join_edges
from maitred.identity.policy import Policy
from maitred.identity.reading import read_component, require
from maitred.identity.resolver import partition

COMPONENT_EDGES_MAX: Final = 3_000
"""About 160 bytes each, so that a full component stays within one NATS payload."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What belongs to a tenant: his subjects, his keys, his settings."""

    subjects: Subjects
    keys: Keys
    policy: Policy


@dataclass(frozen=True, slots=True)
class Root:
    """A component as it stood before a message."""

    id: ComponentId
    document: ComponentDoc | None
    members: tuple[Member, ...]
    customers: tuple[CustomerMembers, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of the components that a message touches.

    `component` is the one that holds the sender now, `customers` what it falls into. `before`
    holds the customers as they stood in each component that went into it, `written` the
    component documents to write; both are empty when nothing is new.
    """

    component: ComponentId
    customers: tuple[CustomerMembers, ...]
    before: tuple[CustomerMembers, ...] = ()
    written: tuple[ComponentDoc, ...] = ()


def read_roots(
    nodes: Sequence[Node], view: View, subjects: Subjects
) -> tuple[dict[IdentifierKey, IdentifierDoc], dict[ComponentId, Root]]:
    """Return the pointers of those `nodes` that are known, and the components they lead to.

    Raises:
        NotRead: a pointer or a component has not been loaded.
    """
    require(view, *(subjects.identifier(node.key) for node in nodes))
    pointers: dict[IdentifierKey, IdentifierDoc] = {}
    for node in nodes:
        pointer = view.read(subjects.identifier(node.key), IdentifierDoc)
        if pointer is not None:
            pointers[node.key] = pointer
    require(view, *(subjects.component(pointer.component) for pointer in pointers.values()))
    roots: dict[ComponentId, Root] = {}
    for pointer in pointers.values():
        found, document = read_component(view, subjects, pointer.component)
        roots.setdefault(found, _root(found, document, pointer))
    return pointers, roots


def _root(component: ComponentId, document: ComponentDoc | None, pointer: IdentifierDoc) -> Root:
    if document is not None:
        return Root(component, document, document.members, document.customers)
    alone = Member(key=pointer.key, identifier=pointer.identifier)
    only = CustomerMembers(customer=customer_id(component), members=(pointer.key,))
    return Root(component, None, (alone,), (only,))


def change_of(
    nodes: Sequence[Node],
    edges: Iterable[Edge],
    roots: dict[ComponentId, Root],
    policy: Policy,
    age: Callable[[IdentifierKey], int],
) -> Change | None:
    """Return what the evidence of one message does; nothing if it would pass a bound.

    `nodes` are the sender, first, and those that `edges` connect him with. `age` gives when an
    identifier was first seen, in UTC milliseconds; it is asked only to choose between two names.
    """
    winner = _winner(roots.values(), nodes[0].key, age)
    known = [root.document for root in roots.values() if root.document is not None]
    members = {member.key: member for root in roots.values() for member in root.members}
    for node in nodes:
        members.setdefault(node.key, Member(key=node.key, identifier=node.identifier))
    joined = join_edges([*(edge for doc in known for edge in doc.edges), *edges])
    current = roots.get(winner)
    if not joined and current is None:
        return unchanged(nodes[0], roots)
    if current is not None and _is_settled(current, roots, joined, members, policy):
        return Change(winner, current.customers)
    if len(members) > COMPONENT_MEMBERS_MAX or len(joined) > COMPONENT_EDGES_MAX:
        return None
    apart = {link for document in known for link in document.cannot_links}
    before = tuple(customer for root in roots.values() for customer in root.customers)
    clusters = partition(members.values(), joined, apart, policy)
    document = ComponentDoc(
        id=winner,
        members=tuple(members[key] for key in sorted(members)),
        edges=joined,
        cannot_links=tuple(sorted(apart)),
        customers=_label(clusters, before, winner, age),
        policy=policy.version(),
    )
    aliases = [ComponentDoc(id=loser, alias_of=winner) for loser in roots if loser != winner]
    return Change(winner, document.customers, before, (document, *aliases))


def unchanged(actor: Node, roots: dict[ComponentId, Root]) -> Change:
    """Return where a sender stands by himself, when no evidence is taken in.

    `roots` are those that his own pointer leads to: one, or none if he is new.
    """
    for root in roots.values():
        return Change(root.id, root.customers)
    alone = component_id(actor.key)
    only = CustomerMembers(customer=customer_id(alone), members=(actor.key,))
    return Change(alone, (only,))


def _is_settled(
    current: Root,
    roots: dict[ComponentId, Root],
    edges: tuple[Edge, ...],
    members: dict[IdentifierKey, Member],
    policy: Policy,
) -> bool:
    if len(roots) > 1 or len(members) != len(current.members):
        return False
    if current.document is None:
        return not edges
    return edges == current.document.edges and current.document.policy == policy.version()


def _winner(
    roots: Iterable[Root], first: IdentifierKey, age: Callable[[IdentifierKey], int]
) -> ComponentId:
    candidates = sorted(roots, key=lambda root: len(root.members), reverse=True)
    if not candidates:
        return component_id(first)
    largest = [root for root in candidates if len(root.members) == len(candidates[0].members)]
    if len(largest) == 1:
        return largest[0].id
    return min((age(_namesake(root.id)), root.id) for root in largest)[1]


def _label(
    clusters: Iterable[frozenset[IdentifierKey]],
    before: Iterable[CustomerMembers],
    component: ComponentId,
    age: Callable[[IdentifierKey], int],
) -> tuple[CustomerMembers, ...]:
    """Name each cluster: a name stays with the identifier it was made of, the oldest name wins."""
    labels = [old.customer for old in before]
    named = []
    for cluster in clusters:
        claims = [label for label in labels if _namesake(label) in cluster]
        if len(claims) > 1:
            label = min((age(_namesake(claim)), claim) for claim in claims)[1]
        elif claims:
            label = claims[0]
        elif _namesake(component) in cluster:
            label = customer_id(component)
        else:
            label = customer_id(component, member=min(cluster))
        named.append(CustomerMembers(customer=label, members=tuple(sorted(cluster))))
    return tuple(sorted(named, key=lambda entry: entry.customer))


def _namesake(name: ComponentId | CustomerId) -> IdentifierKey:
    """Return the identifier that a component or a customer is named after."""
    return IdentifierKey(name[4:])


def strongest(nodes: Sequence[Node]) -> Node:
    """Return the node a message's customer is taken from: the surest, the sender among equals.

    A browser that several accounts share holds nobody together; a signed account seen with it
    still says who speaks.
    """
    best: Level = max(node.level for node in nodes)
    return next(node for node in nodes if node.level == best)
