"""Chat: one JSON frame of our own widget in, one message out."""

from __future__ import annotations

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import IdentifierKind, Observed
from maitred.contracts.inbound import Inbound
from maitred.normalizer.assemble import EXTRA_CHARACTERS_MAX, Draft, finish
from maitred.normalizer.payload import json_object, string
from maitred.normalizer.port import DecodeContext, Decoded
from maitred.normalizer.text import clean


def decode(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    """Read `{"type": "message", "id", "text", "name"?, "email"?, "page"?}`.

    What the visitor claims about himself is in the transport's evidence already, at the level of
    a claim. Frame ids count per visitor, so they name no thread; the answer goes to the visitor's
    token, also where a signed-in account sends.

    Raises:
        BadPayload: it is no such frame, or says nothing.
    """
    frame = json_object(raw)
    if frame.get("type") != "message":
        raise BadPayload("a chat frame of another type", code="unsupported_type")
    text = frame.get("text")
    if not isinstance(text, str):
        raise BadPayload("a chat frame without a text", code="bad_field")
    if not clean(text)[0].strip():
        raise BadPayload("a chat frame with an empty text", code="empty")
    extra = {
        "frame_id": string(frame, "id"),
        "page": string(frame, "page", EXTRA_CHARACTERS_MAX),
    }
    return finish(
        inbound,
        sequence,
        context,
        Draft(text=text, endpoint=_visitor(inbound), channel_extra=extra),
    )


def _visitor(inbound: Inbound) -> Observed:
    seen = (inbound.sender, *inbound.evidence.observed)
    visitors = (each for each in seen if each.identifier.kind is IdentifierKind.VISITOR)
    return next(visitors, inbound.sender)
