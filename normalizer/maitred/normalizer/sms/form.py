"""The form of Twilio's incoming-message webhook, and what of it is kept as it stands.

Fields: twilio.com/docs/messaging/guides/webhook-request. Twilio adds new ones without notice, so
what is not known here is no fault; the raw form stays in INBOUND.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from maitred.contracts.errors import BadPayload

FIELDS_MAX: Final = 200

_KEPT: Final[Mapping[str, str]] = {
    "SmsSid": "sid",
    "MessageType": "message_type",
    "MessagingServiceSid": "messaging_service",
    "NumSegments": "segments",
    "OptOutType": "opt_out_type",
    # Where the numbers are, as far as their carriers say.
    "FromCity": "from_city",
    "FromState": "from_state",
    "FromZip": "from_zip",
    "FromCountry": "from_country",
    "ToCountry": "to_country",
    # A pressed button, a row of a list, the answers of a flow.
    "ButtonText": "button_text",
    "ButtonPayload": "button_payload",
    "ListId": "list_id",
    "ListTitle": "list_title",
    "ListDescription": "list_description",
    "InteractiveData": "interactive_data",
    # A place.
    "Latitude": "latitude",
    "Longitude": "longitude",
    "Address": "address",
    "Label": "label",
    # WhatsApp.
    "WaId": "whatsapp_id",
    "ChannelMetadata": "channel_metadata",
    "OriginalRepliedMessageSid": "replied_sid",
    "OriginalRepliedMessageSender": "replied_sender",
    # The advertisement by which somebody came (click to WhatsApp).
    "ReferralBody": "referral_body",
    "ReferralHeadline": "referral_headline",
    "ReferralSourceId": "referral_source_id",
    "ReferralSourceType": "referral_source_type",
    "ReferralSourceUrl": "referral_source_url",
    "ReferralMediaId": "referral_media_id",
    "ReferralMediaContentType": "referral_media_type",
    "ReferralMediaUrl": "referral_media_url",
    "ReferralCtwaClid": "referral_click_id",
}


def read_form(raw: bytes) -> dict[str, str]:
    """Return the fields of a form; of one that comes twice, the first.

    Raises:
        BadPayload: it is not a form in UTF-8, or has too many fields.
    """
    fields: dict[str, str] = {}
    try:
        pairs = raw.decode().split("&")
        if len(pairs) > FIELDS_MAX:
            raise BadPayload("the body is not a form", code="not_a_form")
        for pair in filter(None, pairs):
            name, _, value = pair.partition("=")
            fields.setdefault(_decoded(name), _decoded(value))
    except UnicodeDecodeError:
        # Before or behind the percent signs.
        raise BadPayload("the body is not a form in UTF-8", code="not_a_form") from None
    return fields


def _decoded(text: str) -> str:
    """Undo the encoding of a form (URL standard, 5.1)."""
    return unquote(text.replace("+", " "), errors="strict") if "%" in text or "+" in text else text


def kept(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what a message has no field of its own for, under our names."""
    return {ours: fields[theirs] for theirs, ours in _KEPT.items() if fields.get(theirs)}
