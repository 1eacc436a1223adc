"""Documents: the state in the JOURNAL, each under its own subject and compared-and-set."""

from __future__ import annotations

import msgspec

from maitred.contracts.identifiers import Identifier, Level
from maitred.contracts.ids import (
    ComponentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
)


class IdentifierDoc(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="identifier"
):
    """Which component an identifier belongs to; written once, when it is first seen.

    An identifier that was never seen together with another has no component document: its
    component and customer are the ones that its key names.
    """

    version: int = 1
    identifier: Identifier
    key: IdentifierKey
    component: ComponentId
    claimed: bool
    first_seen_at: int


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier inside a component."""

    key: IdentifierKey
    identifier: Identifier


class Edge(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Two identifiers of one person, seen together: `a` < `b`, with the first and last time.

    The same pair at the same level widens the times and nothing else, so order and duplicates
    of the input cannot matter.
    """

    a: IdentifierKey
    b: IdentifierKey
    level: Level
    first_at: int
    last_at: int
    source: MessageId
    """The first message that showed it."""


class CannotLink(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An operator's word that two identifiers are different people; `a` < `b`."""

    a: IdentifierKey
    b: IdentifierKey


class CustomerMembers(msgspec.Struct, frozen=True, kw_only=True):
    """One customer that a component falls into, and its identifiers."""

    customer: CustomerId
    members: tuple[IdentifierKey, ...]


class ComponentDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="component"):
    """A set of identifiers connected by evidence, and the customers it falls into.

    A component that went up into another is an alias of it and holds nothing else.
    """

    version: int = 1
    id: ComponentId
    alias_of: ComponentId | None = None
    members: tuple[Member, ...] = ()
    edges: tuple[Edge, ...] = ()
    cannot_links: tuple[CannotLink, ...] = ()
    customers: tuple[CustomerMembers, ...] = ()
    policy: str = ""
    """Version of the resolver's settings that `customers` was computed with."""


class CustomerDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="customer"):
    """A customer: where he is found, what is known, which conversations are open.

    `open_conversations` are oldest first. A customer that was merged into another is an alias.
    `complaints` counts his conversations that went angry; `last_agent` is who spoke to him last.
    """

    version: int = 1
    id: CustomerId
    component: ComponentId
    alias_of: CustomerId | None = None
    name: str = ""
    language: str = ""
    tier: str = "standard"
    first_seen_at: int
    last_seen_at: int
    messages: int = 0
    channels: tuple[str, ...] = ()
    open_conversations: tuple[ConversationId, ...] = ()
    conversations: tuple[ConversationId, ...] = ()
    """The last ones, open or closed, newest last."""
    complaints: int = 0
    preferences: dict[str, str] = {}


class ThreadDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="thread"):
    """A channel's own thread id, and the conversation and message that it names.

    Where `borrowed` is set, the message only refers to that id, which we never saw: whoever owns
    it takes its place. `at` is when the message came, in UTC milliseconds (0: not kept).
    """

    version: int = 1
    conversation: ConversationId | None
    customer: CustomerId | None
    message: MessageId
    actor_key: IdentifierKey
    borrowed: bool = False
    at: int = 0


class PositionDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="position"):
    """How far a stage has got on a partition, and what became of the inputs so far.

    `inputs` = `applied` + `suppressed` + `dead`: the ledger's own counters, committed with the
    effects that they count.
    """

    version: int = 1
    stage: str
    partition: int
    sequence: int
    applied: int = 0
    suppressed: int = 0
    dead: int = 0
