"""The workbench: what the normalizer makes of a file, without a gateway, a sender or a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Keys, Level, Observed, visitor_identifier
from maitred.contracts.ids import Tenant, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Message
from maitred.gateway.decoding import Undecodable, attempt
from maitred.normalizer.email.body import pieces_of_html, pieces_of_text
from maitred.normalizer.pieces import gather
from maitred.normalizer.port import DecodeContext, Decoder

NAME: Final = "workbench"
_SENDER: Final = Observed(identifier=visitor_identifier(NAME), level=Level.CLAIMED)
_OF_THE_TRANSPORT: Final = frozenset(
    {
        "schema",
        "version",
        "id",
        "tenant",
        "account",
        "actor",
        "actor_key",
        "verification",
        "observed",
        "received_at",
        "raw",
        "reply_to",
        "affect",
    }
)
"""Fields that a file without its transport cannot fill."""


def keys() -> Keys:
    """Return keys that mean nothing: what the workbench reads is stored nowhere."""
    return Keys(Tenant(NAME), b"a secret that keeps nothing")


def normalize(
    decoder: Decoder,
    channel: str,
    raw: bytes,
    *,
    context: DecodeContext,
    recipients: Sequence[str] = (),
    at: int,
) -> dict[str, Any] | Undecodable:
    """Return a raw message in canonical shape, as plain JSON values, or why it cannot be read.

    `recipients` are the envelope's, `at` is when it was received (UTC milliseconds).
    """
    inbound = Inbound(
        tenant=context.keys.tenant,
        id=message_id(context.keys.tenant, channel, NAME, NAME),
        channel=channel,
        account=NAME,
        provider_id=NAME,
        sender=_SENDER,
        sender_key=context.keys.actor(_SENDER),
        received_at=at,
        content_type="application/octet-stream",
        recipients=tuple(recipients),
    )
    found = attempt(decoder, inbound, raw, 0, context)
    return found if isinstance(found, Undecodable) else shown(found.message)


def shown(message: Message) -> dict[str, Any]:
    """Return a message's own fields as plain JSON values; attachments by hash instead of blob."""
    plain: dict[str, Any] = msgspec.to_builtins(message)
    attachments = [_attachment(each) for each in plain["attachments"]]
    kept = {name: value for name, value in plain.items() if name not in _OF_THE_TRANSPORT}
    return {**kept, "attachments": attachments}


def split(case: Mapping[str, Any]) -> dict[str, Any]:
    """Tell the new words of a case `{"id", "text"}` or `{"id", "html"}` from the rest.

    Raises:
        BadPayload: it has neither, or they are no texts.
    """
    text, source = case.get("text"), case.get("html")
    if isinstance(source, str) and text is None:
        pieces = pieces_of_html(source)
    elif isinstance(text, str) and source is None:
        pieces = pieces_of_text(text)
    else:
        raise BadPayload('a case has either "text" or "html", a string', code="bad_field")
    body = gather(pieces)
    return {
        "id": case.get("id"),
        "text": body.text,
        "quoted": body.quoted,
        "signature": body.signature,
    }


def _attachment(plain: dict[str, Any]) -> dict[str, Any]:
    blob = plain["blob"]
    return {
        "name": plain["name"],
        "media_type": plain["content_type"],
        "size": plain["size"],
        "sha256": blob["sha256"] if blob else None,
        "inline": plain["inline"],
        "remote": plain["remote"],
        "cut": plain["cut"],
    }
