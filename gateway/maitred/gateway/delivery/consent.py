"""Consent: who said stop is not written to until he says start.

It is kept by the keyed hash of the endpoint alone, so that it outlives an erasure: whoever was
forgotten at his own wish must not be written to again.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from maitred.contracts.documents import ConsentDoc
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.contracts.view import View
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.reads import get_last
from maitred.normalizer.sms.decoder import START_ASKED

OPTED_OUT = "opted_out"
"""Why a reply was not sent."""


def told(message: Message, view: View, subjects: Subjects) -> Mapping[str, msgspec.Struct]:
    """Return what a message changes about the consent of whoever reads where it came from.

    Whoever only claims to write from there cannot silence it, nor open it again.

    Raises:
        NotRead: what is known of the endpoint has not been loaded.
    """
    asked = message.kind in {MessageKind.OPT_OUT, MessageKind.OPT_IN}
    starts = START_ASKED in message.flags
    if not (asked or starts) or message.actor.level is Level.CLAIMED:
        return {}
    where = subjects.consent(message.reply_to.key)
    known = view.read(where, ConsentDoc)
    if known is not None and known.at > message.received_at:
        return {}
    if starts and (known is None or not known.stopped):
        return {}
    stopped = message.kind is MessageKind.OPT_OUT
    return {where: ConsentDoc(stopped=stopped, at=message.received_at)}


def is_stopped(key: IdentifierKey, view: View, subjects: Subjects) -> bool:
    """Whether an endpoint may not be written to.

    Raises:
        NotRead: what is known of it has not been loaded.
    """
    known = view.read(subjects.consent(key), ConsentDoc)
    return known is not None and known.stopped


async def has_stopped(key: IdentifierKey, connection: Connection, subjects: Subjects) -> bool:
    """Whether an endpoint may not be written to, as the store has it now.

    Raises:
        StoreUnavailable: it does not answer.
    """
    stored = await get_last(connection, JOURNAL, subjects.consent(key))
    return stored is not None and msgspec.json.decode(stored.data, type=ConsentDoc).stopped
