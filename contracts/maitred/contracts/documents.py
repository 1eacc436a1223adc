"""Documents: the state in the JOURNAL, each under its own subject and compared-and-set."""

from __future__ import annotations

import msgspec

from maitred.contracts.conversation import MoodSample
from maitred.contracts.identifiers import Identifier, Level
from maitred.contracts.ids import (
    ComponentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    OperationId,
)
from maitred.contracts.vocabulary import Vocabulary


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


class StatementKind(Vocabulary):
    """What an operator says about identifiers."""

    LINK = "link"
    """`a` and `b` are one person: evidence of level 4."""
    UNLINK = "unlink"
    """What showed `a` and `b` together up to `at` counts no more; what comes later does."""
    CANNOT_LINK = "cannot_link"
    """`a` and `b` are different people, whatever is seen later."""
    SHARED = "shared"
    """`a` is used by several people: a contact point, which holds nobody together."""
    BLOCKED = "blocked"
    """`a` is a placeholder and names nobody."""
    REVOKED = "revoked"
    """The evidence of `message` counts no more."""
    UNKNOWN = "unknown"


class Statement(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An operator's word about identifiers, in force until its operation is undone.

    `a` < `b` where there are two; `at` is in UTC milliseconds.
    """

    operation: OperationId
    kind: StatementKind
    a: IdentifierKey
    b: IdentifierKey | None = None
    message: MessageId | None = None
    at: int


class Epoch(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """For how long an identifier that changed hands belonged to one customer: [since, until).

    UTC milliseconds; `until` 0 means that it still does.
    """

    key: IdentifierKey
    since: int = 0
    until: int = 0

    def holds(self, at: int) -> bool:
        """Whether the identifier belonged to the customer at a time."""
        return self.since <= at and (at < self.until or not self.until)


class CustomerMembers(msgspec.Struct, frozen=True, kw_only=True):
    """One customer that a component falls into, and his identifiers.

    A member that is named in `epochs` was his for that time only.
    """

    customer: CustomerId
    members: tuple[IdentifierKey, ...]
    epochs: tuple[Epoch, ...] = ()

    def holds(self, key: IdentifierKey, at: int) -> bool:
        """Whether an identifier belonged to this customer at a time (UTC milliseconds)."""
        if key not in self.members:
            return False
        named = [epoch for epoch in self.epochs if epoch.key == key]
        return not named or any(epoch.holds(at) for epoch in named)


class ComponentDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="component"):
    """A set of identifiers connected by evidence, and the customers it falls into.

    A component that went up into another is an alias of it and holds nothing else.
    `contact_points` are members that hold nobody together; each is a customer of its own here,
    and what is written from there belongs to nobody but its own conversation. `named` are the
    members after which a customer was ever named, in that order, so that who is parted again, or
    merged again, keeps his name.
    """

    version: int = 1
    id: ComponentId
    alias_of: ComponentId | None = None
    members: tuple[Member, ...] = ()
    edges: tuple[Edge, ...] = ()
    statements: tuple[Statement, ...] = ()
    customers: tuple[CustomerMembers, ...] = ()
    contact_points: tuple[IdentifierKey, ...] = ()
    named: tuple[IdentifierKey, ...] = ()
    policy: str = ""
    """Version of the resolver's settings that `customers` was computed with."""
    generation: int = 0
    """How often it was written, over all that went up into it."""


class Claimant(msgspec.Struct, frozen=True, kw_only=True):
    """Who claimed an identifier: the customer that he was then, by which key, and when."""

    customer: CustomerId
    key: IdentifierKey
    at: int


class ClaimDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="claim"):
    """Who claimed an identifier lately without proof, newest last; hints for routing alone.

    Bounded and short-lived, so that nobody fills a store with claims, and kept apart from all
    that merges customers.
    """

    version: int = 1
    claimants: tuple[Claimant, ...] = ()


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """What one identifier brought to its customer, so that a merge can be taken back exactly.

    `name` is what he last called himself, `is_trusted` whether he was authenticated then.
    `complaints` counts the conversations that went angry by what was written from here. Numbers
    that add up are whole, so that their order cannot matter.
    """

    key: IdentifierKey
    first_at: int
    last_at: int
    messages: int = 0
    complaints: int = 0
    name: str = ""
    is_trusted: bool = False
    language: str = ""
    channels: tuple[str, ...] = ()
    mood_sum: int = 0
    """Of each message the valence, bounded, times the confidence, in thousandths."""
    mood_weight: int = 0
    """Of each message the confidence, in thousandths."""
    moods: tuple[MoodSample, ...] = ()
    """The mood of the last messages, newest last, without their words."""
    opened: int = 0
    """How many conversations a message from here opened."""
    contacts: tuple[int, ...] = ()
    """When it did so last, newest last (UTC milliseconds)."""


class CustomerDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="customer"):
    """A customer: where he is found, what is known, which conversations are open.

    `open_conversations` are oldest first. A customer that was merged into another is an alias.
    `complaints` counts his conversations that went angry. What `writers` brought makes up the rest.
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
    writers: tuple[Writer, ...] = ()
    unidentified: bool = False
    """Who wrote from a contact point, or under a name that nothing vouches for: he is known by
    one conversation and by nothing else."""
    generation: int = 0
    """That of his component when his identifiers last changed: who sees an older component beside
    it must read that one again."""


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


class ConsentDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="consent"):
    """Whether whoever reads at an endpoint said stop, and when he last said stop or start.

    It stands under the endpoint's keyed hash and holds nothing else, so that it may outlive an
    erasure: who said stop and was forgotten must not be written to again.
    """

    version: int = 1
    stopped: bool
    at: int


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
