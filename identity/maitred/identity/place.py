"""Place: where a message belongs, and which documents say so from now on.

Pure: it reads through a view and returns what to write. The shell compares-and-sets every
document written against what was read, so two places that touch the same customer or component
collide, and one of them is computed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc, IdentifierDoc
from maitred.contracts.entry import JoinReason, SuppressedEntry
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import (
    ComponentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    component_id,
    conversation_id,
    customer_id,
)
from maitred.contracts.message import Message, ThreadEvidence
from maitred.contracts.view import View
from maitred.identity import loops
from maitred.identity.components import Tools, change_of, read_roots, strongest, unchanged
from maitred.identity.customers import changed_customers, customer_of, fresh, with_message
from maitred.identity.evidence import Node, edges_of, nodes_of
from maitred.identity.joining import Claimed, Joined, join, join_quietly
from maitred.identity.reading import read_customer, require
from maitred.identity.threads import Links, links_of, named, new_threads, original_of

__all__ = ["Placement", "Tools", "place"]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a message belongs.

    If `suppressed` is there, nothing else is. `previous` is the conversation as it stood, if
    there was one; `opened` tells that this message begins one. `evidence` is the thread that led
    there, `claimed` a conversation of others that the message names besides. `loop` says why the
    message counts as an automatic reply, if it goes on with a loop. `documents` are to be written
    by subject: pointers, components, customers and threads; conversations are the caller's.
    """

    suppressed: SuppressedEntry | None = None
    customer: CustomerId | None = None
    component: ComponentId | None = None
    conversation: ConversationId | None = None
    joined: JoinReason = JoinReason.NONE
    opened: bool = False
    previous: Conversation | None = None
    evidence: ThreadEvidence | None = None
    claimed: Claimed | None = None
    loop: str = ""
    documents: Mapping[str, msgspec.Struct] = field(default_factory=dict)


def place(message: Message, sequence: int, view: View, tools: Tools, now: int) -> Placement:
    """Return where `message` belongs; `sequence` is where it stands in INBOUND.

    `now` is in UTC milliseconds; nothing is dated later than it.

    Raises:
        NotRead: documents are needed that the view has not loaded, as many as are known to be
            needed at once.
        BadPayload: the message's `actor_key` does not fit its `actor`.
        Permanent: aliases of a component or a customer go round in a circle.
    """
    nodes = nodes_of(message, tools.keys, tools.policy)
    links = links_of(message, tools)
    _require_first(message, nodes, links, view, tools)
    original = original_of(message, links, view)
    if original is not None:
        return Placement(
            suppressed=SuppressedEntry(
                id=message.id,
                original=original,
                actor_key=message.actor_key,
                channel=message.channel,
                account=message.account,
                recipients=message.recipients,
                received_at=message.received_at,
                sequence=sequence,
            )
        )
    _require_second(message, nodes, links, view, tools)
    if not message.kind.wants_an_answer:
        return _place_quietly(message, nodes, links, view, tools)
    at = min(message.received_at, now)
    found = _resolve(message, nodes, view, tools, at)
    joined = join(message, links, found.document, view, tools, now)
    loop = loops.find(message, found.document, joined.previous, view, tools.subjects)
    if loop is not None:
        return _place_in_loop(message, links, found.document, joined, loop, view)
    is_new = joined.reason is JoinReason.OPENED and joined.previous is None
    customer = with_message(
        found.document, message, joined.still_open, joined.conversation if is_new else None, at
    )
    documents = dict(found.documents)
    documents[tools.subjects.customer(customer.id)] = customer
    if joined.conversation is not None:
        documents |= new_threads(message, links, joined.conversation, customer.id, view)
    return Placement(
        customer=customer.id,
        component=found.component,
        conversation=joined.conversation,
        joined=joined.reason,
        opened=is_new,
        previous=joined.previous,
        evidence=joined.evidence,
        claimed=joined.claimed,
        documents=documents,
    )


def _place_in_loop(
    message: Message,
    links: Links,
    customer: CustomerDoc,
    joined: Joined,
    loop: loops.Loop,
    view: View,
) -> Placement:
    """Place what goes on with a loop: in the conversation that it is about, and nothing else."""
    conversation = loop.conversation
    message = loops.as_auto_reply(message, loop.reason)
    return Placement(
        customer=customer.id,
        component=customer.component,
        conversation=conversation.id,
        joined=joined.reason if joined.previous is not None else JoinReason.LOOP,
        previous=conversation,
        evidence=joined.evidence,
        loop=loop.reason,
        documents=new_threads(message, links, conversation.id, customer.id, view),
    )


def _place_quietly(
    message: Message, nodes: tuple[Node, ...], links: Links, view: View, tools: Tools
) -> Placement:
    """Place what wants no answer: it makes no customer and teaches nothing about one."""
    known = _known_customer(nodes[0], view, tools)
    joined = join_quietly(message, links, known, view, tools.subjects)
    customer, component = (known.id, known.component) if known is not None else (None, None)
    documents: dict[str, msgspec.Struct] = {}
    if joined.previous is not None and joined.conversation is not None:
        if customer is None:
            customer, about = read_customer(view, tools.subjects, joined.previous.customer)
            component = about.component if about is not None else None
        documents |= new_threads(message, links, joined.conversation, customer, view)
    return Placement(
        customer=customer,
        component=component,
        conversation=joined.conversation,
        joined=joined.reason,
        previous=joined.previous,
        evidence=joined.evidence,
        documents=documents,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    component: ComponentId
    document: CustomerDoc
    documents: dict[str, msgspec.Struct]


def _resolve(
    message: Message, nodes: tuple[Node, ...], view: View, tools: Tools, at: int
) -> _Found:
    subjects = tools.subjects

    def age(key: IdentifierKey) -> int:
        pointer = view.read(subjects.identifier(key), IdentifierDoc)
        return pointer.first_seen_at if pointer is not None else at

    pointers, roots = read_roots(nodes, view, subjects)
    change = change_of(nodes, edges_of(nodes, message.id, at), roots, tools.policy, age)
    if change is None:
        # The component is full: the sender stays where he is, and the evidence is not taken in.
        nodes = nodes[:1]
        pointers, roots = read_roots(nodes, view, subjects)
        change = unchanged(nodes[0], roots)
    documents: dict[str, msgspec.Struct] = {
        subjects.identifier(node.key): IdentifierDoc(
            identifier=node.identifier,
            key=node.key,
            component=change.component,
            claimed=node.level is Level.CLAIMED,
            first_seen_at=at,
        )
        for node in nodes
        if node.key not in pointers
    }
    documents |= {subjects.component(written.id): written for written in change.written}
    customers = changed_customers(change, view, subjects, at)
    documents |= {subjects.customer(name): customer for name, customer in customers.items()}
    name = customer_of(change.customers, strongest(nodes).key)
    document = customers.get(name)
    if document is None:
        # Only a view between two states shows an alias here: the later state is the true one.
        name, known = read_customer(view, subjects, name)
        document = known or fresh(name, change.component, at)
    return _Found(change.component, document, documents)


def _known_customer(actor: Node, view: View, tools: Tools) -> CustomerDoc | None:
    _, roots = read_roots((actor,), view, tools.subjects)
    for root in roots.values():
        name = customer_of(root.customers, actor.key)
        return read_customer(view, tools.subjects, name)[1]
    return None


def _require_first(
    message: Message, nodes: tuple[Node, ...], links: Links, view: View, tools: Tools
) -> None:
    """Ask for what the message itself names, and for what an ordinary sender needs besides."""
    subjects = tools.subjects
    alone = component_id(nodes[0].key)
    require(
        view,
        *(subjects.identifier(node.key) for node in nodes),
        subjects.component(alone),
        subjects.customer(customer_id(alone)),
        subjects.conversation(conversation_id(message.id)),
        *links.all(),
    )


def _require_second(
    message: Message, nodes: tuple[Node, ...], links: Links, view: View, tools: Tools
) -> None:
    """Ask for where the pointers lead: components, their likely customers, conversations."""
    subjects = tools.subjects
    wanted: list[str] = []
    for node in nodes:
        pointer = view.read(subjects.identifier(node.key), IdentifierDoc)
        if pointer is not None:
            wanted.append(subjects.component(pointer.component))
            wanted.append(subjects.customer(customer_id(pointer.component)))
    for thread in named(message, links, view):
        wanted.append(subjects.conversation(thread.conversation))
        wanted.append(subjects.routing(thread.conversation))
    require(view, *wanted)
