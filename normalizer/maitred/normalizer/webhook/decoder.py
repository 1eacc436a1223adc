"""Webhook: one event of the generic channel in, one message out.

Its shapes are in `maitred.contracts.webhook`; `docs/webhook.md` describes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from maitred.contracts import thread_evidence
from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import MessageId, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Attachment, Correspondent, MessageKind, ThreadHints
from maitred.contracts.webhook import Delete, Edit, Event, File, Message, Spoken, Status, read
from maitred.normalizer.assemble import Draft, finish, stored
from maitred.normalizer.port import DecodeContext, Decoded

_KINDS: Final[dict[type[Event], MessageKind]] = {
    Message: MessageKind.MESSAGE,
    Edit: MessageKind.EDIT,
    Delete: MessageKind.DELETE,
}


def decode(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    """Read a message, an edit or a delete; a file that is named by its address stays there.

    The transport's evidence already holds who sent it, at the level that the account gives.

    Raises:
        BadPayload: it is none of the three, or says nothing.
    """
    event = read(raw)
    if isinstance(event, Status):
        raise BadPayload("what became of a reply is no message", code="unsupported_type")
    target = None if isinstance(event, Message) else _named(inbound, event.target)
    files = event.files if isinstance(event, Message) else ()
    return finish(
        inbound,
        sequence,
        context,
        Draft(
            text="" if isinstance(event, Delete) else event.text,
            subject=event.subject if isinstance(event, Message) else "",
            kind=_KINDS[type(event)],
            sender=Correspondent(
                address=event.sender.email or event.sender.phone, name=event.sender.name
            ),
            target=target,
            attachments=tuple(_attachment(inbound, each) for each in files),
            contents=_contents(files),
            thread=_thread(inbound, event),
            sent_at=event.at,
            reply_thread=(isinstance(event, Message) and event.thread) or "",
            reply_extra={"sender": event.sender.id},
        ),
    )


def _named(inbound: Inbound, webhook_id: str) -> MessageId:
    return message_id(inbound.tenant, inbound.channel, inbound.account, webhook_id)


def _thread(inbound: Inbound, event: Spoken) -> ThreadHints:
    """Return what belongs together; names are the account's own, so it stands before them."""
    if not isinstance(event, Message):
        changed = _own(inbound, event.target)
        return ThreadHints(refers_to=(changed,), evidence=(thread_evidence.answers(changed),))
    named = [_own(inbound, each) for each in (event.answers, event.thread) if each]
    return ThreadHints(
        own=(_own(inbound, inbound.provider_id),),
        refers_to=tuple(dict.fromkeys(named)),
        evidence=tuple(thread_evidence.answers(each) for each in dict.fromkeys(named)),
    )


def _own(inbound: Inbound, name: str) -> str:
    return f"{inbound.account}:{name}"


def _attachment(inbound: Inbound, file: File) -> Attachment:
    return Attachment(
        name=file.name,
        content_type=file.content_type,
        size=-1 if file.data is None else len(file.data),
        blob=None if file.data is None else stored(file.data, inbound.sender_key),
        remote=file.url,
    )


def _contents(files: Sequence[File]) -> dict[str, bytes]:
    return {
        hashlib.sha256(each.data).hexdigest(): each.data for each in files if each.data is not None
    }
