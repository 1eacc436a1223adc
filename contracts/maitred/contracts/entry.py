"""Entry: a message in the journal, with where it belongs and what the router must know.

One log entry does for both: the journey reads the message, dispatch reads the work. A second
entry for the router would double what a message costs.
"""

from __future__ import annotations

import msgspec

from maitred.contracts.conversation import MoodTrack, Needs, Turn
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey, MessageId
from maitred.contracts.message import Message, ThreadEvidence
from maitred.contracts.vocabulary import Vocabulary


class JoinReason(Vocabulary):
    """Why a message stands in its conversation."""

    THREAD = "thread"
    OPEN_CONVERSATION = "open_conversation"
    OPENED = "opened"
    LOOP = "loop"
    """It goes on with a loop of machines, in a conversation that is over."""
    NONE = "none"
    """It belongs to none: a machine's message outside every known thread."""
    UNKNOWN = "unknown"


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What the router needs to know of a conversation, as of one message."""

    conversation: ConversationId
    customer: CustomerId
    channel: str
    account: str
    needs: Needs
    mood: MoodTrack
    tier: str = "standard"
    may_read: bool = False
    act_until: int = 0
    hint: CustomerId | None = None
    """Who the customer seems to be, without proof: whoever served that one is a good choice."""
    is_quiet: bool = False
    """Whether it only tells more of a conversation, and neither opens nor reopens it."""
    accepted_at: int
    """When the door stored the message, in UTC milliseconds."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that a message names, though its sender is not known to belong there.

    `turn` is the message as it stands there, as a claimed participant's; it is missing where the
    conversation had enough of these for the hour.
    """

    conversation: ConversationId
    evidence: ThreadEvidence
    turn: Turn | None = None


class MessageEntry(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="entry"):
    """One message of a journey; `work` is missing where nobody should be asked to answer.

    `evidence` is what put it into its conversation, where that was a thread.
    """

    version: int = 1
    message: Message
    customer: CustomerId | None
    conversation: ConversationId | None
    joined: JoinReason
    evidence: ThreadEvidence | None = None
    claim: Claim | None = None
    work: Work | None = None


class SuppressedEntry(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="suppressed"
):
    """The same message again, on another way: kept as a fact, with the original's id."""

    version: int = 1
    id: MessageId
    original: MessageId
    actor_key: IdentifierKey
    channel: str
    account: str
    recipients: tuple[str, ...] = ()
    received_at: int
    sequence: int
    """Where the raw message stands in INBOUND."""
