"""Customers: what a merge, a split and a message do to the documents of customers.

When customers become one, the younger is kept as it was, marked as an alias, and what it had open
moves to the older. When one falls apart, each conversation goes to whoever began it. Every
customer whose identifiers change is written, so that whoever writes for him at that moment has
to look again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc, CustomerMembers
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ComponentId, ConversationId, CustomerId, IdentifierKey
from maitred.contracts.limits import OPEN_CONVERSATIONS_MAX
from maitred.contracts.message import Message
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.components import Change
from maitred.identity.reading import require

CONVERSATIONS_MAX: Final = 32
"""The last conversations kept by name in a customer; the journal holds all of them."""
CHANNELS_MAX: Final = 16
NAME_CHARACTERS_MAX: Final = 200
LANGUAGE_CONFIDENCE_MIN: Final = 0.8
STANDARD: Final = "standard"

Text = TypeVar("Text", bound=str)


def fresh(customer: CustomerId, component: ComponentId, at: int) -> CustomerDoc:
    """Return a customer of whom nothing is known yet."""
    return CustomerDoc(id=customer, component=component, first_seen_at=at, last_seen_at=at)


def customer_of(customers: Iterable[CustomerMembers], key: IdentifierKey) -> CustomerId:
    """Return which of a component's customers an identifier belongs to."""
    return next(entry.customer for entry in customers if key in entry.members)


def changed_customers(
    change: Change, view: View, subjects: Subjects, at: int
) -> dict[CustomerId, CustomerDoc]:
    """Return the documents of every customer whose identifiers or component `change` touches.

    Raises:
        NotRead: a customer, or a conversation of one that falls apart, has not been loaded.
    """
    if not change.written:
        return {}
    old = {entry.customer: set(entry.members) for entry in change.before}
    new = {entry.customer: set(entry.members) for entry in change.customers}
    require(view, *(subjects.customer(customer) for customer in old | new))
    home = {key: entry.customer for entry in change.customers for key in entry.members}
    after: dict[CustomerId, CustomerDoc] = {}
    revived: dict[CustomerId, CustomerDoc] = {}
    for customer in new:
        known = view.read(subjects.customer(customer), CustomerDoc)
        if known is not None and known.alias_of is not None:
            revived[customer] = known
        after[customer] = msgspec.structs.replace(
            known or fresh(customer, change.component, at),
            component=change.component,
            alias_of=None,
        )
    for customer, members in old.items():
        known = view.read(subjects.customer(customer), CustomerDoc)
        if known is None or new.get(customer) == members:
            continue
        heir = home[IdentifierKey(customer.removeprefix("cus_"))]
        if heir != customer:
            after[heir] = _absorb(after[heir], known)
            after[customer] = msgspec.structs.replace(
                known, component=change.component, alias_of=heir, open_conversations=()
            )
        if len({home[key] for key in members}) > 1:
            _give_back(after, known, heir, home, (view, subjects))
            for other in {home[key] for key in members} & revived.keys():
                after[heir] = _without(after[heir], revived[other])
    return {
        customer: document
        for customer, document in after.items()
        if old.get(customer) != new.get(customer) or _differs(document, view, subjects)
    }


def _differs(document: CustomerDoc, view: View, subjects: Subjects) -> bool:
    return document != view.read(subjects.customer(document.id), CustomerDoc)


def _absorb(one: CustomerDoc, other: CustomerDoc) -> CustomerDoc:
    return msgspec.structs.replace(
        one,
        name=one.name or other.name,
        language=one.language or other.language,
        tier=one.tier if one.tier != STANDARD else other.tier,
        first_seen_at=min(one.first_seen_at, other.first_seen_at),
        last_seen_at=max(one.last_seen_at, other.last_seen_at),
        messages=one.messages + other.messages,
        channels=_unique(one.channels + other.channels)[:CHANNELS_MAX],
        open_conversations=_last_open(one.open_conversations + other.open_conversations),
        conversations=_unique(one.conversations + other.conversations)[-CONVERSATIONS_MAX:],
        complaints=one.complaints + other.complaints,
        preferences={**other.preferences, **one.preferences},
    )


def _without(one: CustomerDoc, other: CustomerDoc) -> CustomerDoc:
    """Take back what a merge had added of `other`, who is his own customer again."""
    return msgspec.structs.replace(
        one,
        messages=max(0, one.messages - other.messages),
        complaints=max(0, one.complaints - other.complaints),
    )


def _give_back(
    after: dict[CustomerId, CustomerDoc],
    parted: CustomerDoc,
    heir: CustomerId,
    home: dict[IdentifierKey, CustomerId],
    source: tuple[View, Subjects],
) -> None:
    """Move each conversation of a customer who falls apart to whoever wrote first in it."""
    view, subjects = source
    ids = _unique(parted.conversations + parted.open_conversations)
    require(view, *(subjects.conversation(conversation) for conversation in ids))
    for conversation in ids:
        document = view.read(subjects.conversation(conversation), Conversation)
        writers = document.participants if document is not None else ()
        owner = next((home[key] for key in writers if key in home), heir)
        if owner == heir:
            continue
        theirs, ours = after[owner], after[heir]
        after[owner] = _add(theirs, conversation, is_open=conversation in ours.open_conversations)
        after[heir] = msgspec.structs.replace(
            ours,
            open_conversations=tuple(c for c in ours.open_conversations if c != conversation),
            conversations=tuple(c for c in ours.conversations if c != conversation),
        )


def _add(document: CustomerDoc, conversation: ConversationId, *, is_open: bool) -> CustomerDoc:
    still = document.open_conversations + ((conversation,) if is_open else ())
    return msgspec.structs.replace(
        document,
        open_conversations=_last_open(still),
        conversations=_unique((*document.conversations, conversation))[-CONVERSATIONS_MAX:],
    )


def with_message(
    document: CustomerDoc,
    message: Message,
    still_open: tuple[ConversationId, ...],
    opened: ConversationId | None,
    at: int,
) -> CustomerDoc:
    """Return a customer after one more message of his.

    `still_open` are his conversations that have not been closed, oldest first, `opened` is the
    one that this message opened, if it did. A name is taken from authenticated senders, or
    where there is none yet.
    """
    trusted = message.actor.level >= Level.AUTHENTICATED
    name = message.name.strip()[:NAME_CHARACTERS_MAX]
    language = message.language
    known = language is not None and language.confidence >= LANGUAGE_CONFIDENCE_MIN
    updated = msgspec.structs.replace(
        document,
        name=name if name and (trusted or not document.name) else document.name,
        language=language.code if language is not None and known else document.language,
        first_seen_at=min(document.first_seen_at, at),
        last_seen_at=max(document.last_seen_at, at),
        messages=document.messages + 1,
        channels=_unique((*document.channels, message.channel))[:CHANNELS_MAX],
        open_conversations=_last_open(still_open),
    )
    return updated if opened is None else _add(updated, opened, is_open=True)


def _last_open(ids: tuple[ConversationId, ...]) -> tuple[ConversationId, ...]:
    return _unique(ids)[-OPEN_CONVERSATIONS_MAX:]


def _unique(values: tuple[Text, ...]) -> tuple[Text, ...]:
    return tuple(dict.fromkeys(values))
