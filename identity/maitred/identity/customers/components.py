"""Components: what one message's evidence does to the sets of identifiers it touches.

An identifier that was never seen with another has a pointer and nothing else. The first evidence
makes a component document; further evidence widens it or unites several: the largest takes the
others in and these become aliases, so that every pointer stays valid for ever. Whatever is read
and changed is written, so that two writers who touch the same component collide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from maitred.contracts.documents import (
    ComponentDoc,
    CustomerMembers,
    Edge,
    IdentifierDoc,
    Member,
    Statement,
    StatementKind,
)
from maitred.contracts.identifiers import Keys, Level
from maitred.contracts.ids import (
    ComponentId,
    CustomerId,
    IdentifierKey,
    OperationId,
    component_id,
    customer_id,
    epoch_customer_id,
)
from maitred.contracts.limits import COMPONENT_MEMBERS_MAX, STATEMENTS_MAX
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.evidence import Node, covers, join_edges
from maitred.identity.policy import Policy
from maitred.identity.reading import read_component, require
from maitred.identity.resolver import Cluster, partition

COMPONENT_EDGES_MAX: Final = 3_000
"""About 180 bytes each, so that a full component stays within one NATS payload."""
COMPONENT_VALUES_CHARACTERS_MAX: Final = 32_000
"""Of all members together, for the same reason: 64 for each of a full component."""

Slot = tuple[IdentifierKey, IdentifierKey, Level]
"""Evidence is folded to one edge for each pair and level."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What belongs to a tenant: his subjects, his keys, his settings."""

    subjects: Subjects
    keys: Keys
    policy: Policy


@dataclass(frozen=True, slots=True)
class Root:
    """A component as it stood before; without a document it is one identifier by himself."""

    id: ComponentId
    document: ComponentDoc | None
    members: tuple[Member, ...]
    customers: tuple[CustomerMembers, ...]


@dataclass(frozen=True, slots=True)
class Addition:
    """What is new: evidence and statements that come, operations that go.

    `rewritten` replaces folded evidence where a message's part in it is taken back; None drops it.
    """

    edges: tuple[Edge, ...] = ()
    statements: tuple[Statement, ...] = ()
    undone: Collection[OperationId] = ()
    rewritten: Mapping[Slot, Edge | None] = field(default_factory=dict)

    @property
    def is_evidence_alone(self) -> bool:
        """Whether no operator has a part in it."""
        return not (self.statements or self.undone or self.rewritten)


RESOLVED_ANEW: Final = Addition(undone=frozenset({OperationId("")}))
"""Takes nothing back, and has everything resolved again."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of the components that something touches.

    `component` is the one that holds all of them now, `customers` what it falls into, `document`
    what is written in it, if anything is. `before` holds the customers as they stood in each
    component that went into it, `written` the component documents to write; both are empty when
    nothing is new.
    """

    component: ComponentId
    customers: tuple[CustomerMembers, ...]
    document: ComponentDoc | None = None
    before: tuple[CustomerMembers, ...] = ()
    written: tuple[ComponentDoc, ...] = ()
    is_rewritten: bool = False
    """Whether folded evidence was replaced, so that whoever relies on it must look again."""

    @property
    def contact_points(self) -> tuple[IdentifierKey, ...]:
        """Return the members that hold nobody together."""
        return self.document.contact_points if self.document is not None else ()


def read_roots(
    keys: Sequence[IdentifierKey], view: View, subjects: Subjects
) -> tuple[dict[IdentifierKey, IdentifierDoc], dict[ComponentId, Root]]:
    """Return the pointers of those `keys` that are known, and the components they lead to.

    A pointer may have expired (a browser's does) while the component that it named stands.

    Raises:
        NotRead: a pointer or a component has not been loaded.
    """
    require(view, *map(subjects.identifier, keys))
    pointers: dict[IdentifierKey, IdentifierDoc] = {}
    leads: dict[IdentifierKey, ComponentId] = {}
    for key in keys:
        pointer = view.read(subjects.identifier(key), IdentifierDoc)
        if pointer is not None:
            pointers[key] = pointer
        leads[key] = component_id(key) if pointer is None else pointer.component
    require(view, *map(subjects.component, leads.values()))
    roots: dict[ComponentId, Root] = {}
    for key, lead in leads.items():
        found, document = read_component(view, subjects, lead)
        if document is not None:
            roots[found] = Root(found, document, document.members, document.customers)
        elif key in pointers:
            roots[found] = _alone(found, pointers[key])
    return pointers, roots


def _alone(component: ComponentId, pointer: IdentifierDoc) -> Root:
    alone = Member(key=pointer.key, identifier=pointer.identifier)
    only = CustomerMembers(customer=customer_id(component), members=(pointer.key,))
    return Root(component, None, (alone,), (only,))


def change_of(
    nodes: Sequence[Node],
    addition: Addition,
    roots: Mapping[ComponentId, Root],
    policy: Policy,
    age: Callable[[IdentifierKey], int],
) -> Change | None:
    """Return what `addition` does; nothing if it would pass a bound.

    `nodes` are the identifiers that it is about, of a message the sender first. `age` gives when
    an identifier was first seen, in UTC milliseconds; it is asked only to choose between several
    components.
    """
    if len(roots) == 1 and addition.is_evidence_alone:
        (only,) = roots.values()
        settled = _settled(only, nodes, addition.edges, policy)
        if settled is not None:
            return settled
    winner = _winner(roots.values(), nodes[0].key, age)
    known = [root.document for root in roots.values() if root.document is not None]
    members = {member.key: member for root in roots.values() for member in root.members}
    for node in nodes:
        members.setdefault(node.key, Member(key=node.key, identifier=node.identifier))
    joined = _joined(known, addition)
    statements = _statements(known, addition)
    if not joined and not statements and not known:
        return unchanged(nodes[0], roots)
    if not _fits(members.values(), joined, statements):
        return None
    before = tuple(customer for root in roots.values() for customer in root.customers)
    found = partition(members.values(), joined, statements, policy)
    named = _named(roots.values(), age)
    customers = _label(found.clusters, named, winner)
    document = ComponentDoc(
        id=winner,
        members=tuple(members[key] for key in sorted(members)),
        edges=joined,
        statements=statements,
        customers=customers,
        contact_points=tuple(sorted(found.contact_points)),
        named=tuple(dict.fromkeys((*named, *(namesake(each.customer) for each in customers)))),
        policy=policy.version(),
        generation=1 + max((each.generation for each in known), default=0),
    )
    aliases = [ComponentDoc(id=loser, alias_of=winner) for loser in roots if loser != winner]
    return Change(
        winner,
        customers,
        document,
        before,
        (document, *aliases),
        is_rewritten=bool(addition.rewritten),
    )


def unchanged(actor: Node, roots: Mapping[ComponentId, Root]) -> Change:
    """Return where a sender stands by himself, when no evidence is taken in.

    `roots` are those that his own pointer leads to: one, or none if he is new.
    """
    for root in roots.values():
        return Change(root.id, root.customers, root.document)
    alone = component_id(actor.key)
    only = CustomerMembers(customer=customer_id(alone), members=(actor.key,))
    return Change(alone, (only,))


def tie_of(change: Change, key: IdentifierKey, customer: CustomerId, at: int) -> Level:
    """Return the strongest level at which an identifier is tied to others of a customer.

    CLAIMED where it is none of his identifiers at that time, or a contact point.
    """
    document = change.document
    if document is None or key in document.contact_points:
        return Level.CLAIMED
    members = next(
        (
            each.members
            for each in document.customers
            if each.customer == customer and each.holds(key, at)
        ),
        (),
    )
    found = [
        edge.level
        for edge in document.edges
        if key in (edge.a, edge.b) and edge.a in members and edge.b in members
    ]
    found += [
        Level.SIGNED
        for word in document.statements
        if word.kind is StatementKind.LINK
        and key in (word.a, word.b)
        and word.a in members
        and word.b in members
    ]
    return max(found, default=Level.CLAIMED)


def _settled(
    root: Root, nodes: Sequence[Node], edges: Sequence[Edge], policy: Policy
) -> Change | None:
    """Return how it stands if nothing is new: what an ordinary message comes to."""
    document = root.document
    if document is None:
        if edges or root.members[0].key != nodes[0].key:
            return None
        return Change(root.id, root.customers)
    if document.policy != policy.version():
        return None
    if len(edges) < len(nodes) - 1 or not all(covers(document.edges, edge) for edge in edges):
        return None
    return Change(root.id, root.customers, document)


def _fits(
    members: Collection[Member], edges: Sequence[Edge], statements: Sequence[Statement]
) -> bool:
    return (
        len(members) <= COMPONENT_MEMBERS_MAX
        and len(edges) <= COMPONENT_EDGES_MAX
        and len(statements) <= STATEMENTS_MAX
        and sum(len(each.identifier.value) for each in members) <= COMPONENT_VALUES_CHARACTERS_MAX
    )


def _joined(known: Sequence[ComponentDoc], addition: Addition) -> tuple[Edge, ...]:
    edges = [edge for document in known for edge in document.edges]
    if addition.rewritten:
        slots = addition.rewritten
        edges = [edge for edge in edges if (edge.a, edge.b, edge.level) not in slots]
        edges += [edge for edge in slots.values() if edge is not None]
    return join_edges([*edges, *addition.edges])


def _statements(known: Sequence[ComponentDoc], addition: Addition) -> tuple[Statement, ...]:
    said = {word for document in known for word in document.statements}
    said |= set(addition.statements)
    return tuple(sorted(word for word in said if word.operation not in addition.undone))


def _winner(
    roots: Iterable[Root], first: IdentifierKey, age: Callable[[IdentifierKey], int]
) -> ComponentId:
    candidates = sorted(roots, key=lambda root: len(root.members), reverse=True)
    if not candidates:
        return component_id(first)
    largest = [root for root in candidates if len(root.members) == len(candidates[0].members)]
    if len(largest) == 1:
        return largest[0].id
    return min((age(namesake(root.id)), root.id) for root in largest)[1]


def _named(
    roots: Collection[Root], age: Callable[[IdentifierKey], int]
) -> tuple[IdentifierKey, ...]:
    """Return the identifiers after which a customer was ever named, in the order of their names.

    Of several components the older one's come first.
    """
    lists = [
        tuple(
            dict.fromkeys(
                (
                    *(root.document.named if root.document is not None else ()),
                    *(namesake(old.customer) for old in root.customers),
                )
            )
        )
        for root in roots
    ]
    if len(lists) > 1:
        lists.sort(key=lambda names: (age(names[0]), names[0]))
    return tuple(name for names in lists for name in names)


def _label(
    clusters: Iterable[Cluster],
    named: Sequence[IdentifierKey],
    component: ComponentId,
) -> tuple[CustomerMembers, ...]:
    """Name each cluster after the first of its members that ever gave a customer its name.

    So who was merged and is parted again has his name back, and so has who was parted and is
    merged again. A number that changed hands names nobody, since it is in several clusters.
    """
    own = namesake(component)
    order = {key: place for place, key in enumerate(named)}
    found = []
    for cluster in clusters:
        lent = {epoch.key for epoch in cluster.epochs}
        firm = [key for key in cluster.members if key not in lent]
        claims = [key for key in firm if key in order]
        if claims:
            name = min(claims, key=order.__getitem__)
        elif own in firm:
            name = own
        else:
            name = min(firm, default=cluster.members[0])
        label = customer_id(component_id(name))
        if not firm:
            label = epoch_customer_id(name, cluster.epochs[0].since)
        found.append(
            CustomerMembers(customer=label, members=cluster.members, epochs=cluster.epochs)
        )
    return tuple(sorted(found, key=lambda entry: entry.customer))


def namesake(name: ComponentId | CustomerId) -> IdentifierKey:
    """Return the identifier that a component or a customer is named after."""
    return IdentifierKey(name[4:])
