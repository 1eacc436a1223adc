"""Agents: who answers, what they are told, and what they say; people and AI alike."""

from __future__ import annotations

import msgspec

from maitred.contracts.conversation import MoodTrack, Needs, Turn
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import AgentId, ConversationId, CustomerId, Tenant
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.message import Entity, MoodLabel
from maitred.contracts.vocabulary import Vocabulary


class AgentKind(Vocabulary):
    """Person or machine; the protocol is the same."""

    HUMAN = "human"
    AI = "ai"
    UNKNOWN = "unknown"


class Presence(Vocabulary):
    """Whether an agent takes work."""

    ONLINE = "online"
    AWAY = "away"
    """At hand, keeps what he holds, gets no new offers."""
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class Agent(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agent"):
    """An agent's profile: skills with proficiency 0 to 1, languages likewise, and capacity.

    `capacity` is in units; a conversation weighs what its channel weighs. `per_channel` bounds
    the number of conversations on one channel. `deescalation` (0 to 1) is how well he does with
    an angry customer.
    """

    version: int = 1
    id: AgentId
    kind: AgentKind = AgentKind.HUMAN
    name: str = ""
    skills: dict[str, float] = {}
    languages: dict[str, float] = {}
    deescalation: float = 0.5
    capacity: float = 3.0
    per_channel: dict[str, int] = {}


class AgentDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agent_state"):
    """What dispatch remembers of an agent; his load follows from the routing documents.

    Times are UTC milliseconds. `due_at` is when he must be looked at again (0: never): his room
    grows, he is spared no longer, or he may have been silent for too long.
    """

    version: int = 1
    id: AgentId
    presence: Presence = Presence.OFFLINE
    presence_at: int = 0
    idle_since: int = 0
    missed_offers: int = 0
    seen_at: int = 0
    """When he last gave a sign of life, as far as that was worth writing down."""
    allowance: int = 0
    """What he may have at present, in thousandths of a unit, while he ramps up; 0: all."""
    angry_in_a_row: int = 0
    """How many angry customers he accepted one after the other."""
    spared_until: int = 0
    """Until when he is given no angry customer; 0: he is."""
    due_at: int = 0

    @property
    def spared(self) -> bool:
        """Whether he is given no angry customer for now."""
        return self.spared_until > 0


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
    may_read: bool = False
    act_until: int = 0
    reply_to: ReplyTo | None = None
    closed_reason: str = ""


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


class IdentityBrief(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is, as far as may be said."""

    customer: CustomerId
    name: str
    trust: Level
    """The level of who wrote last; below 2 the rest of the journey is withheld."""
    tier: str = "standard"
    language: str = ""
    known_since: int = 0
    messages: int = 0
    channels: tuple[str, ...] = ()
    may_read: bool = False
    """Whether an answer may draw on the journey: who wrote last may read it. A reply that says
    `rests_on: "history"` is refused otherwise."""
    act_until: int = 0
    """Until when he may act (UTC milliseconds): after it, a reply that rests on an act is refused
    and he must prove again who he is."""
    hint: CustomerId | None = None
    """Whom he claims to be, or seems to be, without proof. Never tell him, never rely on it."""


class JourneyStep(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier conversation of the same customer."""

    conversation: ConversationId
    opened_at: int
    last_at: int
    subject: str
    channels: tuple[str, ...]
    state: RoutingState
    mood: MoodTrack


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """What a good maître d' would tell whoever takes the table; bounded in bytes."""

    identity: IdentityBrief
    subject: str
    needs: Needs
    mood: MoodTrack
    handoff: Handoff | None = None
    turns: tuple[Turn, ...]
    entities: tuple[Entity, ...] = ()
    journey: tuple[JourneyStep, ...] = ()
    preferences: dict[str, str] = {}
    complaints: int = 0
    why: tuple[str, ...] = ()
    """Why this agent, in words."""
    cut: bool = False
    """Older turns were left out to stay within the bound."""


class AssignmentState(Vocabulary):
    """What an event on `assign.<agent>.<conversation>` tells."""

    OFFERED = "offered"
    ASSIGNED = "assigned"
    TURN = "turn"
    """The customer wrote again in a conversation that the agent holds."""
    CLAIMED = "claimed"
    """Somebody who may not belong to it wrote into a conversation that the agent holds."""
    UPDATED = "updated"
    """An operator changed what belongs to a conversation of the agent: `brief` has it as it is."""
    REVOKED = "revoked"
    CLOSED = "closed"
    REFUSED = "refused"
    """A command of the agent was refused; `reason` says why."""
    UNKNOWN = "unknown"


class Assignment(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="assignment"):
    """An event for one agent; times are UTC milliseconds.

    `epoch` must come back in every command about the conversation. `brief` comes with offers and
    updates, `turn` with further messages, `reason` and `command` with refusals and revocations.
    `may_read` and `act_until` are what the gates say now: the newest event about a conversation
    counts.
    """

    version: int = 1
    tenant: Tenant
    state: AssignmentState
    conversation: ConversationId | None
    agent: AgentId
    epoch: int
    at: int
    channel: str = ""
    arrived_at: int = 0
    accepted_at: int = 0
    """When the door stored the message that this offer answers."""
    expires_at: int = 0
    may_read: bool = False
    act_until: int = 0
    brief: Brief | None = None
    turn: Turn | None = None
    decision: Decision | None = None
    reason: str = ""
    command: str = ""
    """The id of the command that this answers."""


class Verb(Vocabulary):
    """What an agent can say: the last token of the command's subject."""

    PRESENCE = "presence"
    ACCEPT = "accept"
    DECLINE = "decline"
    REPLY = "reply"
    REQUEUE = "requeue"
    TRANSFER = "transfer"
    COMPLETE = "complete"
    UNKNOWN = "unknown"


class RestsOn(Vocabulary):
    """What a reply draws on, so that the gates can refuse it in time."""

    CONVERSATION = "conversation"
    """Nothing but this conversation; always allowed."""
    HISTORY = "history"
    """More of the customer than this conversation (READ gate)."""
    ACT = "act"
    """Something was done or changed in the customer's name (ACT gate)."""
    UNKNOWN = "unknown"


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="command"):
    """What an agent says; who says it and the verb stand in the subject, which NATS guards.

    `id` is chosen by the agent and makes a repeated command one. `to` is the agent of a
    transfer; without one, a transfer goes to whoever has the `skills` and the `language`, to a
    human where `human` is set. `handoff` comes with a transfer or a requeue. `presence` belongs to
    the verb of that name, `text`, `rests_on` and `asks_proof` to a reply, `reason` to a decline, a
    requeue, a transfer (a word each) or a completion.
    """

    version: int = 1
    id: str
    conversation: ConversationId | None = None
    epoch: int = 0
    presence: Presence | None = None
    text: str = ""
    rests_on: RestsOn = RestsOn.CONVERSATION
    asks_proof: bool = False
    """Whether the customer's answer to this mail shall prove that the mailbox is his."""
    reason: str = ""
    to: AgentId | None = None
    skills: dict[str, float] = {}
    language: str = ""
    human: bool = False
    handoff: Handoff | None = None


class Admitted(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="admitted"):
    """A command that was well-formed, in the journal's order; `at` is when it was received."""

    version: int = 1
    agent: AgentId
    verb: Verb
    command: Command
    at: int


class Due(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="due"):
    """A deadline of a conversation, or of an agent, has come.

    Stale unless `epoch` and `due_at` still hold; an agent has no epochs.
    """

    version: int = 1
    conversation: ConversationId | None = None
    agent: AgentId | None = None
    epoch: int = 0
    due_at: int
