"""Belongings: all that the store holds of one person, and where; read, and nothing is decided.

An erasure and an export ask the same: which identifiers, customers and conversations are his, what
he wrote from endpoints that are others' too, and what he has in conversations of others. Only ids
are kept in memory, however much he wrote.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from maitred.contracts.documents import CustomerDoc, Epoch, IdentifierDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.identifiers import Identifier
from maitred.contracts.ids import (
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    component_id,
    conversation_id,
    customer_id,
)
from maitred.contracts.message import Entity
from maitred.contracts.operations import OperationDoc
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import count
from maitred.gateway.journal.lookup import Lookup, decoded
from maitred.identity.customers.components import Tools
from maitred.identity.erasure.extent import Holding, Part, Person, holding_of
from maitred.identity.hints import claims_of

PAGE: Final = 64
"""How many entries are read at once; each may be some hundred kilobytes."""


@dataclass(frozen=True, slots=True)
class Seed:
    """Whom to begin with: a customer, and what is known to be his already.

    `claimed` are keys under which somebody only claimed to be him.
    """

    customer: CustomerId
    keys: frozenset[IdentifierKey] = frozenset()
    claimed: frozenset[IdentifierKey] = frozenset()
    shared: Mapping[IdentifierKey, tuple[Epoch, ...]] = field(default_factory=dict)
    customers: frozenset[CustomerId] = frozenset()
    conversations: frozenset[ConversationId] = frozenset()

    def holding(self) -> Holding:
        """Return what is known of his identifiers.

        A contact point is his alone as far as a customer is named after it; nobody else is.
        """
        names = self.customers | {self.customer}
        own = {key for key in self.shared if customer_id(component_id(key)) in names}
        return Holding(self.keys, self.shared, self.keys | own)


@dataclass(frozen=True, slots=True)
class Belongings:
    """What there is of a person.

    `parts` are by conversation of others, `written` is what he wrote from shared endpoints, by
    message, and `claims` are keys of identifiers that he claimed.
    """

    person: Person
    parts: Mapping[ConversationId, Part] = field(default_factory=dict)
    written: frozenset[MessageId] = frozenset()
    claims: frozenset[IdentifierKey] = frozenset()
    messages: int = 0


class _Owned(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a conversation is, and what was joined; all the rest is not kept in memory."""

    customer: CustomerId
    joined_into: ConversationId | None = None
    joined: tuple[ConversationId, ...] = ()


@dataclass(slots=True)
class _Draft:
    """A part of a conversation while it is put together."""

    messages: set[MessageId] = field(default_factory=set)
    entities: set[Entity] = field(default_factory=set)
    counted: int = 0

    def part(self) -> Part:
        return Part(frozenset(self.messages), self.counted, frozenset(self.entities))


class Finder:
    """Finds the belongings of one person, with what was read of documents remembered.

    With `claims`, what only claims to be his is counted among them: it names nobody else.
    """

    def __init__(self, connection: Connection, tools: Tools, *, claims: bool = True) -> None:
        self._with_claims = claims
        self._connection = connection
        self._tools = tools
        self._subjects = tools.subjects
        self._documents = Lookup(connection, tools.subjects)
        self._claims: set[IdentifierKey] = set()
        self._messages = 0

    async def find(self, seed: Seed) -> Belongings:
        """Return all that is known of the person that `seed` names.

        Raises:
            StoreUnavailable: the store does not answer, or a replica of it is behind.
        """
        await self._documents.begin()
        self._claims.clear()
        self._messages = 0
        person = await self._known_by(seed)
        person, others = await self._in_conversations(person, seed)
        drafts = {each: _Draft() for each in others}
        written: set[MessageId] = set()
        if others or person.holding.shared:
            async for entry in self._entries((*person.keys, *person.holding.shared)):
                if not person.wrote(entry):
                    continue
                if entry.message.actor_key in person.holding.shared:
                    written.add(entry.message.id)
                _add(drafts, entry)
        return Belongings(
            person=person,
            parts={each: draft.part() for each, draft in drafts.items()},
            written=frozenset(written),
            claims=frozenset(self._claims),
            messages=self._messages,
        )

    # -- who he is
    async def _known_by(self, seed: Seed) -> Person:
        """Follow customers to their identifiers, and these to customers, until nothing is new."""
        holding = seed.holding()
        claimed = set(seed.claimed) if self._with_claims else set()
        customers: set[CustomerId] = set()
        seen: set[IdentifierKey] = set()
        ahead = {seed.customer, *seed.customers}
        while ahead or holding.whole - seen:
            for name in ahead:
                found, document = await self._documents.customer(name)
                customers |= {name, found}
                if document is not None:
                    component = await self._documents.root(document.component)
                    holding = holding.with_(holding_of(document, component))
            ahead = set()
            for key in holding.whole - seen:
                seen.add(key)
                ahead |= await self._owners(key, customers)
                claimed |= await self._claimed(key)
            ahead -= customers
        for key, epochs in holding.shared.items():
            if epochs:
                for twin in await self._claimed(key):
                    his = tuple(msgspec.structs.replace(epoch, key=twin) for epoch in epochs)
                    holding = holding.with_(Holding(shared={twin: his}))
        return Person(
            customer=seed.customer,
            holding=holding,
            claimed=frozenset(claimed - holding.whole),
            customers=frozenset(customers),
            conversations=seed.conversations,
        )

    async def _claimed(self, key: IdentifierKey) -> set[IdentifierKey]:
        """Return the key under which somebody stands who only claims an identifier."""
        identifier = await self._identifier(key) if self._with_claims else None
        return {self._tools.keys.claimed(identifier)} if identifier is not None else set()

    async def _owners(self, key: IdentifierKey, customers: set[CustomerId]) -> set[CustomerId]:
        """Return the customers that an identifier makes: who has it now, and who has its name."""
        owners: set[CustomerId] = set()
        pointer = await self._documents.one(self._subjects.identifier(key), IdentifierDoc)
        lead = pointer.component if pointer is not None else component_id(key)
        component = await self._documents.root(lead)
        if component is not None and key not in component.contact_points:
            owners |= {
                each.customer
                for each in component.customers
                if key in each.members and all(epoch.key != key for epoch in each.epochs)
            }
        name = customer_id(component_id(key))
        namesake = await self._documents.one(self._subjects.customer(name), CustomerDoc)
        if namesake is not None:
            found, _ = await self._documents.customer(name)
            if namesake.alias_of is None or found in customers | owners:
                owners.add(name)
        return owners

    async def _identifier(self, key: IdentifierKey) -> Identifier | None:
        pointer = await self._documents.one(self._subjects.identifier(key), IdentifierDoc)
        if pointer is not None:
            return pointer.identifier
        component = await self._documents.root(component_id(key))
        members = component.members if component is not None else ()
        return next((each.identifier for each in members if each.key == key), None)

    # -- where he wrote
    async def _in_conversations(
        self, person: Person, seed: Seed
    ) -> tuple[Person, frozenset[ConversationId]]:
        """Return the person with his conversations, and those of others in which he has a part."""
        opened: set[ConversationId] = set()
        named: set[ConversationId] = set()
        nearby: set[ConversationId] = set()
        customers = set(person.customers)
        async for entry in self._entries((*person.keys, *person.holding.shared)):
            if entry.message.actor_key not in person.keys:
                if entry.conversation is not None:
                    nearby.add(entry.conversation)
                continue
            self._messages += 1
            self._claims |= set(claims_of(entry.message, self._tools.keys, self._tools.policy))
            if entry.conversation is not None:
                named.add(entry.conversation)
                if entry.conversation == conversation_id(entry.message.id):
                    opened.add(entry.conversation)
            if entry.claim is not None:
                named.add(entry.claim.conversation)
            if entry.customer is not None and entry.customer not in customers:
                customers |= await self._nameless(entry.customer, person)
        person = replace(person, customers=frozenset(customers))
        his, others = await self._owned(person, seed, opened, named | nearby)
        return (
            replace(person, conversations=frozenset(his)),
            frozenset((named | others) - his),
        )

    async def _nameless(self, name: CustomerId, person: Person) -> set[CustomerId]:
        """Return a customer that nothing but the person's keys ever wrote for, if it is one."""
        found = await self._documents.one(self._subjects.customer(name), CustomerDoc)
        if found is None or found.alias_of is not None or not found.unidentified:
            return set()
        writers = {writer.key for writer in found.writers}
        return {name} if writers and writers <= person.keys else set()

    async def _owned(
        self,
        person: Person,
        seed: Seed,
        opened: set[ConversationId],
        possible: set[ConversationId],
    ) -> tuple[set[ConversationId], set[ConversationId]]:
        """Return the person's conversations, and those that his were joined into."""
        listed = set(seed.conversations)
        for name in person.customers:
            document = await self._documents.one(self._subjects.customer(name), CustomerDoc)
            if document is not None and document.alias_of is None:
                listed |= {*document.conversations, *document.open_conversations}
        his, joined = set(seed.conversations), set[ConversationId]()
        ahead = possible | listed
        asked: set[ConversationId] = set()
        while ahead:
            asked |= ahead
            further: set[ConversationId] = set()
            await self._documents.load(map(self._subjects.conversation, ahead), _Owned)
            await self._documents.load(map(self._subjects.routing, ahead), _Owned)
            for each in ahead:
                said = await self._documents.one(self._subjects.conversation(each), _Owned)
                if not await self._is_his(each, said, person, opened):
                    continue
                his.add(each)
                further |= await self._split_off(each)
                if said is not None:
                    further |= set(said.joined)
                    joined |= {said.joined_into} if said.joined_into is not None else set()
            further |= joined
            ahead = further - asked
        return his, joined

    async def _is_his(
        self,
        conversation: ConversationId,
        said: _Owned | None,
        person: Person,
        opened: set[ConversationId],
    ) -> bool:
        said = said or await self._documents.one(self._subjects.routing(conversation), _Owned)
        if said is None:
            return conversation in opened or conversation in person.conversations
        found, document = await self._documents.customer(said.customer)
        if said.customer in person.customers or found in person.customers:
            return True
        return document is None and conversation in opened

    async def _split_off(self, conversation: ConversationId) -> set[ConversationId]:
        pattern = self._subjects.operation(conversation, "*")
        records = await self._documents.matching(pattern, OperationDoc)
        return {each.other for each in records if each.other is not None}

    async def _entries(self, keys: Iterable[IdentifierKey]) -> AsyncIterator[MessageEntry]:
        """Yield what stands under identifiers.

        Raises:
            StoreUnavailable: a replica answered that has not all of it.
        """
        for key in sorted(keys):
            subject, read = self._subjects.message(key), 0
            standing, _ = await count(self._connection, JOURNAL, subject)
            if not standing:
                continue
            async for stored in scan(self._connection, JOURNAL, subject, page=PAGE):
                read += 1
                entry = decoded(stored.data, MessageEntry)
                if entry is not None:
                    yield entry
            if read < sum(standing.values()):
                again, _ = await count(self._connection, JOURNAL, subject)
                if read < sum(again.values()):
                    raise StoreUnavailable("a replica has not all that was written")


def _add(drafts: Mapping[ConversationId, _Draft], entry: MessageEntry) -> None:
    """Note a message in the conversations of others that it stands in."""
    message = entry.message
    claimed = entry.claim.conversation if entry.claim is not None else None
    for conversation in {entry.conversation, claimed}:
        if conversation is None or conversation not in drafts:
            continue
        draft = drafts[conversation]
        draft.messages.add(message.id)
        draft.entities |= set(message.entities)
        draft.counted += conversation == entry.conversation and message.kind.wants_an_answer
