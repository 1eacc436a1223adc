"""Chat: one JSON frame of our own widget in, with its files or without, one message out.

`docs/chat.md` describes the frames. Those that say nothing for good (typing, heartbeats, marks of
what was read) are no messages and never stored.
"""

from __future__ import annotations

import re
from typing import Final

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import IdentifierKind, Level, Observed
from maitred.contracts.ids import MessageId, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import MessageKind
from maitred.normalizer.assemble import EXTRA_CHARACTERS_MAX, Draft, finish
from maitred.normalizer.chat.brought_files import brought_files, split
from maitred.normalizer.chat.page_address import CHARACTERS_MAX, page_address
from maitred.normalizer.payload import json_object, required, string
from maitred.normalizer.port import DecodeContext, Decoded
from maitred.normalizer.text import clean

_KINDS: Final = {
    "message": MessageKind.MESSAGE,
    "edit": MessageKind.EDIT,
    "delete": MessageKind.DELETE,
    "verified": MessageKind.VERIFICATION,
}
_PROVED: Final = {
    IdentifierKind.EMAIL.value: "Proved by a code that this email address is theirs.",
    IdentifierKind.PHONE.value: "Proved by a code that this phone number is theirs.",
}
"""What an agent reads of a proof: that there is one, and nothing of the address."""
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}\Z")
"""A language tag as browsers give it (RFC 5646, section 2.1)."""


def decode(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    """Read a frame of the type `message`, `edit` or `delete`, or what the door says of a proof.

    What the visitor claims about himself is in the transport's evidence already, at the level of
    a claim. Frame ids count per visitor, so they name no thread, and an edit can only be about
    something that the same visitor said. The answer goes to the visitor's token, also where a
    signed-in account sends. That somebody proved something is believed of the evidence alone.

    Raises:
        BadPayload: it is no such frame, says nothing, names nothing to change, tells of a proof
            that is not in the evidence, or its files are not what it says.
    """
    head, content = split(inbound.content_type, raw)
    frame = json_object(head)
    named = frame.get("type")
    kind = _KINDS.get(named) if isinstance(named, str) else None
    if kind is None:
        raise BadPayload("a chat frame of another type", code="unsupported_type")
    visitor = _visitor(inbound)
    is_change = kind in {MessageKind.EDIT, MessageKind.DELETE}
    target = _said_before(inbound, visitor, frame) if is_change else None
    files = brought_files(frame, content, inbound.sender_key) if content is not None else ()
    return finish(
        inbound,
        sequence,
        context,
        Draft(
            text=_words(kind, inbound, frame, has_files=bool(files)),
            kind=kind,
            target=target,
            endpoint=visitor,
            attachments=tuple(each.attachment for each in files),
            contents={each.sha256: each.data for each in files},
            channel_extra=_context_of(frame),
        ),
    )


def _words(
    kind: MessageKind, inbound: Inbound, frame: dict[str, object], *, has_files: bool
) -> str:
    match kind:
        case MessageKind.DELETE:
            return ""
        case MessageKind.VERIFICATION:
            return _proved(inbound, frame)
    return _text(frame, may_be_empty=has_files)


def _proved(inbound: Inbound, frame: dict[str, object]) -> str:
    proved = string(frame, "kind")
    if proved not in _PROVED or not any(
        each.identifier.kind.value == proved and each.level >= Level.PROVEN
        for each in inbound.evidence.observed
    ):
        raise BadPayload("a proof that is not in the evidence", code="unproven")
    return _PROVED[proved]


def _text(frame: dict[str, object], *, may_be_empty: bool) -> str:
    text = frame.get("text")
    if not isinstance(text, str):
        raise BadPayload("a chat frame without a text", code="bad_field")
    if not may_be_empty and not clean(text)[0].strip():
        raise BadPayload("a chat frame with an empty text", code="empty")
    return text


def _said_before(inbound: Inbound, visitor: Observed, frame: dict[str, object]) -> MessageId:
    """Return the message that a frame is about, which is the same visitor's by the way of its id.

    The connector names a visitor's messages `<visitor>:<frame id>`.
    """
    spoken = f"{visitor.identifier.value}:{required(frame, 'target')}"
    return message_id(inbound.tenant, inbound.channel, inbound.account, spoken)


def _context_of(frame: dict[str, object]) -> dict[str, str]:
    """Return where the visitor was when he wrote: what his browser says, and a claim."""
    language = string(frame, "language")
    return {
        "frame_id": string(frame, "id"),
        "target": string(frame, "target"),
        "page": page_address(string(frame, "page", CHARACTERS_MAX)),
        "referrer": page_address(string(frame, "referrer", CHARACTERS_MAX)),
        "title": string(frame, "title", EXTRA_CHARACTERS_MAX),
        "browser_language": language if _LANGUAGE.match(language) else "",
    }


def _visitor(inbound: Inbound) -> Observed:
    seen = (inbound.sender, *inbound.evidence.observed)
    visitors = (each for each in seen if each.identifier.kind is IdentifierKind.VISITOR)
    return next(visitors, inbound.sender)
