"""Conversation: one concern of one customer, across channels, and what it takes to answer it."""

from __future__ import annotations

import msgspec

from maitred.contracts.identifiers import Level
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    OperationId,
    Tenant,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.message import Entity, MessageKind, MoodLabel
from maitred.contracts.vocabulary import Vocabulary


class Speaker(Vocabulary):
    """Who said a turn."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"
    CLAIMED = "claimed"
    """Somebody who names this conversation and whom nothing proves to belong to it."""
    UNKNOWN = "unknown"


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one message has in a turn of several; times are UTC milliseconds.

    So many `characters` of the turn's text and so many of its `attachments` are its own, each in
    the order of the messages; `between` stands before its words where others have said some.
    `edited_at` and `deleted` are as in the turn, of this message alone.
    """

    at: int
    between: str = "\n"
    characters: int = 0
    attachments: int = 0
    edited_at: int = 0
    deleted: bool = False


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said, by either side; `text` is bounded, `cut` tells that more was said.

    `parts` are the messages that belong to one turn with `message`, in their order, and `shares`
    say what each of them has in it, `message` first; both are empty where it is one message.
    `actor` is the key of the customer's identifier that wrote it. `edited_at` is when it was
    changed last (0: never); what is `deleted` was taken back by its author, and its words are gone.
    """

    at: int
    speaker: Speaker
    channel: str
    text: str
    kind: MessageKind = MessageKind.MESSAGE
    message: MessageId | None = None
    parts: tuple[MessageId, ...] = ()
    shares: tuple[Share, ...] = ()
    actor: IdentifierKey | None = None
    agent: AgentId | None = None
    name: str = ""
    attachments: tuple[str, ...] = ()
    edited_at: int = 0
    deleted: bool = False
    cut: bool = False

    def holds(self, message: MessageId) -> bool:
        """Whether a message is this turn, or one of its parts."""
        return message == self.message or message in self.parts


class SkillNeed(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A skill and the least proficiency, 0 to 1, that will do."""

    skill: str
    level: float = 0.0


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a conversation asks of who takes it.

    `language` is an ISO 639-1 code or empty; `priority_minutes` is a head start in the queue.
    `because` names the rules that said so.
    """

    skills: tuple[SkillNeed, ...] = ()
    language: str = ""
    human_only: bool = False
    priority_minutes: float = 0.0
    because: tuple[str, ...] = ()


class MoodSample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The mood of one message, at a time (UTC milliseconds), and the words that drove it."""

    at: int
    valence: float
    arousal: float
    confidence: float
    words: tuple[str, ...] = ()


class MoodCause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that moved a mood: what, and by how much of its level.

    `what` is `message` (of the time `at`, driven by `words`), `earlier` (what he wrote in other
    conversations before this one), `baseline` (how he usually writes), `repeated` (he comes again
    within days), `waiting` or `unanswered` (he wrote again before anybody answered).
    """

    what: str
    shift: float
    at: int = 0
    words: tuple[str, ...] = ()


class MoodTrack(msgspec.Struct, frozen=True, kw_only=True):
    """The mood of a journey: `level` -1 to 1, `slope` per message, `volatility` >= 0.

    All of it is as of the last message, at `at` (UTC milliseconds). `because` is what moved the
    level, the most first. `baseline` (how the customer usually writes), `contacts` (how often he
    has come lately, this time among them), `repeats` (how often more than he usually does),
    `complaints` (his conversations that went angry before) and `earlier` (the last messages of his
    in others) are what was known of him when the conversation began, and stay so.
    """

    level: float = 0.0
    slope: float = 0.0
    volatility: float = 0.0
    confidence: float = 0.0
    label: MoodLabel = MoodLabel.CALM
    spoken: MoodLabel = MoodLabel.UNKNOWN
    """What the label would be but for waiting; unknown where waiting has not changed it."""
    worst: MoodLabel = MoodLabel.CALM
    """The worst that his words made it in this conversation."""
    at: int = 0
    baseline: float = 0.0
    contacts: int = 1
    repeats: float = 0.0
    complaints: int = 0
    because: tuple[MoodCause, ...] = ()
    earlier: tuple[MoodSample, ...] = ()
    samples: tuple[MoodSample, ...] = ()

    def bare(self) -> MoodTrack:
        """Return it without what it was made of: no samples, and nobody's words."""
        because = tuple(
            msgspec.structs.replace(cause, words=()) if cause.words else cause
            for cause in self.because
        )
        return msgspec.structs.replace(self, because=because, earlier=(), samples=())

    def silenced(self, at: frozenset[int] | None = None) -> MoodTrack:
        """Return it without the words of the messages of these times, or of all."""

        def silent(each: MoodSample | MoodCause) -> bool:
            return bool(each.words) and (at is None or each.at in at)

        return msgspec.structs.replace(
            self,
            because=tuple(
                msgspec.structs.replace(each, words=()) if silent(each) else each
                for each in self.because
            ),
            samples=tuple(
                msgspec.structs.replace(each, words=()) if silent(each) else each
                for each in self.samples
            ),
        )


class Conversation(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="conversation"
):
    """What was said by the customer and what it needs; intake's, and a replay may retell a turn.

    `reply_to` is where the customer wrote last, `trust` the level of who wrote last, and
    `participants` are the keys of all who wrote. `messages` counts them. Turns of claimed
    participants change nothing but `turns`.
    """

    version: int = 1
    id: ConversationId
    tenant: Tenant
    customer: CustomerId
    opened_by: MessageId
    opened_at: int
    last_at: int
    channels: tuple[str, ...]
    account: str
    reply_to: ReplyTo
    trust: Level
    participants: tuple[IdentifierKey, ...]
    bearer: IdentifierKey | None = None
    """The identifier that the first message hangs on: the conversation goes where it goes."""
    name: str = ""
    subject: str = ""
    language: str = ""
    tier: str = "standard"
    needs: Needs = Needs()
    mood: MoodTrack = MoodTrack()
    turns: tuple[Turn, ...] = ()
    entities: tuple[Entity, ...] = ()
    messages: int = 0
    may_read: bool = False
    """Whether an answer may draw on more of the customer than this conversation (READ gate)."""
    act_until: int = 0
    """Until when who wrote last may act for the customer (ACT gate, UTC milliseconds)."""
    hint: CustomerId | None = None
    """Whom the writer claims to be, or seems to be, without proof: for routing, never for him."""
    unidentified: bool = False
    """Who wrote last cannot be told from others: a contact point, or an unproven name."""
    joined_into: ConversationId | None = None
    """The conversation that an operator joined this one into; it stands there now."""
    joined: tuple[ConversationId, ...] = ()
    """Those that were joined into this one; each keeps what was said in it."""
    split_from: ConversationId | None = None
    """The conversation that this one came of when an operator split it, if it did."""
    split_by: OperationId | None = None

    @property
    def left_out(self) -> int:
        """How many of the customer's messages no longer stand among the turns."""
        standing = (
            1 + len(turn.parts)
            for turn in self.turns
            if turn.speaker is Speaker.CUSTOMER and turn.kind.wants_an_answer
        )
        return self.messages - sum(standing)
