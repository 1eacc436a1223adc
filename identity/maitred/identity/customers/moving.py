"""Moving: what a merge and a split do to the documents of customers.

What each identifier brought stands apart in the customer's document, and each conversation names
the identifier that it hangs on. So whatever falls into one customer or apart, everything goes to
where its identifier is, and a merge that is taken back leaves nothing behind. A customer that went
up into another is an alias and holds nothing.

Every customer whose identifiers change is written, so that whoever writes for him at that moment
has to look again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc, CustomerMembers, Writer
from maitred.contracts.ids import ComponentId, ConversationId, CustomerId, IdentifierKey
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.customers.components import Change, namesake
from maitred.identity.customers.moods import latest_contacts, latest_moods
from maitred.identity.customers.ties import stands_for
from maitred.identity.customers.writers import (
    CHANNELS_MAX,
    MERGED_CONVERSATIONS_MAX,
    STANDARD,
    customer_of,
    fresh,
    last_open,
    summed,
    unique,
)
from maitred.identity.reading import require


def changed_customers(
    change: Change, view: View, subjects: Subjects, at: int
) -> dict[str, msgspec.Struct]:
    """Return, by subject, the customers that `change` touches, and conversations that move.

    Raises:
        NotRead: a customer, or a conversation of one who falls apart or goes together with
            another, has not been loaded.
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
    moved = _Moves(change, known, at)
    documents: dict[str, msgspec.Struct] = {}
    standing = [known[each] for each in old if each in known and known[each].alias_of is None]
    said = _conversations(moved.mixed(standing, old), view, subjects)
    for document in sorted(standing, key=lambda each: (each.first_seen_at, each.id)):
        documents |= moved.take(document, old[document.id], said, subjects)
    for customer, entry in new.items():
        before = known.get(customer) or fresh(customer, change.component, at)
        after = msgspec.structs.replace(
            before,
            component=change.component,
            alias_of=None,
            writers=moved.writers(customer),
            open_conversations=last_open(_by_age(moved.open.get(customer, ()), said)),
            conversations=_by_age(moved.listed.get(customer, ()), said)[-MERGED_CONVERSATIONS_MAX:],
            unidentified=moved.is_nobody(customer),
        )
        after = summed(moved.with_profile(after))
        if after != known.get(customer) or old.get(customer) != entry or change.is_rewritten:
            documents[subjects.customer(customer)] = _as_of(after, change)
    for customer, document in known.items():
        if customer not in new:
            alias = _alias(document, moved.heir(document), change.component)
            documents[subjects.customer(customer)] = _as_of(alias, change)
    return documents


def _as_of(document: CustomerDoc, change: Change) -> CustomerDoc:
    """Return a customer marked with the state of the component that made him what he is."""
    generation = change.document.generation if change.document is not None else 0
    return msgspec.structs.replace(document, generation=generation)


class _Moves:
    """Where what each identifier brought goes."""

    def __init__(self, change: Change, known: Mapping[CustomerId, CustomerDoc], at: int) -> None:
        self._change = change
        self._customers = change.customers
        self._contact_points = frozenset(change.contact_points)
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

    def is_nobody(self, customer: CustomerId) -> bool:
        """Whether a customer is a contact point, which tells nobody apart."""
        return any(
            entry.customer == customer and self._contact_points.issuperset(entry.members)
            for entry in self._customers
        )

    def mixed(
        self, standing: Sequence[CustomerDoc], old: Mapping[CustomerId, CustomerMembers]
    ) -> Iterator[CustomerDoc]:
        """Yield those whose conversations must be looked at one by one."""
        homes = {each.id: self._homes(old[each.id]) for each in standing}
        comers = Counter(home for found in homes.values() for home in found)
        for document in standing:
            together = any(comers[home] > 1 for home in homes[document.id])
            if together or self._is_parted(document, old[document.id]):
                yield document

    def take(
        self,
        document: CustomerDoc,
        entry: CustomerMembers,
        said: Mapping[ConversationId, Conversation],
        subjects: Subjects,
    ) -> dict[str, msgspec.Struct]:
        """Move what a customer has; return the conversations whose customer is another now."""
        heir = self.heir(document)
        self._profiles.setdefault(heir, []).append(document)
        theirs = [said[each] for each in _listed(document) if each in said]
        changed: dict[str, msgspec.Struct] = {}
        if not self._is_parted(document, entry):
            changed = self._shut(theirs, heir, subjects)
            theirs = []
        owners = {each.id: self._owner(each, heir) for each in theirs}
        # Who only claimed to be somebody wrote in a conversation, and goes where that goes.
        guests = {key: owners[each.id] for each in theirs for key in each.participants}
        for writer in document.writers:
            home = customer_of(self._customers, writer.key, writer.first_at)
            brought = self._writers.setdefault(home or guests.get(writer.key, heir), {})
            brought[writer.key] = _together(brought.get(writer.key), writer)
        for conversation in document.open_conversations:
            self.open.setdefault(owners.get(conversation, heir), []).append(conversation)
        for conversation in document.conversations:
            self.listed.setdefault(owners.get(conversation, heir), []).append(conversation)
        for each in theirs:
            after = self._given(each, owners[each.id], document)
            if after != each:
                changed[subjects.conversation(each.id)] = after
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
                    tier=document.tier if document.tier != STANDARD else other.tier,
                    preferences={**other.preferences, **document.preferences},
                )
        return document

    def _homes(self, entry: CustomerMembers) -> tuple[CustomerId, ...]:
        members = frozenset(entry.members)
        return tuple(
            each.customer for each in self._customers if not members.isdisjoint(each.members)
        )

    def _is_parted(self, document: CustomerDoc, entry: CustomerMembers) -> bool:
        """Whether a customer falls apart, or becomes a contact point, or is one no longer."""
        turns = document.unidentified != self.is_nobody(self.heir(document))
        return turns or bool(entry.epochs) or len(self._homes(entry)) > 1

    def _owner(self, said: Conversation, heir: CustomerId) -> CustomerId:
        keys = (said.bearer, *said.participants) if said.bearer else said.participants
        found = (customer_of(self._customers, key, said.opened_at) for key in keys)
        return next((each for each in found if each is not None), heir)

    def _shut(
        self, theirs: Iterable[Conversation], heir: CustomerId, subjects: Subjects
    ) -> dict[str, msgspec.Struct]:
        """Return open conversations of one who goes together with another by a browser alone.

        Neither has shown that what the other one wrote is his.
        """
        opened = [each for each in theirs if each.may_read or each.act_until]
        ends = {each.reply_to.key for each in opened}
        shut = {end for end in ends if not stands_for(self._change, (end,), heir)}
        return {
            subjects.conversation(each.id): msgspec.structs.replace(
                each, may_read=False, act_until=0
            )
            for each in opened
            if each.reply_to.key in shut
        }

    def _given(self, said: Conversation, owner: CustomerId, before: CustomerDoc) -> Conversation:
        """Return a conversation as its owner's; the gates shut where its endpoint is not his."""
        nobody = self.is_nobody(owner)
        home = customer_of(self._customers, said.reply_to.key, self._at)
        shut = nobody or (home is not None and home != owner)
        return msgspec.structs.replace(
            said,
            customer=owner,
            unidentified=nobody if nobody != before.unidentified else said.unidentified,
            may_read=said.may_read and not shut,
            act_until=0 if shut else said.act_until,
        )


def _conversations(
    documents: Iterable[CustomerDoc], view: View, subjects: Subjects
) -> dict[ConversationId, Conversation]:
    ids = [each for document in documents for each in _listed(document)]
    require(view, *map(subjects.conversation, ids))
    found = ((each, view.read(subjects.conversation(each), Conversation)) for each in ids)
    return {each: said for each, said in found if said is not None}


def _listed(document: CustomerDoc) -> tuple[ConversationId, ...]:
    return unique(document.conversations + document.open_conversations)


def _by_age(
    ids: Iterable[ConversationId], said: Mapping[ConversationId, Conversation]
) -> tuple[ConversationId, ...]:
    """Return conversations oldest first; those of which nothing is kept are the oldest."""
    return unique(tuple(sorted(ids, key=lambda each: said[each].opened_at if each in said else 0)))


def _alias(document: CustomerDoc, heir: CustomerId, component: ComponentId) -> CustomerDoc:
    return msgspec.structs.replace(
        document,
        component=component,
        alias_of=heir,
        open_conversations=(),
        conversations=(),
        writers=(),
    )


def _together(known: Writer | None, writer: Writer) -> Writer:
    """Return what a number brought to two customers, once it is one's alone or nobody's."""
    if known is None:
        return writer
    earlier, later = sorted((known, writer), key=lambda each: each.last_at)
    named = later if later.name and later.is_trusted >= earlier.is_trusted else earlier
    return msgspec.structs.replace(
        later,
        first_at=min(earlier.first_at, later.first_at),
        messages=earlier.messages + later.messages,
        complaints=earlier.complaints + later.complaints,
        name=named.name,
        is_trusted=named.is_trusted,
        language=later.language or earlier.language,
        channels=unique((*earlier.channels, *later.channels))[:CHANNELS_MAX],
        mood_sum=earlier.mood_sum + later.mood_sum,
        mood_weight=earlier.mood_weight + later.mood_weight,
        moods=latest_moods((*earlier.moods, *later.moods)),
        opened=earlier.opened + later.opened,
        contacts=latest_contacts((*earlier.contacts, *later.contacts)),
    )
