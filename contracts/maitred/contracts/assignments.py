"""Assignments: what an agent is told of a conversation, from the offer to its end."""

from __future__ import annotations

import msgspec

from maitred.contracts.conversation import MoodTrack, Needs, Turn
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import AgentId, ConversationId, CustomerId, OutboundId, Tenant
from maitred.contracts.message import Entity
from maitred.contracts.routing import Decision, Handoff, RoutingState
from maitred.contracts.vocabulary import Vocabulary


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
    UNDELIVERED = "undelivered"
    """A reply did not reach the customer, or nobody knows; `reason` says why, `reply` which."""
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
    reply: OutboundId | None = None
    """The reply that did not reach the customer."""
