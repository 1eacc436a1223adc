"""Outbound: replies on their way to the customer, and what became of them."""

from __future__ import annotations

import msgspec

from maitred.contracts.ids import AgentId, ConversationId, CustomerId, OutboundId, Tenant
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.vocabulary import Vocabulary


class OutboundKind(Vocabulary):
    """What is sent."""

    REPLY = "reply"
    CODE = "code"
    """A secret that proves an address: written by no agent, part of no conversation, and for
    nobody's eyes but its addressee's."""
    UNKNOWN = "unknown"


class Outbound(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="outbound"):
    """One reply to send, once, where the customer wrote last; or a code that he asked for.

    A code's `conversation` only keeps it apart from others, and it has neither customer nor agent.
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
    to: ReplyTo
    subject: str = ""
    text: str
    at: int


class DeliveryState(Vocabulary):
    """What became of a reply."""

    SENDING = "sending"
    """Handed to the provider; if this is the last word, the outcome is unknown."""
    WAITING = "waiting"
    """Certainly not sent yet; it will be tried again."""
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A provider took a reply; `provider_id` is its id, `thread_ids` name it for later answers."""

    provider_id: str
    thread_ids: tuple[str, ...] = ()


class DeliveryDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="delivery"):
    """What became of one reply; `error` is a code, never a text of the provider.

    `threads` are the keyed hashes under which answers to it are known.
    """

    version: int = 1
    id: OutboundId
    conversation: ConversationId
    channel: str
    state: DeliveryState
    at: int
    attempts: int = 1
    provider_id: str = ""
    threads: tuple[str, ...] = ()
    error: str = ""
