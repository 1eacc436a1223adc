"""Customers: what a merge, a split and a message do to the documents of customers.

What each identifier brought (how often he wrote, when, under which name) stands apart in the
customer's document, and each conversation names the identifier that it hangs on. So whatever falls
into one customer or apart, everything goes to where its identifier is, and a merge that is taken
back leaves nothing behind. A customer that went up into another is an alias and holds nothing.

Every customer whose identifiers change is written, so that whoever writes for him at that moment
has to look again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc, CustomerMembers, Writer
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ComponentId, ConversationId, CustomerId, IdentifierKey
from maitred.contracts.limits import OPEN_CONVERSATIONS_MAX
from maitred.contracts.message import Message
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.components import Change, namesake
from maitred.identity.reading import require

CONVERSATIONS_MAX: Final = 32
"""The last conversations kept by name in a customer; the journal holds all of them."""
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


def changed_customers(
    change: Change, view: View, subjects: Subjects, at: int
) -> dict[str, msgspec.Struct]:
    """Return, by subject, the customers that `change` touches, and conversations that move.

    Raises:
        NotRead: a customer, or a conversation of one that falls apart, has not been loaded.
    """
    if not change.written:
        return {}
    old = {entry.customer: entry for entry in change.before}
    new = {entry.customer: entry for entry in change.customers}
    require(view, *map(subjects.customer, old | new))
    known: dict[CustomerId, CustomerDoc] = {}
    for customer in old | new:
        document = view.read(subjects.customer(customer), CustomerDoc)
        if document is not None:
            known[customer] = document
    moved = _Moves(change.customers, known, at)
    documents: dict[str, msgspec.Struct] = {}
    standing = [known[each] for each in old if each in known and known[each].alias_of is None]
    for document in sorted(standing, key=lambda each: (each.first_seen_at, each.id)):
        documents |= moved.take(document, old[document.id], view, subjects)
    for customer, entry in new.items():
        before = known.get(customer) or fresh(customer, change.component, at)
        after = msgspec.structs.replace(
            before,
            component=change.component,
            alias_of=None,
            writers=moved.writers(customer),
            open_conversations=_last_open(tuple(moved.open.get(customer, ()))),
            conversations=_unique(tuple(moved.listed.get(customer, ())))[-CONVERSATIONS_MAX:],
        )
        after = summed(moved.with_profile(after))
        if after != known.get(customer) or old.get(customer) != entry:
            documents[subjects.customer(customer)] = after
    for customer, document in known.items():
        if customer not in new:
            documents[subjects.customer(customer)] = _alias(
                document, moved.heir(document), change.component
            )
    return documents


def summed(document: CustomerDoc) -> CustomerDoc:
    """Return a customer with what his writers brought together.

    He is called what he was last called where he was authenticated, else what he last called
    himself.
    """
    writers = sorted(document.writers, key=lambda writer: (writer.last_at, writer.key))
    if not writers:
        return document
    name = next(
        (
            each.name
            for trusted in (True, False)
            for each in reversed(writers)
            if each.name and each.is_trusted >= trusted
        ),
        document.name,
    )
    spoken = [each.language for each in writers if each.language]
    first = sorted(writers, key=lambda writer: (writer.first_at, writer.key))
    channels = _unique(tuple(channel for each in first for channel in each.channels))
    return msgspec.structs.replace(
        document,
        name=name,
        language=spoken[-1] if spoken else document.language,
        first_seen_at=min(each.first_at for each in writers),
        last_seen_at=writers[-1].last_at,
        messages=sum(each.messages for each in writers),
        complaints=sum(each.complaints for each in writers),
        channels=channels[:CHANNELS_MAX],
    )


class _Moves:
    """Where what each identifier brought goes."""

    def __init__(
        self,
        customers: Sequence[CustomerMembers],
        known: Mapping[CustomerId, CustomerDoc],
        at: int,
    ) -> None:
        self._customers = customers
        self._known = known
        self._at = at
        self._writers: dict[CustomerId, dict[IdentifierKey, Writer]] = {}
        self._profiles: dict[CustomerId, list[CustomerDoc]] = {}
        self.open: dict[CustomerId, list[ConversationId]] = {}
        self.listed: dict[CustomerId, list[ConversationId]] = {}

    def heir(self, document: CustomerDoc) -> CustomerId:
        """Return who a customer is now: himself, or whoever has the identifier of his name."""
        if any(entry.customer == document.id for entry in self._customers):
            return document.id
        when = document.first_seen_at
        found = customer_of(self._customers, namesake(document.id), when)
        for writer in document.writers:
            found = found or customer_of(self._customers, writer.key, writer.first_at)
        return found or document.alias_of or self._customers[0].customer

    def take(
        self, document: CustomerDoc, entry: CustomerMembers, view: View, subjects: Subjects
    ) -> dict[str, msgspec.Struct]:
        """Move what a customer has; return the conversations whose customer is another now."""
        heir = self.heir(document)
        self._profiles.setdefault(heir, []).append(document)
        for writer in document.writers:
            home = customer_of(self._customers, writer.key, writer.first_at) or heir
            self._writers.setdefault(home, {})[writer.key] = writer
        owners: dict[ConversationId, CustomerId] = {}
        changed: dict[str, msgspec.Struct] = {}
        homes = {customer_of(self._customers, key, self._at) for key in entry.members}
        if len(homes) > 1 or entry.epochs:
            owners, changed = self._owners(document, heir, view, subjects)
        for conversation in document.open_conversations:
            self.open.setdefault(owners.get(conversation, heir), []).append(conversation)
        for conversation in document.conversations:
            self.listed.setdefault(owners.get(conversation, heir), []).append(conversation)
        return changed

    def writers(self, customer: CustomerId) -> tuple[Writer, ...]:
        found = self._writers.get(customer, {}).values()
        return tuple(sorted(found, key=lambda writer: writer.key))

    def with_profile(self, document: CustomerDoc) -> CustomerDoc:
        """Return a customer with what was said of those who went up into him."""
        for other in self._profiles.get(document.id, ()):
            if other.id != document.id:
                document = msgspec.structs.replace(
                    document,
                    name=document.name or other.name,
                    language=document.language or other.language,
                    tier=document.tier if document.tier != STANDARD else other.tier,
                    preferences={**other.preferences, **document.preferences},
                )
        return document

    def _owners(
        self, document: CustomerDoc, heir: CustomerId, view: View, subjects: Subjects
    ) -> tuple[dict[ConversationId, CustomerId], dict[str, msgspec.Struct]]:
        """Return to whom each conversation goes, and those that must say so themselves."""
        ids = _unique(document.conversations + document.open_conversations)
        require(view, *map(subjects.conversation, ids))
        owners: dict[ConversationId, CustomerId] = {}
        changed: dict[str, msgspec.Struct] = {}
        for each in ids:
            said = view.read(subjects.conversation(each), Conversation)
            if said is None:
                continue
            keys = (said.bearer, *said.participants) if said.bearer else said.participants
            found = (customer_of(self._customers, key, said.opened_at) for key in keys)
            owners[each] = owner = next((each for each in found if each is not None), heir)
            if said.customer != owner:
                changed[subjects.conversation(each)] = msgspec.structs.replace(said, customer=owner)
        return owners, changed


def _alias(document: CustomerDoc, heir: CustomerId, component: ComponentId) -> CustomerDoc:
    return msgspec.structs.replace(
        document,
        component=component,
        alias_of=heir,
        open_conversations=(),
        conversations=(),
        writers=(),
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
    writers[bearer] = _spoken(writers.get(bearer), message, bearer, at)
    kept = sorted(writers.values(), key=lambda writer: writer.last_at)[-WRITERS_MAX:]
    updated = msgspec.structs.replace(
        document,
        writers=tuple(sorted(kept, key=lambda writer: writer.key)),
        open_conversations=_last_open(still_open),
    )
    if opened is not None:
        updated = msgspec.structs.replace(
            updated,
            open_conversations=_last_open((*updated.open_conversations, opened)),
            conversations=_unique((*updated.conversations, opened))[-CONVERSATIONS_MAX:],
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
        channels=_unique((*writer.channels, message.channel))[:CHANNELS_MAX],
    )


def _last_open(ids: tuple[ConversationId, ...]) -> tuple[ConversationId, ...]:
    return _unique(ids)[-OPEN_CONVERSATIONS_MAX:]


def _unique(values: tuple[Text, ...]) -> tuple[Text, ...]:
    return tuple(dict.fromkeys(values))
