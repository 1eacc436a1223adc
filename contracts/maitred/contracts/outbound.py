"""Outbound: replies on their way to the customer, and what became of them."""

from __future__ import annotations

import msgspec

from maitred.contracts.ids import AgentId, ConversationId, CustomerId, OutboundId, Tenant
from maitred.contracts.inbound import BlobRef, ReplyTo
from maitred.contracts.vocabulary import Vocabulary


class OutboundKind(Vocabulary):
    """What is sent."""

    REPLY = "reply"
    CODE = "code"
    """A secret that proves an address: written by no agent, part of no conversation, and for
    nobody's eyes but its addressee's."""
    EDIT = "edit"
    """What stands instead of an earlier reply, which `target` names."""
    UNKNOWN = "unknown"


class OutboundFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes out with a reply; its bytes are in BLOBS."""

    name: str
    content_type: str
    blob: BlobRef


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A template that the provider keeps, and has approved, to send in place of a text.

    `variables` are what stands in its places, by their names there. It takes the place of the text
    `after` that time (UTC milliseconds), when free text is let through no more.
    """

    template: str
    variables: dict[str, str] = {}
    after: int


class Outbound(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="outbound"):
    """One reply to send, once, where the customer wrote last; or a code that he asked for.

    A code's `conversation` only keeps it apart from others, and it has neither customer nor agent.
    `not_before` (UTC milliseconds; 0: at once) is when it is to be sent. `instead_of` names the
    reply that was not read where it went, and goes out once more on another channel.
    """

    version: int = 1
    kind: OutboundKind = OutboundKind.REPLY
    asks_proof: bool = False
    """Whether an answer to it, soon enough, proves who sent it (by mail only)."""
    id: OutboundId
    tenant: Tenant
    conversation: ConversationId
    customer: CustomerId
    agent: AgentId
    agent_name: str = ""
    agent_picture: str = ""
    """The address of the agent's picture, for channels that show one."""
    by_machine: bool = False
    """Whether no person wrote it, which mail must say (RFC 3834, section 5)."""
    to: ReplyTo
    subject: str = ""
    text: str
    content: Content | None = None
    files: tuple[OutboundFile, ...] = ()
    target: OutboundId | None = None
    target_provider_id: str = ""
    """Of an edit: the id that the provider gave to what is edited, as it stood in `Sent`."""
    instead_of: OutboundId | None = None
    not_before: int = 0
    at: int


class ScheduledDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="scheduled"):
    """A reply that is to be sent later, at its `not_before`; empty once it was sent or taken back.

    It goes where the customer read when the agent spoke, whatever happens until then.
    """

    version: int = 1
    outbound: Outbound | None = None


class DeliveryState(Vocabulary):
    """What became of a reply."""

    SENDING = "sending"
    """Handed to the provider; if this is the last word, the outcome is unknown."""
    WAITING = "waiting"
    """Certainly not sent yet; it will be tried again."""
    SENT = "sent"
    """A provider took it."""
    DELIVERED = "delivered"
    """It has reached the customer, as his side says."""
    READ = "read"
    """It was looked at, as the customer's side says."""
    FAILED = "failed"
    UNKNOWN = "unknown"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A provider took a reply; `provider_id` is its id, `thread_ids` name it for later answers."""

    provider_id: str
    thread_ids: tuple[str, ...] = ()
    segments: int = 0
    """How many parts a provider counts and charges; 0 where it counts none."""


class Report(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="report"):
    """What a provider, or the customer's own side, says later of a reply that was sent.

    `state` is `sent`, `delivered`, `read` or `failed`; `error` a code, as in `DeliveryDoc`.
    """

    version: int = 1
    outbound: OutboundId
    channel: str
    account: str
    state: DeliveryState
    at: int
    error: str = ""


class Undelivered(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="undelivered"):
    """A reply did not reach the customer, or nobody knows; `reason` is a code."""

    version: int = 1
    conversation: ConversationId
    outbound: OutboundId
    agent: AgentId
    channel: str
    reason: str
    at: int


class DeliveryDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="delivery"):
    """What became of one reply; `error` is a code, never a text of the provider.

    `threads` are the keyed hashes under which answers to it are known.
    """

    version: int = 1
    id: OutboundId
    conversation: ConversationId
    channel: str
    account: str = ""
    agent: AgentId = AgentId("")
    state: DeliveryState
    at: int
    attempts: int = 1
    provider_id: str = ""
    threads: tuple[str, ...] = ()
    error: str = ""
    segments: int = 0
    sent_at: int = 0
    delivered_at: int = 0
    read_at: int = 0
    away_since: int = 0
    """Since when it has waited for a provider that is away; 0: it does not."""
    again: bool = False
    """Whether it was handed over once more after a time of which nobody knows the outcome."""
