"""The last step of every decoder: what all channels have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from maitred.contracts.identifiers import Observed
from maitred.contracts.ids import IdentifierKey, MessageId
from maitred.contracts.inbound import BlobRef, Inbound, ReplyTo
from maitred.contracts.limits import (
    ATTACHMENTS_MAX,
    BOUNCED_RECIPIENTS_MAX,
    EMAIL_RECIPIENTS_MAX,
    MESSAGE_REST_BYTES_MAX,
    OBSERVED_IDENTIFIERS_MAX,
    SUBJECT_CHARACTERS_MAX,
)
from maitred.contracts.message import (
    Attachment,
    BouncedRecipient,
    Correspondent,
    Message,
    MessageKind,
    PartKind,
    RawReference,
    ThreadHints,
)
from maitred.normalizer import entities, language
from maitred.normalizer.pieces import Piece, gather
from maitred.normalizer.port import DecodeContext, Decoded
from maitred.normalizer.text import line

EXTRA_CHARACTERS_MAX: Final = 1_000
NAME_CHARACTERS_MAX: Final = 200
RECIPIENT_CHARACTERS_MAX: Final = 320
MEDIA_TYPE_CHARACTERS_MAX: Final = 128
REMOTE_CHARACTERS_MAX: Final = 2_048
ATTACHMENTS_CUT: Final = "attachments_cut"
LISTS_CUT: Final = "lists_cut"
LISTED_MAX: Final = 20
"""How many of each list are kept where all of them would not fit beside the words."""
_FEW: Final = 20
"""So few entries in all lists fit whatever they hold."""
_LISTS: Final = ("to", "cc", "recipients", "attachments", "bounce")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one channel's decoder read, before it is cleaned, bounded and understood.

    `pieces` are the body in its order; a channel without quotes gives only `text`. `endpoint` is
    who will read the answer, the sender unless a channel says otherwise; `is_private` tells that
    nobody else does.
    """

    text: str = ""
    pieces: tuple[Piece, ...] = ()
    html: str = ""
    subject: str = ""
    name: str = ""
    kind: MessageKind = MessageKind.MESSAGE
    sender: Correspondent = field(default_factory=Correspondent)
    to: tuple[Correspondent, ...] = ()
    cc: tuple[Correspondent, ...] = ()
    recipients: tuple[str, ...] = ()
    bounce: tuple[BouncedRecipient, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict)
    thread: ThreadHints = field(default_factory=ThreadHints)
    target: MessageId | None = None
    sent_at: int | None = None
    endpoint: Observed | None = None
    reply_thread: str = ""
    is_private: bool = True
    reply_extra: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    channel_extra: Mapping[str, str] = field(default_factory=dict)


def finish(inbound: Inbound, sequence: int, context: DecodeContext, draft: Draft) -> Decoded:
    """Return the message: text cleaned and bounded, language and entities found."""
    body = gather(draft.pieces or (Piece(PartKind.TEXT, draft.text),))
    text = body.text
    subject = line(draft.subject, SUBJECT_CHARACTERS_MAX)
    spoken = language.identify(text or subject, context.languages)
    attachments = tuple(_bounded(each) for each in draft.attachments[:ATTACHMENTS_MAX])
    kept = {each.blob.sha256 for each in attachments if each.blob is not None}
    flags = dict.fromkeys(draft.flags + body.flags)
    if len(draft.attachments) > ATTACHMENTS_MAX:
        flags[ATTACHMENTS_CUT] = None
    message = Message(
        id=inbound.id,
        tenant=inbound.tenant,
        channel=inbound.channel,
        account=inbound.account,
        kind=draft.kind,
        actor=inbound.sender,
        actor_key=inbound.sender_key,
        verification=inbound.evidence.verification,
        observed=inbound.evidence.observed[:OBSERVED_IDENTIFIERS_MAX],
        proven_at=inbound.evidence.proven_at,
        name=line(inbound.evidence.name or draft.name, NAME_CHARACTERS_MAX),
        sender=_correspondent(draft.sender),
        to=_correspondents(draft.to),
        cc=_correspondents(draft.cc),
        recipients=_recipients(inbound.recipients + draft.recipients),
        text=text,
        quoted=body.quoted,
        signature=body.signature,
        parts=body.parts,
        html=draft.html,
        subject=subject,
        attachments=attachments,
        thread=draft.thread,
        target=draft.target,
        bounce=draft.bounce[:BOUNCED_RECIPIENTS_MAX],
        language=spoken,
        entities=entities.find(
            f"{subject}\n{text}",
            context.region,
            more_regions=context.more_regions,
            language=spoken.code if spoken and spoken.confidence >= language.SURE else "",
            at=draft.sent_at or inbound.received_at,
            patterns=context.patterns,
        ),
        sent_at=draft.sent_at,
        received_at=inbound.received_at,
        raw=RawReference(sequence=sequence),
        reply_to=_reply_to(inbound, context, draft),
        flags=tuple(flags),
        channel_extra=_extra(draft.channel_extra),
    )
    fitted = _fitted(message)
    if fitted is not message:
        kept = {each.blob.sha256 for each in fitted.attachments if each.blob is not None}
    contents = {sha256: data for sha256, data in draft.contents.items() if sha256 in kept}
    return Decoded(message=fitted, contents=contents)


def _fitted(message: Message) -> Message:
    """Return a message whose lists leave the room that the limits promise to its words.

    Only hostile mail comes near it: a hundred recipients with names of two hundred letters each.
    """
    if sum(len(getattr(message, name)) for name in _LISTS) <= _FEW:
        return message
    rest = msgspec.structs.replace(message, text="", quoted="", signature="", html="")
    if len(msgspec.json.encode(rest)) <= MESSAGE_REST_BYTES_MAX:
        return message
    short = {name: getattr(message, name)[:LISTED_MAX] for name in _LISTS}
    return msgspec.structs.replace(message, **short, flags=(*message.flags, LISTS_CUT))


def stored(data: bytes, owner: IdentifierKey) -> BlobRef:
    """Return the reference under which the bytes of an attachment are stored."""
    return BlobRef(owner=owner, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def _reply_to(inbound: Inbound, context: DecodeContext, draft: Draft) -> ReplyTo:
    endpoint = draft.endpoint or inbound.sender
    is_sender = endpoint == inbound.sender
    return ReplyTo(
        channel=inbound.channel,
        account=inbound.account,
        endpoint=endpoint.identifier,
        key=inbound.sender_key if is_sender else context.keys.actor(endpoint),
        thread=draft.reply_thread,
        is_private=draft.is_private,
        extra=dict(draft.reply_extra),
    )


def _bounded(attachment: Attachment) -> Attachment:
    usable = len(attachment.remote) <= REMOTE_CHARACTERS_MAX and attachment.remote.isprintable()
    return Attachment(
        name=line(attachment.name, NAME_CHARACTERS_MAX),
        content_type=line(attachment.content_type, MEDIA_TYPE_CHARACTERS_MAX),
        size=attachment.size,
        blob=attachment.blob,
        inline=attachment.inline,
        remote=attachment.remote if usable else "",
        cut=attachment.cut or ("" if usable else "remote"),
    )


def _correspondent(written: Correspondent) -> Correspondent:
    return Correspondent(
        address=line(written.address, RECIPIENT_CHARACTERS_MAX),
        name=line(written.name, NAME_CHARACTERS_MAX),
    )


def _correspondents(written: tuple[Correspondent, ...]) -> tuple[Correspondent, ...]:
    return tuple(_correspondent(each) for each in written[:EMAIL_RECIPIENTS_MAX])


def _recipients(recipients: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for each in recipients:
        address = line(each, RECIPIENT_CHARACTERS_MAX)
        if address and len(found) < EMAIL_RECIPIENTS_MAX:
            found.setdefault(address.casefold(), address)
    return tuple(found.values())


def _extra(fields: Mapping[str, str]) -> dict[str, str]:
    named = [(name, line(value, EXTRA_CHARACTERS_MAX)) for name, value in fields.items()]
    return {name: value for name, value in named if value and len(name) <= NAME_CHARACTERS_MAX}
