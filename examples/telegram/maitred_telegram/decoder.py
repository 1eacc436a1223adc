"""Telegram: one update in, one message out."""

from __future__ import annotations

from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.message import MessageKind, ThreadHints
from maitred.normalizer.assemble import Draft, finish
from maitred.normalizer.port import DecodeContext, Decoded

from .update import read


def decode(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    """Read what somebody wrote to the bot, or changed.

    Raises:
        BadPayload: it is no update, or nobody says anything in it.
    """
    update = read(raw)
    said = update.said
    if said is None:
        raise BadPayload("an update in which nobody says anything", code="unsupported_type")
    is_edit = update.message is None
    target = message_id(inbound.tenant, inbound.channel, inbound.account, said.name)
    draft = Draft(
        text=said.words,
        kind=MessageKind.EDIT if is_edit else MessageKind.MESSAGE,
        target=target if is_edit else None,
        thread=ThreadHints(refers_to=(said.name,)) if is_edit else ThreadHints(own=(said.name,)),
        sent_at=said.date * SECOND_MS,
        reply_extra={"chat": str(said.chat.id)},
    )
    return finish(inbound, sequence, context, draft)
