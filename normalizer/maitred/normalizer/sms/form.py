"""The form of Twilio's incoming-message webhook, and what of it is kept as it stands.

Fields: twilio.com/docs/messaging/guides/webhook-request. Twilio adds new ones without notice, so
what is not known here is no fault; the raw form stays in INBOUND.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

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
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX
        )
    except ValueError:
        # Not UTF-8, before or behind the percent signs, or too many fields.
        raise BadPayload("the body is not a form", code="not_a_form") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def kept(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what a message has no field of its own for, under our names."""
    return {ours: fields[theirs] for theirs, ours in _KEPT.items() if fields.get(theirs)}
