"""Routing: where a conversation stands, and why it went there."""

from __future__ import annotations

import msgspec

from maitred.contracts.conversation import MoodTrack, Needs, Turn
from maitred.contracts.ids import AgentId, ConversationId, CustomerId, IdentifierKey, OutboundId
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.message import MoodLabel
from maitred.contracts.vocabulary import Vocabulary


class RoutingState(Vocabulary):
    """Where a conversation stands."""

    WAITING = "waiting"
    HELD = "held"
    """Kept for one agent for a bounded while."""
    OFFERED = "offered"
    ASSIGNED = "assigned"
    WRAPPING = "wrapping"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Handoff(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever had a conversation tells whoever has it next; each entry is a short sentence."""

    summary: str = ""
    tried: tuple[str, ...] = ()
    promised: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """What he could not find out."""


class Uttered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reply that an agent gave, by the command that he gave it with; newest last.

    `to` is the endpoint that it goes to, and `at` when it was said (UTC milliseconds). Of one that
    is to be sent later, `send_at` is when, and `turn` what it will say; 0 once it was sent.
    """

    reply: OutboundId
    command: str
    agent: AgentId
    to: IdentifierKey | None = None
    at: int = 0
    send_at: int = 0
    turn: Turn | None = None


class RoutingDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="routing"):
    """Where a conversation stands; written by dispatch alone.

    `epoch` counts the holders and fences off late commands. `arrived_at` survives every
    transfer. `due_at` is the one deadline of the present state (0: none). `declined` are the
    agents that turned this one down and are passed over. `replies` are the agents' last turns.
    An offer to several stands with all of them, `agent` and `also`, until the first accepts.
    `may_read` and `act_until` are what the gates say of who wrote last, and `reply_to` is where he
    reads: a reply goes to whom the gates were asked about.
    """

    version: int = 1
    conversation: ConversationId
    customer: CustomerId
    state: RoutingState
    epoch: int = 0
    agent: AgentId | None = None
    also: tuple[AgentId, ...] = ()
    previous_agent: AgentId | None = None
    seems: bool = False
    """Whether `previous_agent` served not surely this customer, but whom he seems to be."""
    channel: str
    """Where it counts against an agent's capacity."""
    last_channel: str = ""
    """Where the customer wrote last, and replies go."""
    account: str
    tier: str = "standard"
    needs: Needs = Needs()
    """What it asks of who takes it, `asked` among it."""
    asked: Needs = Needs()
    """What agents who handed it on asked for; it stays, whatever the customer writes."""
    handoff: Handoff | None = None
    hops: int = 0
    """How often machines handed it to machines since its customer wrote last."""
    mood: MoodTrack = MoodTrack()
    unanswered: int = 0
    """How many messages the customer wrote since anybody answered him."""
    waits_since: int = 0
    """When the first of these came (UTC milliseconds); 0: he waits for no answer."""
    arrived_at: int
    state_at: int
    due_at: int = 0
    step: int = 0
    """How many relaxation steps have been taken."""
    declined: tuple[AgentId, ...] = ()
    replies: tuple[Turn, ...] = ()
    uttered: tuple[Uttered, ...] = ()
    """The last replies, which may be edited, and those that are still to be sent."""
    may_read: bool = False
    act_until: int = 0
    reply_to: ReplyTo | None = None
    closed_reason: str = ""


class Due(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="due"):
    """A deadline of a conversation, of an agent, or of a reply that was to be sent later, has come.

    Stale unless `epoch` and `due_at` still hold; an agent has no epochs.
    """

    version: int = 1
    conversation: ConversationId | None = None
    agent: AgentId | None = None
    reply: OutboundId | None = None
    epoch: int = 0
    due_at: int


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One candidate of a decision and how it was judged; `excluded` says why not, if so.

    The `terms` of an offer add up to its `score`: `fit`, `previous` (he served the customer
    before; `seems` where only whom he seems to be), `load` and `flex`. Those of a slot that frees
    multiply up to it: `fit`, `previous` or `seems`, `growth` of urgency by the second, and
    `waited_seconds`, the head start among them.
    """

    agent: AgentId
    score: float = 0.0
    terms: dict[str, float] = {}
    excluded: str = ""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a decision was made from: the conversation as it stood, and the house around it.

    Times are UTC milliseconds; `ranked_from` is the time from which its urgency counts, by the
    clock of the house.
    """

    channel: str = ""
    tier: str = ""
    mood: MoodLabel = MoodLabel.UNKNOWN
    mood_level: float = 0.0
    mood_because: dict[str, float] = {}
    """What moved the mood and by how much of its level, as in `MoodCause`; nobody's words."""
    arrived_at: int = 0
    ranked_from: int = 0
    previous_agent: AgentId | None = None
    declined: tuple[AgentId, ...] = ()
    """Who was passed over, the latest of them."""
    waiting: int = 0
    """How many conversations waited, this one not among them."""
    online: int = 0
    """How many agents took work."""


class Decision(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="decision"):
    """Why a conversation went where it went: enough to argue with, nothing personal."""

    version: int = 1
    conversation: ConversationId
    at: int
    epoch: int
    outcome: RoutingState
    agent: AgentId | None
    rule: str
    """Which step of the policy decided, such as `sticky`, `best_idle`, `queue`, `slot_free`."""
    policy: str
    """Name and hash of the policy and its settings."""
    needs: Needs
    step: int = 0
    lowered: Needs | None = None
    """What was asked for after the steps taken; missing where none was taken."""
    candidates: tuple[Reason, ...] = ()
    """The best ones and the nearest misses, bounded."""
    tie_break: str = ""
    """What decided between equals: `idle_since`, `agent`, `arrival`, `conversation`; empty where
    the score did."""
    reason: str = ""
    """Why whoever had it gave it back, in his own word, such as `low_confidence`."""
    due_at: int = 0
    """Until when the outcome stands, or when it is looked at again at the latest; 0: open."""
    snapshot: Snapshot = Snapshot()
    input: int = 0
    """The journal's sequence of the event that it answers."""
