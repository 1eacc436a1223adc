"""Email: one mail as a server took it in, one message out (RFC 5322, MIME)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import IdentifierKind, email_identifier
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Correspondent
from maitred.normalizer.assemble import Draft, finish
from maitred.normalizer.email import body as mail_body
from maitred.normalizer.email import proof as mail_proof
from maitred.normalizer.email import thread as mail_thread
from maitred.normalizer.email.addresses import Mailbox, mailboxes
from maitred.normalizer.email.dates import sent_at
from maitred.normalizer.email.headers import Headers, subject_of
from maitred.normalizer.email.kind import kind_of
from maitred.normalizer.email.mime import tree
from maitred.normalizer.port import DecodeContext, Decoded

FROM_DIFFERS: Final = "from_differs"
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

    The text holds the new words, as far as they can be told from the rest. The answer goes to the
    sender as the transport knows him, never to Reply-To: only his identifier's key opens his
    history. Who answers a mail of ours from the mailbox that it went to is proven to hold it.
    Message ids stand in angle brackets everywhere, as in the header.

    Raises:
        BadPayload: there is nothing in it.
    """
    if not raw or raw.isspace():
        raise BadPayload("the mail is empty", code="empty")
    root, flags = tree(raw)
    fields = root.headers
    author = _author(fields)
    to, cc = (tuple(_correspondents(fields, name)) for name in ("to", "cc"))
    fingerprint = _fingerprint(author.address, fields, root.body)
    thread = mail_thread.read(fields, inbound, context, fingerprint)
    proof = mail_proof.read(fields, inbound, context.keys, thread.grants)
    body = mail_body.read(root, inbound.sender_key)
    sort = kind_of(root, inbound.recipients, inbound.evidence.facts)
    if _differs(author.address, inbound):
        flags += (FROM_DIFFERS,)
    decoded = finish(
        inbound,
        sequence,
        context,
        Draft(
            pieces=body.pieces,
            html=body.html,
            subject=subject_of(fields),
            name=author.name,
            kind=sort.kind,
            bounce=sort.bounce,
            sender=_correspondent(author),
            to=to,
            cc=cc,
            recipients=tuple(each.address for each in (*to, *cc) if "@" in each.address),
            attachments=body.attachments,
            contents=body.contents,
            thread=thread.hints,
            sent_at=sent_at(fields.first("date")),
            reply_extra=thread.reply_extra,
            flags=flags + thread.flags + sort.flags + body.flags,
            channel_extra=_channel_extra(fields, author.address) | sort.extra,
        ),
    )
    return mail_proof.applied(decoded, proof, context.keys)


def _author(fields: Headers) -> Mailbox:
    """Return who wrote it: of several authors (RFC 5322, section 3.6.2) the first with an address.

    A mail without a From at all is its Sender's.
    """
    values = fields.fields.get("from") or fields.fields.get("sender", ())
    written = [mailbox for value in values for mailbox in mailboxes(value)]
    with_address = (each for each in written if each.address)
    return next(with_address, written[0] if written else Mailbox("", ""))


def _correspondent(mailbox: Mailbox) -> Correspondent:
    return Correspondent(address=mailbox.address, name=mailbox.name)


def _correspondents(fields: Headers, name: str) -> Iterator[Correspondent]:
    for value in fields.fields.get(name, ()):
        yield from map(_correspondent, mailboxes(value))


def _fingerprint(address: str, fields: Headers, body: bytes) -> str:
    """Return a hash that is equal when the same mail comes again on another way.

    What the transport adds (Received, Delivered-To, authentication results) is left out: author,
    Message-ID, Date, Subject and the bytes behind the header block, each with its length. A mail
    without a Message-ID has none: a contact form's script writes the same words for two people.
    """
    if not fields.first("message-id"):
        return ""
    told = (address.lower(), *map(fields.first, ("message-id", "date", "subject")))
    head = b"".join(_size(data) + data for data in (each.encode(errors="replace") for each in told))
    state = hashlib.sha256(head + _size(body))
    state.update(body)
    return state.hexdigest()


def _size(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big")


def _differs(address: str, inbound: Inbound) -> bool:
    """Tell whether the author in the header is not the sender whom the transport knows."""
    sender = inbound.sender.identifier
    if sender.kind is not IdentifierKind.EMAIL:
        return False
    if address.lower() == sender.value:
        return False
    try:
        return email_identifier(address) != sender
    except BadPayload:
        return True


def _channel_extra(fields: Headers, address: str) -> dict[str, str]:
    found = {
        ours: fields.text(theirs) for theirs, ours in _EXTRA.items() if theirs in fields.fields
    }
    return {**found, "from": address}
