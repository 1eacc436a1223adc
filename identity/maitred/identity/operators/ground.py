"""Ground: the components that an operation touches, and what is written when they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from maitred.contracts.documents import Edge, IdentifierDoc, Member, Statement
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Identifier, Level
from maitred.contracts.ids import ComponentId, IdentifierKey
from maitred.contracts.view import View
from maitred.identity.customers.components import (
    Addition,
    Change,
    Root,
    Tools,
    change_of,
    read_roots,
)
from maitred.identity.customers.moving import changed_customers
from maitred.identity.epochs import Span
from maitred.identity.evidence import Node
from maitred.identity.policy import Policy
from maitred.identity.resolver import Pair, evidence_in_force


@dataclass(frozen=True, slots=True)
class Target:
    """An identifier that an operator names; one that he names by its key must be known."""

    key: IdentifierKey
    identifier: Identifier | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """The components that an order touches, as they stand, and the identifiers that it names."""

    nodes: tuple[Node, ...]
    unknown: frozenset[IdentifierKey]
    roots: Mapping[ComponentId, Root]

    @property
    def keys(self) -> tuple[IdentifierKey, ...]:
        """Return the keys that it names."""
        return tuple(node.key for node in self.nodes)

    @property
    def members(self) -> tuple[Member, ...]:
        """Return all identifiers of these components."""
        return tuple(member for root in self.roots.values() for member in root.members)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Return all evidence of these components."""
        return tuple(
            edge
            for root in self.roots.values()
            if root.document is not None
            for edge in root.document.edges
        )

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Return what operators have said in these components."""
        return tuple(
            word
            for root in self.roots.values()
            if root.document is not None
            for word in root.document.statements
        )

    def in_force(self, policy: Policy) -> Mapping[Pair, Span]:
        """Return what counts for each pair."""
        return evidence_in_force(self.members, self.edges, self.statements, policy)


def read_ground(
    targets: Sequence[Target], view: View, tools: Tools, *, lenient: bool = False
) -> Ground:
    """Return what an order about `targets` touches; `lenient` passes over who is not known.

    Raises:
        NotRead: a pointer or a component has not been loaded.
        Permanent: one is named by its key and not known (`not_found`).
    """
    pointers, roots = read_roots([target.key for target in targets], view, tools.subjects)
    members = {each.key: each.identifier for root in roots.values() for each in root.members}
    nodes = []
    for target in targets:
        identifier = members.get(target.key) or (None if lenient else target.identifier)
        if identifier is not None:
            nodes.append(Node(target.key, identifier, Level.SIGNED))
        elif not lenient:
            raise Permanent(f"no identifier is known as {target.key}", code="not_found")
    unknown = frozenset(node.key for node in nodes) - pointers.keys()
    return Ground(tuple(nodes), unknown, roots)


def applied(
    ground: Ground, addition: Addition, view: View, tools: Tools, at: int
) -> tuple[Change, dict[str, msgspec.Struct]]:
    """Return what `addition` makes of the ground, and the documents that say so, by subject.

    Raises:
        NotRead: a document has not been loaded.
        Permanent: it would pass a bound of a component (`full`).
    """
    subjects = tools.subjects

    def age(key: IdentifierKey) -> int:
        pointer = view.read(subjects.identifier(key), IdentifierDoc)
        return pointer.first_seen_at if pointer is not None else at

    change = change_of(ground.nodes, addition, ground.roots, tools.policy, age)
    if change is None:
        raise Permanent("too many identifiers, or words, are connected already", code="full")
    documents: dict[str, msgspec.Struct] = {
        subjects.identifier(node.key): IdentifierDoc(
            identifier=node.identifier,
            key=node.key,
            component=change.component,
            claimed=False,
            first_seen_at=at,
        )
        for node in ground.nodes
        if node.key in ground.unknown
    }
    documents |= {subjects.component(written.id): written for written in change.written}
    documents |= changed_customers(change, view, subjects, at)
    return change, documents
