"""Email: one mail as a server took it in, one message out (RFC 5322, MIME)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from typing import Final

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import IdentifierKind, email_identifier
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import SUBJECT_CHARACTERS_MAX, THREAD_REFERENCES_MAX
from maitred.contracts.message import ThreadHints
from maitred.normalizer import mail_body
from maitred.normalizer.addresses import Mailbox, mailboxes
from maitred.normalizer.assemble import Draft, finish
from maitred.normalizer.headers import Headers, message_ids, subject_of
from maitred.normalizer.headers import split as split_headers
from maitred.normalizer.mail_kind import kind_of
from maitred.normalizer.mime import tree
from maitred.normalizer.port import DecodeContext, Decoded
from maitred.normalizer.text import line

FROM_DIFFERS: Final = "from_differs"
REPLY_REFERENCES_MAX: Final = 20
"""References that an answer repeats; RFC 5322 asks for all, mail servers for short headers."""
_DATE_CHARACTERS_MAX: Final = 200
_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EXTRA: Final = {
    "list-id": "list_id",
    "list-unsubscribe": "list_unsubscribe",
    "list-post": "list_post",
    "precedence": "precedence",
    "auto-submitted": "auto_submitted",
    "reply-to": "reply_to_header",
    "x-mailer": "mailer",
}


def decode(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    """Read a mail of any quality.

    The text holds all words, quotes and signature included. The answer goes to the sender as the
    transport knows him, never to Reply-To: only his identifier's key opens his history. Message
    ids stand in angle brackets everywhere, as in the header.

    Raises:
        BadPayload: there is nothing in it.
    """
    if not raw.strip():
        raise BadPayload("the mail is empty", code="empty")
    root, flags = tree(raw)
    fields = root.headers
    author = _author(fields)
    own = message_ids(fields.first("message-id"))[:1]
    refers_to = _refers_to(fields, own)
    body = mail_body.read(root, inbound.sender_key)
    if _differs(author.address, inbound):
        flags += (FROM_DIFFERS,)
    return finish(
        inbound,
        sequence,
        context,
        Draft(
            text=body.text,
            html=body.html,
            subject=subject_of(fields),
            name=author.name,
            kind=kind_of(root, author.address or author.name, inbound.evidence.facts),
            recipients=_recipients(fields),
            attachments=body.attachments,
            contents=body.contents,
            thread=ThreadHints(
                own=own, refers_to=refers_to, fingerprint=_fingerprint(author.address, fields, raw)
            ),
            sent_at=_sent_at(fields.first("date")),
            reply_extra=_reply_extra(fields, own, refers_to),
            flags=flags + body.flags,
            channel_extra=_channel_extra(fields, author.address),
        ),
    )


def _author(fields: Headers) -> Mailbox:
    written = mailboxes(fields.first("from"))
    with_address = (each for each in written if each.address)
    return next(with_address, written[0] if written else Mailbox("", ""))


def _recipients(fields: Headers) -> tuple[str, ...]:
    return tuple(
        mailbox.address
        for name in ("to", "cc")
        for value in fields.fields.get(name, ())
        for mailbox in mailboxes(value)
        if mailbox.address
    )


def _refers_to(fields: Headers, own: tuple[str, ...]) -> tuple[str, ...]:
    """Return the mails that this one answers, nearest first (RFC 5322, section 3.6.4)."""
    answered = message_ids(fields.first("in-reply-to"))
    earlier = message_ids(fields.first("references"))
    found = dict.fromkeys((*answered, *reversed(earlier)))
    return tuple(each for each in found if each not in own)[:THREAD_REFERENCES_MAX]


def _reply_extra(
    fields: Headers, own: tuple[str, ...], refers_to: tuple[str, ...]
) -> dict[str, str]:
    """Return the header values of an answer, its References oldest first."""
    chain = (*reversed(refers_to[: REPLY_REFERENCES_MAX - 1]), *own)
    values = {
        "in_reply_to": " ".join(own),
        "references": " ".join(chain),
        "subject": line(subject_of(fields), SUBJECT_CHARACTERS_MAX),
    }
    return {name: value for name, value in values.items() if value}


def _fingerprint(address: str, fields: Headers, raw: bytes) -> str:
    """Return a hash that is equal when the same mail comes again on another way.

    What the transport adds (Received, Delivered-To, authentication results) is left out: author,
    Message-ID, Date, Subject and the bytes behind the header block, each with its length.
    """
    _, body, _ = split_headers(raw, top=True)
    state = hashlib.sha256()
    for part in (
        address.lower().encode(errors="replace"),
        *(
            fields.first(name).encode(errors="replace")
            for name in ("message-id", "date", "subject")
        ),
        body,
    ):
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.hexdigest()


def _sent_at(value: str) -> int | None:
    """Return the Date field in UTC milliseconds, None if it is broken; without a zone it is UTC."""
    try:
        parsed = parsedate_tz(value[:_DATE_CHARACTERS_MAX])
        if parsed is None:
            return None
        moment = datetime(*parsed[:6], tzinfo=UTC) - timedelta(seconds=parsed[9] or 0)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return (moment - _EPOCH) // _MILLISECOND if moment >= _EPOCH else None


def _differs(address: str, inbound: Inbound) -> bool:
    """Tell whether the author in the header is not the sender whom the transport knows."""
    sender = inbound.sender.identifier
    if sender.kind is not IdentifierKind.EMAIL:
        return False
    try:
        return email_identifier(address) != sender
    except BadPayload:
        return True


def _channel_extra(fields: Headers, address: str) -> dict[str, str]:
    extra = {ours: fields.text(theirs) for theirs, ours in _EXTRA.items()}
    return extra | {"from": address}
