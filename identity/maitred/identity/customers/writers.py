"""Customers: what is known of one, made of what each of his identifiers brought.

How often an identifier wrote, when, and under which name, stands apart in the customer's document,
so that it goes where the identifier goes (`moving`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from maitred.contracts.documents import CustomerDoc, CustomerMembers, Writer
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ComponentId, ConversationId, CustomerId, IdentifierKey
from maitred.contracts.limits import OPEN_CONVERSATIONS_MAX
from maitred.contracts.message import Message
from maitred.identity.customers.moods import latest_contacts

CONVERSATIONS_MAX: Final = 32
"""The last conversations kept by name in a customer; the journal holds all of them."""
MERGED_CONVERSATIONS_MAX: Final = 4 * CONVERSATIONS_MAX
"""Of customers that were merged, so that none loses his if they are parted again."""
WRITERS_MAX: Final = 64
CHANNELS_MAX: Final = 16
NAME_CHARACTERS_MAX: Final = 200
LANGUAGE_CONFIDENCE_MIN: Final = 0.8
STANDARD: Final = "standard"

Text = TypeVar("Text", bound=str)


def fresh(customer: CustomerId, component: ComponentId, at: int) -> CustomerDoc:
    """Return a customer of whom nothing is known yet."""
    return CustomerDoc(id=customer, component=component, first_seen_at=at, last_seen_at=at)


def customer_of(
    customers: Sequence[CustomerMembers], key: IdentifierKey, at: int
) -> CustomerId | None:
    """Return which of a component's customers an identifier belonged to at a time.

    `at` is in UTC milliseconds; only a number that changed hands belongs to several.
    """
    return next((entry.customer for entry in customers if entry.holds(key, at)), None)


def summed(document: CustomerDoc) -> CustomerDoc:
    """Return a customer with what his writers brought together.

    He is called what he was last called where he was authenticated, else what he last called
    himself. Of who wrote nothing, nothing is known.
    """
    writers = sorted(document.writers, key=lambda writer: (writer.last_at, writer.key))
    if not writers:
        return msgspec.structs.replace(
            document, name="", language="", messages=0, complaints=0, channels=()
        )
    name = next(
        (
            each.name
            for trusted in (True, False)
            for each in reversed(writers)
            if each.name and each.is_trusted >= trusted
        ),
        "",
    )
    spoken = [each.language for each in writers if each.language]
    first = sorted(writers, key=lambda writer: (writer.first_at, writer.key))
    channels = unique(tuple(channel for each in first for channel in each.channels))
    return msgspec.structs.replace(
        document,
        name=name,
        language=spoken[-1] if spoken else "",
        first_seen_at=min(each.first_at for each in writers),
        last_seen_at=writers[-1].last_at,
        messages=sum(each.messages for each in writers),
        complaints=sum(each.complaints for each in writers),
        channels=channels[:CHANNELS_MAX],
    )


def with_message(
    document: CustomerDoc,
    message: Message,
    bearer: IdentifierKey,
    still_open: tuple[ConversationId, ...],
    opened: ConversationId | None,
    at: int,
) -> CustomerDoc:
    """Return a customer after one more message of his, which hangs on `bearer`.

    `still_open` are his conversations that have not been closed, oldest first, `opened` is the
    one that this message opened, if it did. `at` is in UTC milliseconds.
    """
    writers = {writer.key: writer for writer in document.writers}
    spoken = _spoken(writers.get(bearer), message, bearer, at)
    writers[bearer] = spoken if opened is None else _come(spoken, at)
    kept = sorted(writers.values(), key=lambda writer: writer.last_at)[-WRITERS_MAX:]
    updated = msgspec.structs.replace(
        document,
        writers=tuple(sorted(kept, key=lambda writer: writer.key)),
        open_conversations=last_open(still_open),
    )
    if opened is not None:
        listed = max(CONVERSATIONS_MAX, len(updated.conversations))
        updated = msgspec.structs.replace(
            updated,
            open_conversations=last_open((*updated.open_conversations, opened)),
            conversations=unique((*updated.conversations, opened))[-listed:],
        )
    return summed(updated)


def _spoken(known: Writer | None, message: Message, key: IdentifierKey, at: int) -> Writer:
    writer = known or Writer(key=key, first_at=at, last_at=at)
    trusted = message.actor.level >= Level.AUTHENTICATED
    name = message.name.strip()[:NAME_CHARACTERS_MAX]
    is_better = bool(name) and (trusted or not writer.is_trusted)
    language = message.language
    sure = language is not None and language.confidence >= LANGUAGE_CONFIDENCE_MIN
    return msgspec.structs.replace(
        writer,
        first_at=min(writer.first_at, at),
        last_at=max(writer.last_at, at),
        messages=writer.messages + 1,
        name=name if is_better else writer.name,
        is_trusted=trusted if is_better else writer.is_trusted,
        language=language.code if language is not None and sure else writer.language,
        channels=unique((*writer.channels, message.channel))[:CHANNELS_MAX],
    )


def _come(writer: Writer, at: int) -> Writer:
    return msgspec.structs.replace(
        writer, opened=writer.opened + 1, contacts=latest_contacts((*writer.contacts, at))
    )


def last_open(ids: tuple[ConversationId, ...]) -> tuple[ConversationId, ...]:
    """Return the last of a customer's open conversations, as many as are kept."""
    return unique(ids)[-OPEN_CONVERSATIONS_MAX:]


def unique(values: tuple[Text, ...]) -> tuple[Text, ...]:
    """Return each value once, where it stood first."""
    return tuple(dict.fromkeys(values))
