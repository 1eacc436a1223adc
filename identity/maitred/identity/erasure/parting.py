"""Parting: a component without identifiers that leave it for good, so that they may be erased.

Nothing that stays may be named after an identifier that goes, or lead through it: whoever comes
back under it must find nobody. So what stays gets another name where that is needed, and its
pointers lead there. Whoever leaves stands by himself in the same moment, so that a message which
comes before he is erased finds a whole world.

What stays is resolved again without him. An identifier that several used stays a contact point all
the same, by a statement of its own: an erasure must not open what was shut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from maitred.contracts.documents import (
    ComponentDoc,
    CustomerDoc,
    CustomerMembers,
    IdentifierDoc,
    Member,
    Statement,
    StatementKind,
)
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import (
    ComponentId,
    IdentifierKey,
    component_id,
    customer_id,
    operation_id,
)
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.contracts.view import View
from maitred.identity.customers.components import (
    RESOLVED_ANEW,
    Addition,
    Change,
    Root,
    Tools,
    change_of,
    namesake,
)
from maitred.identity.customers.moving import changed_customers
from maitred.identity.customers.writers import summed
from maitred.identity.erasure.extent import Person
from maitred.identity.evidence import Node
from maitred.identity.reading import ALIAS_HOPS_MAX, read_component, require


@dataclass(frozen=True, slots=True)
class Cause:
    """Who had a person erased, why, and when (UTC milliseconds)."""

    by: str
    why: str
    at: int


def parted(person: Person, view: View, tools: Tools, cause: Cause) -> dict[str, msgspec.Struct]:
    """Return what must be written, by subject, so that no component of others holds a person.

    Raises:
        NotRead: a document has not been loaded.
    """
    subjects, leaving = tools.subjects, person.holding.leaving
    require(view, *map(subjects.identifier, leaving))
    pointers = {key: view.read(subjects.identifier(key), IdentifierDoc) for key in leaving}
    leads = {component_id(key) for key in leaving}
    leads |= {pointer.component for pointer in pointers.values() if pointer is not None}
    require(view, *map(subjects.component, leads))
    roots = {}
    for lead in sorted(leads):
        component, document = read_component(view, subjects, lead)
        if document is not None:
            roots[component] = document
    documents: dict[str, msgspec.Struct] = {}
    for document in roots.values():
        if any(member.key not in leaving for member in document.members):
            documents |= _without(document, person, view, tools, cause)
    return documents


def _without(
    document: ComponentDoc, person: Person, view: View, tools: Tools, cause: Cause
) -> dict[str, msgspec.Struct]:
    subjects, leaving = tools.subjects, person.holding.leaving
    staying = tuple(member for member in document.members if member.key not in leaving)
    require(view, *(subjects.identifier(member.key) for member in document.members))
    require(view, *(subjects.component(component_id(each.key)) for each in document.members))
    home = _home(document, staying, leaving)
    stripped = _stripped(document, home, staying, person)
    change, records = _resolved(document, stripped, person, view, tools, cause)
    documents: dict[str, msgspec.Struct] = {
        subjects.component(written.id): written for written in change.written
    }
    documents |= changed_customers(change, view, subjects, cause.at)
    documents |= _forgetting(change, leaving, documents, view, tools)
    documents |= _led_home(staying, leaving, home, view, tools)
    for member in document.members:
        if member.key in leaving:
            documents |= _alone(member, change, view, tools)
    return documents | records


def _home(
    document: ComponentDoc, staying: Sequence[Member], leaving: frozenset[IdentifierKey]
) -> ComponentId:
    """Return the name of what stays."""
    if namesake(document.id) not in leaving:
        return document.id
    named = [key for key in document.named if key not in leaving]
    return component_id(named[0] if named else staying[0].key)


def _stripped(
    document: ComponentDoc, home: ComponentId, staying: Sequence[Member], person: Person
) -> ComponentDoc:
    keys = {member.key for member in staying}
    return msgspec.structs.replace(
        document,
        id=home,
        members=tuple(staying),
        edges=tuple(edge for edge in document.edges if {edge.a, edge.b} <= keys),
        statements=tuple(
            word
            for word in document.statements
            if word.a in keys and (word.b is None or word.b in keys)
        ),
        customers=tuple(_others(document, keys, person)),
        contact_points=tuple(key for key in document.contact_points if key in keys),
        named=tuple(key for key in document.named if key in keys),
    )


def _others(
    document: ComponentDoc, keys: set[IdentifierKey], person: Person
) -> Iterator[CustomerMembers]:
    for each in document.customers:
        members = tuple(key for key in each.members if key in keys)
        if members and each.customer not in person.customers:
            yield msgspec.structs.replace(
                each, members=members, epochs=tuple(e for e in each.epochs if e.key in keys)
            )


def _resolved(
    before: ComponentDoc,
    stripped: ComponentDoc,
    person: Person,
    view: View,
    tools: Tools,
    cause: Cause,
) -> tuple[Change, dict[str, msgspec.Struct]]:
    """Return what is left, with contact points that stay so, and the records that say it."""
    found = _change(stripped, RESOLVED_ANEW, view, tools, cause)
    lost = set(stripped.contact_points) - set(found.contact_points)
    # A number that was his last is somebody else's now, whom nobody knows: not its former owner's.
    lost |= {
        epoch.key
        for each in before.customers
        if each.customer in person.customers
        for epoch in each.epochs
        if not epoch.until and epoch.key not in person.holding.leaving
    }
    if not lost:
        return found, {}
    records = [_record(key, tools, cause) for key in sorted(lost)]
    words = tuple(
        Statement(operation=each.id, kind=StatementKind.SHARED, a=key, at=cause.at)
        for each, key in zip(records, sorted(lost), strict=True)
    )
    kept = _change(stripped, Addition(statements=words), view, tools, cause)
    return kept, {
        tools.subjects.operation(key, each.id): each
        for each, key in zip(records, sorted(lost), strict=True)
    }


def _record(key: IdentifierKey, tools: Tools, cause: Cause) -> OperationDoc:
    return OperationDoc(
        id=operation_id(cause.by, OperationKind.SHARED.value, cause.at, key),
        tenant=tools.subjects.tenant,
        kind=OperationKind.SHARED,
        by=cause.by,
        why="somebody who used it was erased; it stays a contact point",
        at=cause.at,
        a=key,
    )


def _change(
    stripped: ComponentDoc, addition: Addition, view: View, tools: Tools, cause: Cause
) -> Change:
    def age(key: IdentifierKey) -> int:
        pointer = view.read(tools.subjects.identifier(key), IdentifierDoc)
        return pointer.first_seen_at if pointer is not None else cause.at

    first = stripped.members[0]
    root = Root(stripped.id, stripped, stripped.members, stripped.customers)
    change = change_of(
        [Node(first.key, first.identifier, Level.SIGNED)],
        addition,
        {stripped.id: root},
        tools.policy,
        age,
    )
    if change is None:
        raise Permanent("too many words of operators stand in one component", code="full")
    return change


def _forgetting(
    change: Change,
    leaving: frozenset[IdentifierKey],
    documents: Mapping[str, msgspec.Struct],
    view: View,
    tools: Tools,
) -> dict[str, msgspec.Struct]:
    """Return customers who stay, without what an identifier that leaves once brought them."""
    changed: dict[str, msgspec.Struct] = {}
    for each in change.customers:
        subject = tools.subjects.customer(each.customer)
        require(view, subject)
        found = documents.get(subject) or view.read(subject, CustomerDoc)
        if not isinstance(found, CustomerDoc):
            continue
        writers = tuple(writer for writer in found.writers if writer.key not in leaving)
        if writers != found.writers:
            changed[subject] = summed(msgspec.structs.replace(found, writers=writers))
    return changed


def _led_home(
    staying: Sequence[Member],
    leaving: frozenset[IdentifierKey],
    home: ComponentId,
    view: View,
    tools: Tools,
) -> dict[str, msgspec.Struct]:
    """Return pointers and aliases of who stays that led through one that leaves."""
    subjects = tools.subjects
    changed: dict[str, msgspec.Struct] = {}
    for member in staying:
        pointer = view.read(subjects.identifier(member.key), IdentifierDoc)
        if pointer is None:
            continue
        way = list(_way(pointer.component, view, tools))
        if not any(namesake(step) in leaving for step in way):
            continue
        changed[subjects.identifier(member.key)] = msgspec.structs.replace(pointer, component=home)
        for step in way:
            if step != home and namesake(step) not in leaving:
                changed[subjects.component(step)] = ComponentDoc(id=step, alias_of=home)
    return changed


def _way(component: ComponentId, view: View, tools: Tools) -> Iterator[ComponentId]:
    """Yield the components that a pointer leads through."""
    step: ComponentId | None = component
    for _ in range(ALIAS_HOPS_MAX):
        if step is None:
            return
        yield step
        require(view, tools.subjects.component(step))
        found = view.read(tools.subjects.component(step), ComponentDoc)
        step = found.alias_of if found is not None else None


def _alone(member: Member, change: Change, view: View, tools: Tools) -> dict[str, msgspec.Struct]:
    """Return what lets an identifier stand by itself until it is erased."""
    subjects = tools.subjects
    own = component_id(member.key)
    changed: dict[str, msgspec.Struct] = {}
    pointer = view.read(subjects.identifier(member.key), IdentifierDoc)
    if pointer is not None and pointer.component != own:
        changed[subjects.identifier(member.key)] = msgspec.structs.replace(pointer, component=own)
    if view.read(subjects.component(own), ComponentDoc) is not None:
        changed[subjects.component(own)] = ComponentDoc(
            id=own,
            members=(member,),
            customers=(CustomerMembers(customer=customer_id(own), members=(member.key,)),),
            named=(member.key,),
            policy=tools.policy.version(),
            generation=change.document.generation if change.document is not None else 0,
        )
    return changed
