"""What must be true of a store after any history: the global answer, and what always holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import ComponentDoc, CustomerDoc, Edge, IdentifierDoc, Member
from maitred.contracts.identifiers import Identifier, Level
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey, MessageId
from maitred.contracts.message import Message
from maitred.identity.conversations.place import Tools
from maitred.identity.evidence import bearer, edges_of, join_edges, nodes_of
from maitred.identity.reading import read_component, read_customer
from maitred.identity.resolver import partition
from tests.identity.world import TOOLS, World


def evidence_of(
    messages: Iterable[Message], tools: Tools = TOOLS
) -> tuple[dict[IdentifierKey, Member], tuple[Edge, ...]]:
    """Return all identifiers that were vouched for, and all evidence, without any store."""
    members: dict[IdentifierKey, Member] = {}
    edges: list[Edge] = []
    for message in messages:
        nodes = nodes_of(message, tools.keys, tools.policy)
        if message.actor.level is Level.CLAIMED:
            continue
        members.update({n.key: Member(key=n.key, identifier=n.identifier) for n in nodes})
        edges.extend(edges_of(nodes, message.id, message.received_at))
    return members, join_edges(edges)


def customers_of(
    messages: Iterable[Message], at: int, tools: Tools = TOOLS
) -> set[frozenset[Identifier]]:
    """Return who is one customer at a time, by the evidence of all messages at once."""
    members, edges = evidence_of(messages, tools)
    found = partition(members.values(), edges, (), tools.policy)
    groups = (
        frozenset(
            members[key].identifier
            for key in cluster.members
            if all(epoch.holds(at) for epoch in cluster.epochs if epoch.key == key)
        )
        for cluster in found.clusters
    )
    return {group for group in groups if group}


def owner_of(world: World, message: Message) -> CustomerId | None:
    """Return whose a message is now: nobody's if it hangs on a claim or on a contact point."""
    tools, view = world.tools, world.everything()
    if message.actor.level is Level.CLAIMED:
        return None
    nodes = nodes_of(message, tools.keys, tools.policy)
    owners: dict[IdentifierKey, CustomerId | None] = {}
    contact_points: set[IdentifierKey] = set()
    for node in nodes:
        pointer = world.get(tools.subjects.identifier(node.key), IdentifierDoc)
        _, document = read_component(view, tools.subjects, pointer.component)
        owners[node.key] = world.owner(pointer, message.received_at)
        contact_points |= set(document.contact_points if document is not None else ())
    on = bearer([n for n in nodes if not tools.policy.is_shared(n.identifier)], contact_points)
    return owners[on.key] if on is not None else None


def groups_of(owners: Iterable[tuple[MessageId, str]]) -> set[frozenset[MessageId]]:
    """Return which messages have one owner, whatever it is called."""
    groups: defaultdict[str, set[MessageId]] = defaultdict(set)
    for message, owner in owners:
        groups[owner].add(message)
    return {frozenset(messages) for messages in groups.values()}


def hold(world: World) -> None:
    """Check what must be true of the documents after any history."""
    everything, subjects = world.everything(), world.tools.subjects
    pointers = [d for _, d in world.store.values() if isinstance(d, IdentifierDoc)]
    components = world.components()
    members = [member.key for component in components for member in component.members]
    assert len(members) == len(set(members)), "an identifier is in one component"
    for component in components:
        _hold_component(component, world.now)
    for pointer in pointers:
        found, document = read_component(everything, subjects, pointer.component)
        inside = (pointer.key,) if document is None else [m.key for m in document.members]
        assert pointer.key in inside, f"a pointer leads to {found}, which does not know it"
        known = everything.read(subjects.customer(world.owner(pointer)), CustomerDoc)
        assert known is not None, "a customer that a component names is there"
        assert known.alias_of is None, "a component names nobody who is an alias"
    _hold_customers(world)
    for subject, (revision, document) in world.store.items():
        assert not isinstance(document, IdentifierDoc) or revision == 1, subject


def _hold_component(component: ComponentDoc, now: int) -> None:
    keys = [member.key for member in component.members]
    assert keys == sorted(set(keys))
    for edge in component.edges:
        assert {edge.a, edge.b} <= set(keys), "evidence is about members"
    for key in keys:
        for at in (0, now):
            owners = [each for each in component.customers if each.holds(key, at)]
            assert len(owners) == 1, "every member is in one customer at any time"
    assert {key for each in component.customers for key in each.members} == set(keys)
    assert len({each.customer for each in component.customers}) == len(component.customers)


def _hold_customers(world: World) -> None:
    everything, subjects = world.everything(), world.tools.subjects
    named: set[CustomerId] = {
        each.customer for component in world.components() for each in component.customers
    }
    for document in customer_documents(world):
        end, found = read_customer(everything, subjects, document.id)
        assert found is not None, "an alias leads to a customer"
        assert found.alias_of is None
        if found.component in {component.id for component in world.components()}:
            assert end in named or found.unidentified, "no customer is an orphan"
    for customer in living(world):
        for writer in customer.writers:
            pointer = everything.read(subjects.identifier(writer.key), IdentifierDoc)
            if pointer is not None:
                home = world.owner(pointer, writer.first_at)
                assert home == customer.id, "what he wrote stands where he is"
    listed = [c for customer in living(world) for c in customer.conversations]
    assert len(listed) == len(set[ConversationId](listed)), "a conversation has one customer"
    for customer in living(world):
        for conversation in customer.conversations:
            said = everything.read(subjects.conversation(conversation), Conversation)
            if said is not None:
                assert read_customer(everything, subjects, said.customer)[0] == customer.id


def customer_documents(world: World) -> Sequence[CustomerDoc]:
    """Return all of them, aliases included."""
    return [document for _, document in world.store.values() if isinstance(document, CustomerDoc)]


def living(world: World) -> Sequence[CustomerDoc]:
    """Return those that are no aliases."""
    return [document for document in customer_documents(world) if document.alias_of is None]
