"""Reading: what is known of a journey or a conversation, for people who ask.

Built from the journal at the moment of the question; it decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec

from maitred.contracts.agents import Assignment, Decision, RoutingDoc
from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import ComponentDoc, CustomerDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import (
    ComponentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
)
from maitred.contracts.revision import Revision
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import read_log
from maitred.gateway.bus.reads import get_many

T = TypeVar("T", bound=msgspec.Struct)
_ALIASES_MAX: Final = 16
_MESSAGES_MAX: Final = 1_000
_EVENTS_MAX: Final = 1_000
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """A customer with everything he wrote, over all channels, oldest first."""

    customer: CustomerDoc
    identifiers: tuple[IdentifierKey, ...]
    entries: tuple[MessageEntry, ...]


class ConversationStory(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation, where it stands, and how it was decided, the first decision first."""

    conversation: Conversation
    routing: RoutingDoc | None
    decisions: tuple[Decision, ...]


def is_id(name: str, *prefixes: str) -> bool:
    """Tell whether `name` can be an id of one of these kinds: nothing else goes into a subject."""
    return any(
        name.startswith(prefix) and _ID.match(name.removeprefix(prefix)) is not None
        for prefix in prefixes
    )


async def journey(connection: Connection, subjects: Subjects, name: str) -> Journey:
    """Return the journey of a customer, or of a conversation's customer.

    Raises:
        Permanent: nothing is known under that id (code `not_found`).
        StoreUnavailable: the store does not answer.
    """
    if name.startswith("cnv_"):
        said = await _conversation(connection, subjects, ConversationId(name))
        name = said.customer
    customer = await _customer(connection, subjects, CustomerId(name))
    members = await _members(connection, subjects, customer)
    entries: list[MessageEntry] = []
    for key in members:
        entries += await _entries(connection, subjects, key)
    entries.sort(key=lambda each: (each.message.received_at, each.message.id))
    return Journey(customer=customer, identifiers=members, entries=tuple(entries))


async def story(connection: Connection, subjects: Subjects, name: str) -> ConversationStory:
    """Return what is known of a conversation.

    Raises:
        Permanent: nothing is known under that id (code `not_found`).
        StoreUnavailable: the store does not answer.
    """
    conversation = ConversationId(name)
    said = await _conversation(connection, subjects, conversation)
    routing = await _read(connection, subjects.routing(conversation), RoutingDoc)
    decisions = await _decisions(connection, subjects, conversation)
    return ConversationStory(conversation=said, routing=routing, decisions=decisions)


async def _entries(
    connection: Connection, subjects: Subjects, sender: IdentifierKey
) -> Iterable[MessageEntry]:
    """Return a sender's first messages, each in its newest reading."""
    known: dict[MessageId, MessageEntry] = {}
    for each in await read_log(
        connection, JOURNAL, subjects.message(sender), after=0, limit=_MESSAGES_MAX
    ):
        entry = msgspec.json.decode(each.data, type=MessageEntry)
        known[entry.message.id] = entry
    # A revision with a higher number comes later.
    for each in await read_log(
        connection, JOURNAL, subjects.revision(sender), after=0, limit=_MESSAGES_MAX
    ):
        revised = msgspec.json.decode(each.data, type=Revision).message
        if revised.id in known:
            known[revised.id] = msgspec.structs.replace(known[revised.id], message=revised)
    return known.values()


async def _decisions(
    connection: Connection, subjects: Subjects, conversation: ConversationId
) -> tuple[Decision, ...]:
    """Return why, in the journal's order: what was offered rides in the event that offers it."""
    found: dict[int, Decision] = {}
    for each in await read_log(
        connection, JOURNAL, subjects.decision(conversation), after=0, limit=_EVENTS_MAX
    ):
        found[each.seq] = msgspec.json.decode(each.data, type=Decision)
    for each in await read_log(
        connection, JOURNAL, f"{subjects.root}.assign.*.{conversation}", after=0, limit=_EVENTS_MAX
    ):
        told = msgspec.json.decode(each.data, type=Assignment)
        if told.decision is not None:
            found[each.seq] = told.decision
    return tuple(found[sequence] for sequence in sorted(found))


async def _conversation(
    connection: Connection, subjects: Subjects, conversation: ConversationId
) -> Conversation:
    known = is_id(conversation, "cnv_")
    found = (
        await _read(connection, subjects.conversation(conversation), Conversation)
        if known
        else None
    )
    if found is None:
        raise Permanent(f"no conversation is known as {conversation}", code="not_found")
    return found


async def _customer(
    connection: Connection, subjects: Subjects, customer: CustomerId
) -> CustomerDoc:
    current: CustomerId = customer
    for _ in range(_ALIASES_MAX if is_id(customer, "cus_") else 0):
        found = await _read(connection, subjects.customer(current), CustomerDoc)
        if found is None:
            break
        if found.alias_of is None:
            return found
        current = found.alias_of
    raise Permanent(f"no customer is known as {customer}", code="not_found")


async def _members(
    connection: Connection, subjects: Subjects, customer: CustomerDoc
) -> tuple[IdentifierKey, ...]:
    component: ComponentId = customer.component
    for _ in range(_ALIASES_MAX):
        found = await _read(connection, subjects.component(component), ComponentDoc)
        if found is None:
            break
        if found.alias_of is not None:
            component = found.alias_of
            continue
        for each in found.customers:
            if each.customer == customer.id:
                return each.members
        break
    return (IdentifierKey(component.removeprefix("cmp_")),)


async def _read(connection: Connection, subject: str, shape: type[T]) -> T | None:
    stored = (await get_many(connection, JOURNAL, [subject])).get(subject)
    return msgspec.json.decode(stored.data, type=shape) if stored else None
