"""Moments: what a journey is made of when it is shown; nobody writes them down."""

from __future__ import annotations

import msgspec

from maitred.contracts.conversation import Speaker
from maitred.contracts.entry import MessageEntry
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import AgentId, ConversationId, IdentifierKey, MessageId, OutboundId
from maitred.contracts.message import MessageKind
from maitred.contracts.outbound import DeliveryState


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What a message said from a time on (UTC milliseconds); `change` is the edit that made it."""

    at: int
    text: str
    change: MessageId | None = None


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody thought of a message, most often in one sign; `at` is in UTC milliseconds."""

    at: int
    actor: IdentifierKey
    name: str
    text: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One message or reply: what it says now, and all that it ever said.

    `versions` are what it said, from when on, oldest first; there is one unless it was changed.
    `deleted_at` is when its author took it back (0: he did not); then `text` and `attachments` are
    empty and `versions` are not. `entry` is the message as the journal has it, in its newest
    reading; it is missing of replies, and where only a conversation remembers what was said.
    """

    id: MessageId | OutboundId
    at: int
    text: str
    attachments: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    deleted_at: int = 0
    reactions: tuple[Reaction, ...] = ()
    entry: MessageEntry | None = None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a reply; `error` is a code."""

    state: DeliveryState
    at: int
    attempts: int = 1
    error: str = ""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said or done on a journey, by either side; times are UTC milliseconds.

    What was said in one breath is one moment with several `parts`, from `at` to `until`; `text` is
    what all of them say now. `trust` is the level of the least proven of them. A change or a
    reaction is a moment of its own only where what it is about is not here.
    """

    at: int
    until: int
    speaker: Speaker
    channel: str
    conversation: ConversationId | None
    kind: MessageKind = MessageKind.MESSAGE
    name: str = ""
    agent: AgentId | None = None
    trust: Level = Level.CLAIMED
    text: str = ""
    is_edited: bool = False
    is_deleted: bool = False
    parts: tuple[Said, ...] = ()
    delivery: Delivery | None = None
