"""Ids: distinct types, and how each is made.

No id is random. Each is derived from what it names, so that a step that is run again after a
crash makes the same ids and its effects fall on top of the first ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final, NewType

DIGITS: Final = 32
"""Hexadecimal digits of an id: 128 bits."""

_CONVERSATION: Final = re.compile(rf"cnv_[0-9a-f]{{{DIGITS}}}\Z")

MessageId = NewType("MessageId", str)
"""One message as a channel delivered it; the same for every retry of its provider."""
ConversationId = NewType("ConversationId", str)
"""One concern of one customer, named after the message that opened it."""
CustomerId = NewType("CustomerId", str)
ComponentId = NewType("ComponentId", str)
"""A set of identifiers connected by evidence, before limits and cannot-links split it."""
AgentId = NewType("AgentId", str)
"""Chosen by the operator; a NATS token, since it stands in subjects."""
IdentifierKey = NewType("IdentifierKey", str)
"""Keyed hash of an identifier: the only form in which one appears in subjects and headers."""
OutboundId = NewType("OutboundId", str)
OperationId = NewType("OperationId", str)
"""What an operator did about identities or conversations, by which it can be undone."""
Tenant = NewType("Tenant", str)


def digest(*parts: str | bytes, length: int = DIGITS) -> str:
    """Return a NATS-safe hash of `parts`: the first `length` hexadecimal digits of SHA-256."""
    return hashlib.sha256(framed(parts)).hexdigest()[:length]


def framed(parts: Iterable[str | bytes]) -> bytes:
    """Return `parts` as bytes, each with its length before it.

    So no two different lists of parts are the same bytes, and none shares a hash by mistake.
    """
    data = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join([each for one in data for each in (len(one).to_bytes(8, "big"), one)])


def message_id(tenant: Tenant, channel: str, account: str, provider_id: str) -> MessageId:
    """Name a message by the id that its provider gave it, which is stable across retries."""
    return MessageId("msg_" + digest("message", tenant, channel, account, provider_id))


def conversation_id(opened_by: MessageId) -> ConversationId:
    """Name a conversation after the message that opened it."""
    return ConversationId("cnv_" + opened_by.removeprefix("msg_"))


def is_conversation_id(text: str) -> bool:
    """Whether a text that a stranger wrote has the form of a conversation's id."""
    return _CONVERSATION.match(text) is not None


def component_id(first: IdentifierKey) -> ComponentId:
    """Name a component after the identifier that was seen first."""
    return ComponentId("cmp_" + first)


def customer_id(component: ComponentId) -> CustomerId:
    """Name a customer after the identifier that a component would be named after."""
    return CustomerId("cus_" + component.removeprefix("cmp_"))


def epoch_customer_id(key: IdentifierKey, since: int) -> CustomerId:
    """Name a customer of whom nothing is known but a number that was his for a time."""
    return CustomerId("cus_" + digest("epoch", key, str(since)))


def unidentified_customer_id(opened_by: MessageId) -> CustomerId:
    """Name the customer of a conversation whose writer cannot be told from others."""
    return CustomerId("cus_" + digest("unidentified", opened_by))


def operation_id(by: str, kind: str, at: int, *about: str) -> OperationId:
    """Name what an operator did; the same again at another time is another operation."""
    return OperationId("op_" + digest("operation", by, kind, str(at), *about))


def outbound_id(conversation: ConversationId, command_id: str) -> OutboundId:
    """Name a reply after the command that asked for it, so that a repeated command is one."""
    return OutboundId("out_" + digest("outbound", conversation, command_id))
