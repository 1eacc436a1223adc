"""Inbound: one message exactly as a channel delivered it, with what its transport proved."""

from __future__ import annotations

import msgspec

from maitred.contracts.identifiers import Identifier, Observed
from maitred.contracts.ids import IdentifierKey, MessageId, Tenant
from maitred.contracts.vocabulary import Vocabulary


class Verification(Vocabulary):
    """How the transport vouched for the sender."""

    NONE = "none"
    SIGNATURE = "signature"
    """A provider's signature over the request (Twilio, Slack)."""
    CONNECTION = "connection"
    """It came by a connection that we opened to the provider, with our own credentials."""
    TOKEN = "token"  # noqa: S105  (the name of a method, not a secret)
    """Our own signed visitor token."""
    DMARC = "dmarc"
    """A DMARC pass, evaluated by a relay we trust."""
    REPLY_TOKEN = "reply_token"  # noqa: S105  (the name of a method, not a secret)
    """Our signed word in a mail of ours, which came back from the mailbox that it went to."""
    UNKNOWN = "unknown"


class BlobRef(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes in BLOBS: whose they are (a sender key), by content, and how many."""

    owner: IdentifierKey
    sha256: str
    size: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the transport proved about the sender, as it stood when the message came.

    `observed` are further identifiers of the *same* person seen in the same authenticated
    context (the address in a Slack profile, the account in a chat token), never those of
    other participants. `facts` are the transport's own words for the record, such as
    `{"dmarc": "pass"}` or `{"retry": "1"}`.
    """

    verification: Verification = Verification.NONE
    observed: tuple[Observed, ...] = ()
    facts: dict[str, str] = {}
    name: str = ""
    """What the sender calls himself; a claim."""
    proven_at: int = 0
    """When somebody last proved in this session who he is (UTC milliseconds; 0: nobody did)."""


class Inbound(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="inbound"):
    """A raw message, stored before its sender is acknowledged; times are UTC milliseconds.

    `provider_id` is the channel's own id for it and is the same for every retry, so it makes
    the message's id. `recipients` are the delivery facts: whom it was addressed to. The body
    stands inline, or, when it is larger than `BODY_INLINE_BYTES_MAX`, in a blob.
    """

    version: int = 1
    tenant: Tenant
    id: MessageId
    channel: str
    account: str
    provider_id: str
    sender: Observed
    sender_key: IdentifierKey
    received_at: int
    content_type: str
    recipients: tuple[str, ...] = ()
    evidence: Evidence = Evidence()
    body: bytes | None = None
    blob: BlobRef | None = None


class ReplyTo(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer goes: an endpoint of a channel and the thread in it.

    `endpoint` is the identifier that will read the answer; `key` is its keyed hash. `thread` and
    `extra` are the channel's own words (a Slack channel and thread, a mail's references).
    """

    channel: str
    account: str
    endpoint: Identifier
    key: IdentifierKey
    thread: str = ""
    is_private: bool = True
    """Whether nobody but the owner of the endpoint reads there."""
    extra: dict[str, str] = {}
