"""Agents: who answers and what they say; people and AI alike."""

from __future__ import annotations

import msgspec

from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.outbound import Content, OutboundFile
from maitred.contracts.routing import Handoff
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
    picture: str = ""
    """The address of his picture, for channels that show one; empty for none."""


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


class Verb(Vocabulary):
    """What an agent can say: the last token of the command's subject."""

    PRESENCE = "presence"
    ACCEPT = "accept"
    DECLINE = "decline"
    REPLY = "reply"
    EDIT = "edit"
    """Say something else in place of an earlier reply of one's own."""
    CANCEL = "cancel"
    """Take back a reply that was to be sent later, and was not sent yet."""
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


class CommandFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes out with a reply: `data` is base64 in JSON."""

    name: str
    content_type: str = "application/octet-stream"
    data: bytes


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="command"):
    """What an agent says; who says it and the verb stand in the subject, which NATS guards.

    `id` is chosen by the agent and makes a repeated command one. `to` is the agent of a
    transfer; without one, a transfer goes to whoever has the `skills` and the `language`, to a
    human where `human` is set. `handoff` comes with a transfer or a requeue. `presence` belongs to
    the verb of that name, `text`, `rests_on` and `asks_proof` to a reply, `reason` to a decline, a
    requeue, a transfer (a word each) or a completion.

    A reply may come of a `template` of the configuration instead of a `text`, in `language` or the
    customer's own, with `variables` in it; it may bring `files`, and be sent at `send_at` (UTC
    milliseconds; 0: now). `target` names the reply that an edit or a cancellation is about: by the
    `id` of one's own command, or by the reply's own id.
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
    template: str = ""
    variables: dict[str, str] = {}
    files: tuple[CommandFile, ...] = ()
    send_at: int = 0
    target: str = ""


class Admitted(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="admitted"):
    """A command that was well-formed, in the journal's order; `at` is when it was received.

    Of a reply, `command` has the text that a template came to, and `files` stand apart, in BLOBS;
    `content` is what goes out in place of the text where the channel lets it through no more.
    `refusal` is the reason why it cannot go out where the customer reads, empty if it can.
    """

    version: int = 1
    agent: AgentId
    verb: Verb
    command: Command
    at: int
    content: Content | None = None
    files: tuple[OutboundFile, ...] = ()
    refusal: str = ""
