"""Whose: the customer that a message belongs to, and what its evidence changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from maitred.contracts.documents import CustomerDoc, IdentifierDoc, StatementKind
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ComponentId, CustomerId, IdentifierKey
from maitred.contracts.message import Message
from maitred.contracts.view import NotRead, View
from maitred.identity.customers.components import (
    Addition,
    Change,
    Root,
    Tools,
    change_of,
    read_roots,
    tie_of,
    unchanged,
)
from maitred.identity.customers.moving import changed_customers
from maitred.identity.customers.ties import stands_for
from maitred.identity.customers.writers import customer_of, fresh
from maitred.identity.evidence import Node, bearer, edges_of, is_contact_point
from maitred.identity.gates import Standing
from maitred.identity.policy import Policy
from maitred.identity.reading import read_customer, require
from maitred.identity.resolver import saturated


@dataclass(frozen=True, slots=True)
class Whose:
    """A customer as he stood before a message, what the message changes, and who it hangs on."""

    component: ComponentId
    customer: CustomerDoc
    bearer: IdentifierKey
    documents: dict[str, msgspec.Struct]
    standing: Standing = field(default_factory=lambda: Standing(channel=""))


def whose(message: Message, nodes: tuple[Node, ...], view: View, tools: Tools, at: int) -> Whose:
    """Return the customer of a message whose sender is more than a claim.

    `nodes` are those of the message, `at` is in UTC milliseconds. A sender who tells nobody apart
    (a role mailbox, a browser of many) is a customer of his own, marked `unidentified`.

    Raises:
        NotRead: a document has not been loaded.
    """
    subjects = tools.subjects

    def age(key: IdentifierKey) -> int:
        pointer = view.read(subjects.identifier(key), IdentifierDoc)
        return pointer.first_seen_at if pointer is not None else at

    pointers, roots = read_roots([node.key for node in nodes], view, subjects)
    idle = _saturated(nodes, roots, tools.policy)
    if idle:
        nodes = tuple(node for node in nodes if node.key not in idle) or nodes[:1]
        pointers, roots = read_roots([node.key for node in nodes], view, subjects)
    if _revoked(message, roots):
        nodes = nodes[:1]
        pointers, roots = read_roots([nodes[0].key], view, subjects)
    evidence = Addition(edges_of(nodes, message.id, at))
    change = change_of(nodes, evidence, roots, tools.policy, age)
    if change is None:
        # The component is full: the sender stays where he is, and the evidence is not taken in.
        nodes = nodes[:1]
        pointers, roots = read_roots([node.key for node in nodes], view, subjects)
        change = unchanged(nodes[0], roots)
    documents: dict[str, msgspec.Struct] = {
        subjects.identifier(node.key): IdentifierDoc(
            identifier=node.identifier,
            key=node.key,
            component=change.component,
            claimed=False,
            first_seen_at=at,
        )
        for node in nodes
        if node.key not in pointers
    }
    documents |= {subjects.component(written.id): written for written in change.written}
    documents |= changed_customers(change, view, subjects, at)
    on = bearer(nodes, change.contact_points)
    is_somebody = on is not None and not is_contact_point(message.actor, tools.policy)
    key = on.key if on is not None else nodes[0].key
    customer = _customer(change, key, documents, view, tools, at)
    customer = msgspec.structs.replace(customer, unidentified=not is_somebody)
    standing = (
        _standing(message, nodes, change, customer, at)
        if is_somebody
        else Standing(channel=message.channel)
    )
    return Whose(change.component, customer, key, documents, standing)


def _saturated(
    nodes: Sequence[Node], roots: Mapping[ComponentId, Root], policy: Policy
) -> frozenset[IdentifierKey]:
    """Return those of `nodes` about which further evidence would say nothing."""
    if len(nodes) == 1:
        return frozenset()
    keys = {node.key for node in nodes}
    return frozenset().union(
        *(
            saturated(known.members, known.edges, keys.intersection(known.contact_points), policy)
            for root in roots.values()
            if (known := root.document) is not None
        )
    )


def _revoked(message: Message, roots: Mapping[ComponentId, Root]) -> bool:
    """Whether an operator took back what this message shows, before it is placed again."""
    return any(
        word.message == message.id and word.kind is StatementKind.REVOKED
        for root in roots.values()
        if root.document is not None
        for word in root.document.statements
    )


def _customer(
    change: Change,
    key: IdentifierKey,
    documents: dict[str, msgspec.Struct],
    view: View,
    tools: Tools,
    at: int,
) -> CustomerDoc:
    name = customer_of(change.customers, key, at)
    if name is None:
        raise ValueError("an identifier that belongs to nobody")
    written = documents.get(tools.subjects.customer(name))
    if isinstance(written, CustomerDoc):
        return written
    _require_one_state(change, name, view, tools)
    # Only a view between two states shows an alias here: the later state is the true one.
    name, known = read_customer(view, tools.subjects, name)
    return known or fresh(name, change.component, at)


def _require_one_state(change: Change, name: CustomerId, view: View, tools: Tools) -> None:
    """Ask anew for a component or a customer that was read before somebody changed both.

    What is written compares the customer alone, so nothing else would tell.

    Raises:
        NotRead: one of the two is older than the other.
    """
    subject = tools.subjects.customer(name)
    require(view, subject)
    known = view.read(subject, CustomerDoc)
    if known is None or change.document is None or known.component != change.component:
        return
    generation = change.document.generation
    if generation < known.generation:
        raise NotRead(tools.subjects.component(change.component))
    if generation > known.generation and known.alias_of is not None:
        raise NotRead(subject)


def _standing(
    message: Message, nodes: tuple[Node, ...], change: Change, customer: CustomerDoc, at: int
) -> Standing:
    if not stands_for(change, [node.key for node in nodes], customer.id):
        return Standing(channel=message.channel)
    endpoint = message.reply_to.key
    own = next((node.level for node in nodes if node.key == endpoint), Level.CLAIMED)
    if customer_of(change.customers, endpoint, at) != customer.id:
        own = Level.CLAIMED
    return Standing(
        channel=message.channel,
        # The gate asks no more than level 2, which the message itself mostly gives.
        endpoint_level=own
        if own >= Level.AUTHENTICATED
        else tie_of(change, endpoint, customer.id, at),
        is_private=message.reply_to.is_private,
        session_level=max(
            (node.level for node in nodes if node.key not in change.contact_points),
            default=Level.CLAIMED,
        ),
        proven_at=message.proven_at,
    )
