"""Sight: what a message itself shows and names, and the documents that placing it begins with.

Worked out once for each message, since every identifier and every thread costs a keyed hash, and
asked for at once, since every round of reading costs a round trip.
"""

from __future__ import annotations

from dataclasses import dataclass

from maitred.contracts.documents import IdentifierDoc
from maitred.contracts.ids import IdentifierKey, component_id, conversation_id, customer_id
from maitred.contracts.message import Message
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.conversations.threads import Links, links_of, named
from maitred.identity.customers.components import Tools
from maitred.identity.evidence import Node, nodes_of
from maitred.identity.hints import claims_of, first_reads


@dataclass(frozen=True, slots=True)
class Seen:
    """A message's sender and what was proven to be his, its threads, and what it claims."""

    nodes: tuple[Node, ...]
    links: Links
    claims: tuple[IdentifierKey, ...]


def see(message: Message, tools: Tools) -> Seen:
    """Return what a message shows.

    Raises:
        BadPayload: its `actor_key` does not fit its `actor`.
    """
    return Seen(
        nodes=nodes_of(message, tools.keys, tools.policy),
        links=links_of(message, tools),
        claims=claims_of(message, tools.keys, tools.policy),
    )


def first_subjects(message: Message, seen: Seen, subjects: Subjects) -> tuple[str, ...]:
    """Return what the message itself names, and what an ordinary sender needs besides."""
    alone = component_id(seen.nodes[0].key)
    return (
        *(subjects.identifier(node.key) for node in seen.nodes),
        subjects.component(alone),
        subjects.customer(customer_id(alone)),
        subjects.conversation(conversation_id(message.id)),
        *first_reads(seen.claims, subjects),
        *seen.links.all(),
    )


def second_subjects(
    message: Message, seen: Seen, view: View, subjects: Subjects
) -> tuple[str, ...]:
    """Return where the pointers lead: components, their likely customers, conversations.

    What is claimed is as much work whether anybody is known by it or not.

    Raises:
        NotRead: the first subjects have not been loaded.
    """
    wanted: list[str] = []
    for node in seen.nodes:
        pointer = view.read(subjects.identifier(node.key), IdentifierDoc)
        if pointer is not None:
            wanted.append(subjects.component(pointer.component))
            wanted.append(subjects.customer(customer_id(pointer.component)))
        else:
            wanted.append(subjects.component(component_id(node.key)))
    for key in seen.claims:
        pointer = view.read(subjects.identifier(key), IdentifierDoc)
        lead = component_id(key) if pointer is None else pointer.component
        wanted.append(subjects.component(lead))
    for thread in named(message, seen.links, view):
        wanted.append(subjects.conversation(thread.conversation))
        wanted.append(subjects.routing(thread.conversation))
    return tuple(wanted)
