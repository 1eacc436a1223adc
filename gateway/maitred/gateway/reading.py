"""Reading: what is known of a journey or a conversation, for people who ask.

Built from the journal at the moment of the question; it decides nothing.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from maitred.contracts.assignments import Assignment
from maitred.contracts.conversation import Conversation, MoodTrack
from maitred.contracts.documents import ComponentDoc, CustomerDoc, IdentifierDoc
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey
from maitred.contracts.routing import Decision, RoutingDoc
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.contracts.view import View
from maitred.gateway import clock
from maitred.gateway.briefing import Briefing
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import read_log
from maitred.gateway.collecting import Collector
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.lookup import Lookup
from maitred.gateway.journal.transaction import Decision as Step
from maitred.gateway.journal.transaction import transact
from maitred.gateway.judging import known_of
from maitred.identity.conversations.gathering import gathered
from maitred.identity.customers.components import namesake
from maitred.identity.timeline.belonging import Belonging, alone
from maitred.identity.timeline.line import timeline
from maitred.identity.timeline.moments import Moment
from maitred.router.mood.track import begun

NEWEST: Final = 1_000
"""So many of a log's entries are read unless all are asked for."""
_EVENTS_MAX: Final = 1_000
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """A customer with everything that was said and done, over all channels, oldest first.

    `mood` is what is left now of how he felt, and what is known of how he usually writes.
    `claimed` is what others wrote in his conversations, whom nothing proves to be him. `unread` is
    how many entries his logs hold before those that were read.
    """

    customer: CustomerDoc
    identifiers: tuple[IdentifierKey, ...]
    mood: MoodTrack = MoodTrack()
    moments: tuple[Moment, ...]
    claimed: tuple[Moment, ...] = ()
    unread: int = 0


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


async def journey(
    connection: Connection, subjects: Subjects, name: str, *, newest: int | None = NEWEST
) -> Journey:
    """Return the journey of a customer, or of a conversation's customer.

    Who cannot be told from others has no journey beyond the conversation that is asked about.
    `newest` bounds what is read of each of his logs; None reads all.

    Raises:
        Permanent: nothing is known under that id (code `not_found`).
        StoreUnavailable: the store does not answer.
    """
    lookup = Lookup(connection, subjects)
    await lookup.begin()
    only: ConversationId | None = None
    if name.startswith("cnv_"):
        only = ConversationId(name)
        name = (await _conversation(lookup, subjects, only)).customer
    customer = await _customer(lookup, CustomerId(name))
    belonging = Belonging(customer, await _component(lookup, subjects, customer))
    found = await Collector(
        connection,
        subjects,
        customer,
        belonging,
        newest,
        only if customer.unidentified else None,
    ).collect()
    told, now = timeline(found.sources), clock.now_ms()
    return Journey(
        customer=customer,
        identifiers=belonging.members,
        mood=begun(known_of(customer, now), now),
        moments=told.moments,
        claimed=told.claimed,
        unread=found.unread,
    )


async def story(connection: Connection, subjects: Subjects, name: str) -> ConversationStory:
    """Return what is known of a conversation.

    Raises:
        Permanent: nothing is known under that id (code `not_found`).
        StoreUnavailable: the store does not answer.
    """
    conversation = ConversationId(name)
    lookup = Lookup(connection, subjects)
    await lookup.begin()
    said = await _conversation(lookup, subjects, conversation)
    routing = await lookup.one(subjects.routing(conversation), RoutingDoc)
    if said.joined:
        said, routing = await _with_joined(connection, subjects, conversation)
    decisions = await _decisions(connection, subjects, conversation)
    return ConversationStory(conversation=said, routing=routing, decisions=decisions)


def numbered(story: ConversationStory, number: int) -> int:
    """Return the number of a decision, from 1 on; 0 asks for the last, and is it if there is none.

    Raises:
        Permanent: there is none of that number (code `not_found`).
    """
    count = len(story.decisions)
    if number > count:
        known = story.conversation.id
        told = "1 decision" if count == 1 else f"{count} decisions"
        raise Permanent(f"{known} has {told}, not {number}", code="not_found")
    return number or count


async def _with_joined(
    connection: Connection, subjects: Subjects, conversation: ConversationId
) -> tuple[Conversation, RoutingDoc | None]:
    """Return a conversation, and where it stands, with all that was joined into it."""
    briefing = Briefing(subjects)

    def step(view: View) -> Step[tuple[Conversation, RoutingDoc | None]]:
        routing = view.read(subjects.routing(conversation), RoutingDoc)
        own, joined = briefing.group(conversation, view)
        if routing is not None:
            routing = briefing.with_replies(routing, joined, view)
        return Step((gathered(own, joined), routing))

    return await transact(connection, Keeping(), step, 0)


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
    lookup: Lookup, subjects: Subjects, conversation: ConversationId
) -> Conversation:
    found = None
    if is_id(conversation, "cnv_"):
        found = await lookup.one(subjects.conversation(conversation), Conversation)
    if found is None:
        raise Permanent(f"no conversation is known as {conversation}", code="not_found")
    return found


async def _customer(lookup: Lookup, customer: CustomerId) -> CustomerDoc:
    found = None
    if is_id(customer, "cus_"):
        _, found = await lookup.customer(customer)
    if found is None:
        raise Permanent(f"no customer is known as {customer}", code="not_found")
    return found


async def _component(lookup: Lookup, subjects: Subjects, customer: CustomerDoc) -> ComponentDoc:
    found = await lookup.root(customer.component)
    if found is not None:
        return found
    subject = subjects.identifier(namesake(customer.component))
    pointer = await lookup.one(subject, IdentifierDoc)
    return alone(customer, pointer.identifier if pointer is not None else None)
