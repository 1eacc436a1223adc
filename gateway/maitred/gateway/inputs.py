"""Inputs: the journal's entries that dispatch decides on, as the events of the engine."""

from __future__ import annotations

from typing import Final

import msgspec

from maitred.contracts.agents import Admitted
from maitred.contracts.conversation import Speaker, Turn
from maitred.contracts.entry import Claim, Work
from maitred.contracts.ids import MessageId
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.message import Attachment, MessageKind
from maitred.contracts.operations import ConversationChange
from maitred.contracts.outbound import Undelivered
from maitred.contracts.routing import Due
from maitred.router.events import (
    ChangeCame,
    ClaimCame,
    CommandCame,
    DueCame,
    Event,
    UndeliveredCame,
    WorkArrived,
)

INPUTS: Final = ("message", "admitted", "due", "change", "undelivered")
"""The kinds of journal entries that dispatch decides on."""


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    """What dispatch needs of a message; reading the rest would cost as much as deciding."""

    id: MessageId
    channel: str
    kind: MessageKind
    name: str
    text: str
    received_at: int
    attachments: tuple[Attachment, ...]
    reply_to: ReplyTo | None = None


class _Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="entry"):
    """What dispatch needs of a journal entry."""

    message: _Message
    claim: Claim | None = None
    work: Work | None = None


def events_of(subject: str, data: bytes) -> tuple[tuple[Event, ...], int]:
    """Return the engine's events of a journal entry, and when the door stored the message of it.

    Raises:
        msgspec.MsgspecError: it is no entry of a shape that we know.
    """
    kind = subject.split(".")[3]
    if kind == "admitted":
        return (CommandCame(msgspec.json.decode(data, type=Admitted)),), 0
    if kind == "due":
        return (DueCame(msgspec.json.decode(data, type=Due)),), 0
    if kind == "change":
        return (ChangeCame(msgspec.json.decode(data, type=ConversationChange)),), 0
    if kind == "undelivered":
        return (UndeliveredCame(msgspec.json.decode(data, type=Undelivered)),), 0
    entry = msgspec.json.decode(data, type=_Entry)
    events: list[Event] = []
    if entry.work is not None:
        message, is_quiet = entry.message, entry.work.is_quiet
        reply_to = message.reply_to if not is_quiet else None
        events.append(WorkArrived(entry.work, _turn(message), message.id, reply_to))
    if entry.claim is not None and entry.claim.turn is not None:
        events.append(ClaimCame(conversation=entry.claim.conversation, turn=entry.claim.turn))
    return tuple(events), entry.work.accepted_at if entry.work is not None else 0


def _turn(message: _Message) -> Turn:
    proof = message.kind is MessageKind.VERIFICATION
    return Turn(
        at=message.received_at,
        speaker=Speaker.SYSTEM if proof else Speaker.CUSTOMER,
        channel=message.channel,
        text=message.text,
        kind=message.kind,
        message=message.id,
        name=message.name,
        attachments=tuple(each.name for each in message.attachments),
    )
