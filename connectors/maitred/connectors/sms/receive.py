"""Receiving: a proven request becomes a message to store.

Its id is Twilio's SID of the message: the same in every retry (which Twilio marks besides with
one `I-Twilio-Idempotency-Token`), and at the fallback address.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from aiohttp import web

from maitred.connectors.port import Context
from maitred.connectors.sms.door import Proven, Refused
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import text_identifier
from maitred.contracts.inbound import Evidence, Inbound, Verification

ID_CHARACTERS_MAX: Final = 255
NAME_CHARACTERS_MAX: Final = 200
ADDRESS_CHARACTERS_MAX: Final = 320
MESSENGER: Final = re.compile(r"(whatsapp|messenger|rcs):")
"""What stands before the id of a channel that is no telephone's own."""
_REGION: Final = re.compile(r"[A-Z]{2}")


def is_report(proven: Proven) -> bool:
    """Tell a report about some message of ours, posted where messages are expected."""
    return "MessageStatus" in proven.form and "Body" not in proven.form


def inbound_of(context: Context, channel: str, request: web.Request, proven: Proven) -> Inbound:
    """Return the message that a request brings.

    Raises:
        Refused: it has no id, or nobody sent it.
    """
    form = proven.form
    provider_id = form.get("MessageSid") or form.get("SmsSid") or ""
    if not provider_id or len(provider_id) > ID_CHARACTERS_MAX:
        raise Refused(HTTPStatus.BAD_REQUEST, "no_message_id")
    origin = form.get("From", "")
    country = form.get("FromCountry", "")
    try:
        sender = text_identifier(
            origin, region=country if _REGION.fullmatch(country) else None, unique=provider_id
        )
    except BadPayload:
        raise Refused(HTTPStatus.BAD_REQUEST, "no_sender") from None
    facts = {}
    if token := _header(request, "I-Twilio-Idempotency-Token"):
        facts["idempotency_token"] = token
    if messenger := MESSENGER.match(origin):
        facts["provider_channel"] = messenger[1]
    to = form.get("To", "")[:ADDRESS_CHARACTERS_MAX]
    return context.inbound(
        channel=channel,
        account=proven.account,
        provider_id=provider_id,
        sender=sender,
        content_type=_header(request, "Content-Type"),
        recipients=(to,) if to else (),
        evidence=Evidence(
            verification=Verification.SIGNATURE,
            facts=facts,
            name=form.get("ProfileName", "")[:NAME_CHARACTERS_MAX],
        ),
    )


def _header(request: web.Request, name: str) -> str:
    """Return a header for the record: bounded, and of characters that every encoder takes."""
    value = request.headers.get(name, "")[:ID_CHARACTERS_MAX]
    return value.encode("ascii", "replace").decode("ascii")
