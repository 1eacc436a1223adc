"""What the journal holds of one customer: messages, what changed them, and what was answered."""

from __future__ import annotations

from typing import Any

from maitred.contracts.entry import JoinReason, MessageEntry
from maitred.contracts.identifiers import Observed
from maitred.contracts.ids import AgentId, ConversationId, CustomerId, MessageId, OutboundId
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.message import Attachment, MessageKind, RawReference
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound
from maitred.identity.timeline.line import timeline
from maitred.identity.timeline.moments import Moment
from maitred.identity.timeline.sources import Sources
from tests.identity.world import START, TENANT, key_of, said, slack

ANN = slack("U1")
CONVERSATION = ConversationId("cnv_1")
PHOTO = (Attachment(name="lamp.jpg", content_type="image/jpeg", size=-1),)


def entry(
    label: str,
    /,
    actor: Observed = ANN,
    *,
    at: int = 0,
    conversation: str | None = CONVERSATION,
    sequence: int = 0,
    **more: Any,
) -> MessageEntry:
    """Return a journal entry; `at` is in milliseconds after the start."""
    more = {"affect": None, **more}
    message = said(label, actor, at=START + at, raw=RawReference(sequence=sequence), **more)
    return MessageEntry(
        message=message,
        customer=CustomerId("cus_1"),
        conversation=ConversationId(conversation) if conversation else None,
        joined=JoinReason.OPENED,
    )


def edit(label: str, /, target: MessageEntry, text: str, *, at: int, **more: Any) -> MessageEntry:
    more = {"actor": ANN, **more}
    about = target.message.id
    return entry(label, at=at, kind=MessageKind.EDIT, target=about, text=text, **more)


def delete(label: str, /, target: MessageEntry, *, at: int, **more: Any) -> MessageEntry:
    more = {"actor": ANN, **more}
    return entry(label, at=at, kind=MessageKind.DELETE, target=target.message.id, text="", **more)


def react(
    label: str, /, text: str, *, at: int, target: MessageId | None, **more: Any
) -> MessageEntry:
    more = {"actor": ANN, **more}
    return entry(label, at=at, kind=MessageKind.REACTION, target=target, text=text, **more)


def reply(
    name: str, text: str = "We look into it.", *, at: int = 0, conversation: str = CONVERSATION
) -> Outbound:
    return Outbound(
        id=OutboundId(f"out_{name}"),
        tenant=TENANT,
        conversation=ConversationId(conversation),
        customer=CustomerId("cus_1"),
        agent=AgentId("ann"),
        agent_name="Ann",
        to=ReplyTo(channel="slack", account="main", endpoint=ANN.identifier, key=key_of(ANN)),
        text=text,
        at=START + at,
    )


def delivery(name: str, state: DeliveryState, *, at: int = 0, **more: Any) -> DeliveryDoc:
    return DeliveryDoc(
        id=OutboundId(f"out_{name}"),
        conversation=CONVERSATION,
        channel="slack",
        state=state,
        at=START + at,
        **more,
    )


def moments(*entries: MessageEntry, **more: Any) -> tuple[Moment, ...]:
    return timeline(Sources(entries=entries, **more)).moments
