"""A small world for identity tests: a store with revisions, a view on it, and who writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar

import msgspec

from maitred.contracts.conversation import Conversation, MoodSample
from maitred.contracts.documents import ComponentDoc, CustomerDoc, IdentifierDoc
from maitred.contracts.identifiers import (
    Identifier,
    Keys,
    Level,
    Observed,
    account_identifier,
    email_identifier,
    slack_identifier,
    text_identifier,
    visitor_identifier,
)
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey, Tenant, message_id
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.limits import MINUTE_MS
from maitred.contracts.message import Affect, Message, MessageKind, MoodLabel, ThreadHints
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import NotRead
from maitred.identity.conversations.journey import add_turn, claimed_turn, with_turn
from maitred.identity.conversations.loops import as_auto_reply
from maitred.identity.conversations.place import Placement, Tools, place
from maitred.identity.customers.moods import felt
from maitred.identity.policy import Policy
from maitred.identity.reading import read_component

T = TypeVar("T", bound=msgspec.Struct)
TENANT = Tenant("acme")
START = 1_800_000_000_000
TOOLS = Tools(Subjects(TENANT), Keys(TENANT, b"identity-test-secret"), Policy())
CHANNELS = {"email": "email", "phone": "sms", "slack": "slack", "visitor": "chat"}


TRIES_MAX = 50
ANGRY_FROM = 0.8


class Stale(Exception):
    """A document was changed by somebody else since it was read."""


def email(address: str, level: Level = Level.AUTHENTICATED) -> Observed:
    return Observed(identifier=email_identifier(address), level=level)


def slack(user: str, team: str = "T1") -> Observed:
    return Observed(identifier=slack_identifier(team, user), level=Level.AUTHENTICATED)


def phone(number: str) -> Observed:
    return text_identifier(number)


def visitor(name: str) -> Observed:
    return Observed(identifier=visitor_identifier(name), level=Level.AUTHENTICATED)


def account(name: str) -> Observed:
    return Observed(identifier=account_identifier(name), level=Level.SIGNED)


def key_of(observed: Observed) -> IdentifierKey:
    return TOOLS.keys.actor(observed)


def said(
    name: str,
    actor: Observed,
    /,
    *observed: Observed,
    at: int = START,
    kind: MessageKind = MessageKind.MESSAGE,
    thread: ThreadHints | None = None,
    **more: object,
) -> Message:
    """Return a message; `name` is what its provider calls it."""
    channel = CHANNELS.get(actor.identifier.kind.value, "chat")
    message = Message(
        id=message_id(TENANT, channel, "main", name),
        tenant=TENANT,
        channel=channel,
        account="main",
        kind=kind,
        actor=actor,
        actor_key=key_of(actor),
        observed=observed,
        text=f"text of {name}",
        received_at=at,
        thread=thread or ThreadHints(),
        affect=affect_of(name),
        reply_to=ReplyTo(
            channel=channel, account="main", endpoint=actor.identifier, key=key_of(actor)
        ),
    )
    return msgspec.structs.replace(message, **more)


def affect_of(name: str) -> Affect:
    """Return the mood of a message: any, but always the same for one name."""
    valence, confidence = (each / 255 for each in sha256(name.encode()).digest()[:2])
    angry = valence > ANGRY_FROM
    return Affect(
        valence=1 - 2 * valence,
        arousal=0.5,
        label=MoodLabel.ANGRY if angry else MoodLabel.CALM,
        confidence=confidence,
        because=(f"word of {name}",),
    )


def sample_of(message: Message) -> MoodSample:
    affect = message.affect
    assert affect is not None
    return MoodSample(
        at=message.received_at,
        valence=affect.valence,
        arousal=affect.arousal,
        confidence=affect.confidence,
        words=affect.because,
    )


@dataclass
class Loaded:
    """A view that knows what was loaded, each document as of the time of its load."""

    documents: dict[str, tuple[int, msgspec.Struct | None]] = field(default_factory=dict)
    rounds: int = 0

    def read(self, subject: str, shape: type[T]) -> T | None:
        if subject not in self.documents:
            raise NotRead(subject)
        document = self.documents[subject][1]
        assert document is None or isinstance(document, shape)
        return document

    def missing(self, *subjects: str) -> tuple[str, ...]:
        return tuple(subject for subject in subjects if subject not in self.documents)


@dataclass
class World:
    """The store, and a gateway that places one message after the other."""

    tools: Tools = TOOLS
    store: dict[str, tuple[int, msgspec.Struct]] = field(default_factory=dict)
    now: int = START + MINUTE_MS
    sequence: int = 0
    rounds: int = 0

    # -- the store
    def load(self, view: Loaded, subjects: tuple[str, ...]) -> None:
        assert subjects, "a step that asks for nothing would never end"
        for subject in set(subjects) & view.documents.keys():
            stale = view.documents[subject][0] != self.store.get(subject, (0, None))[0]
            assert stale, "asked for what it had"
        for subject in subjects:
            view.documents[subject] = self.store.get(subject, (0, None))
        view.rounds += 1

    def commit(self, view: Loaded, documents: Mapping[str, msgspec.Struct]) -> None:
        """Write all or nothing; every document is compared with what was read of it."""
        for subject in documents:
            read = view.documents.get(subject, (0, None))[0]
            if self.store.get(subject, (0, None))[0] != read:
                raise Stale(subject)
        for subject, document in documents.items():
            self.store[subject] = (self.store.get(subject, (0, None))[0] + 1, document)

    # -- the gateway
    def compute(
        self, message: Message, view: Loaded
    ) -> tuple[Placement, dict[str, msgspec.Struct]]:
        placement = place(message, self.sequence, view, self.tools, self.now)
        documents = dict(placement.documents)
        if placement.conversation is not None and placement.suppressed is None:
            subject = self.tools.subjects.conversation(placement.conversation)
            customer = None
            if placement.customer is not None:
                written = documents.get(self.tools.subjects.customer(placement.customer))
                customer = written if isinstance(written, CustomerDoc) else None
            if placement.loop:
                message = as_auto_reply(message, placement.loop)
            documents[subject] = add_turn(
                placement.previous, message, placement, customer, self.now
            )
            affect = message.affect if message.kind.wants_an_answer else None
            if affect is not None and customer is not None and placement.bearer:
                documents[self.tools.subjects.customer(customer.id)] = felt(
                    customer,
                    placement.bearer,
                    sample_of(message),
                    complains=affect.label is MoodLabel.ANGRY,
                )
        if placement.claimed is not None:
            named = placement.claimed.previous
            turn = claimed_turn(named, message, self.now)
            if turn is not None:
                documents[self.tools.subjects.conversation(named.id)] = with_turn(named, turn)
        return placement, documents

    def take(self, message: Message, before_commit: Callable[[], None] | None = None) -> Placement:
        """Place a message and commit what it writes."""
        self.sequence += 1
        view, tries = Loaded(), 0
        while True:
            try:
                placement, documents = self.compute(message, view)
            except NotRead as needed:
                self.load(view, needed.subjects)
                continue
            if before_commit is not None:
                before_commit()
                before_commit = None
            try:
                self.commit(view, documents)
            except Stale:
                view, tries = Loaded(), tries + 1
                assert tries < TRIES_MAX, "nobody else writes, and still it never commits"
                continue
            self.rounds = view.rounds
            return placement

    def route(self, conversation: ConversationId | None, state: RoutingState) -> None:
        """Say where a conversation stands, as the router would."""
        assert conversation is not None
        routing = RoutingDoc(
            conversation=conversation,
            customer=CustomerId("cus_x"),
            state=state,
            channel="email",
            account="main",
            arrived_at=START,
            state_at=START,
        )
        subject = self.tools.subjects.routing(conversation)
        self.store[subject] = (self.store.get(subject, (0, None))[0] + 1, routing)

    # -- what is known
    def get(self, subject: str, shape: type[T]) -> T:
        document = self.store[subject][1]
        assert isinstance(document, shape)
        return document

    def everything(self) -> Loaded:
        return _All({**self.store})

    def conversation(self, placement: Placement) -> Conversation:
        assert placement.conversation is not None
        return self.get(self.tools.subjects.conversation(placement.conversation), Conversation)

    def customer(self, customer: CustomerId | None) -> CustomerDoc:
        assert customer is not None
        return self.get(self.tools.subjects.customer(customer), CustomerDoc)

    def customers(self, at: int | None = None) -> dict[frozenset[Identifier], CustomerId]:
        """Return who is who, now or at a time, from the pointers and components alone."""
        groups: dict[CustomerId, set[Identifier]] = {}
        for _, document in self.store.values():
            if isinstance(document, IdentifierDoc):
                groups.setdefault(self.owner(document, at), set()).add(document.identifier)
        return {frozenset(members): customer for customer, members in groups.items()}

    def owner(self, pointer: IdentifierDoc, at: int | None = None) -> CustomerId:
        found, component = read_component(self.everything(), self.tools.subjects, pointer.component)
        if component is None:
            return CustomerId("cus_" + found.removeprefix("cmp_"))
        when = self.now if at is None else at
        (owner,) = [c.customer for c in component.customers if c.holds(pointer.key, when)]
        return owner

    def components(self) -> list[ComponentDoc]:
        documents = [document for _, document in self.store.values()]
        return [d for d in documents if isinstance(d, ComponentDoc) and d.alias_of is None]


class _All(Loaded):
    """Everything the store holds, with nothing left to load."""

    def read(self, subject: str, shape: type[T]) -> T | None:
        document = self.documents.get(subject, (0, None))[1]
        assert document is None or isinstance(document, shape)
        return document

    def missing(self, *subjects: str) -> tuple[str, ...]:
        return subjects[:0]
