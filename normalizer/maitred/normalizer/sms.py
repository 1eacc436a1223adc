"""SMS, MMS and WhatsApp by Twilio: one webhook form in, one message out.

Fields: twilio.com/docs/messaging/guides/webhook-request.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from maitred.contracts.errors import BadPayload
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Attachment, MessageKind, ThreadHints
from maitred.normalizer.assemble import Draft, finish
from maitred.normalizer.payload import FIELD_CHARACTERS_MAX
from maitred.normalizer.port import DecodeContext, Decoded

FIELDS_MAX: Final = 200
MEDIA_MAX: Final = 10
"""Twilio sends at most ten media with one message."""

# Twilio's default words, which it acts upon itself, in any case and only as the whole message
# (support.twilio.com, article 223134027). START's companion YES is left out on purpose: it is far
# more often the answer to a question, and where it does opt in, Twilio says so in OptOutType.
_OPT_OUT: Final = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)
_OPT_IN: Final = frozenset({"START", "UNSTOP"})
_KIND_OF_TYPE: Final = {
    "STOP": MessageKind.OPT_OUT,
    "START": MessageKind.OPT_IN,
    "HELP": MessageKind.MESSAGE,
}
_EXTRA: Final = {
    "SmsSid": "sid",
    "OptOutType": "opt_out_type",
    "ButtonText": "button_text",
    "ButtonPayload": "button_payload",
    "Latitude": "latitude",
    "Longitude": "longitude",
    "Address": "address",
    "Label": "label",
    "NumSegments": "segments",
    "MessagingServiceSid": "messaging_service",
}


def decode(inbound: Inbound, raw: bytes, sequence: int, context: DecodeContext) -> Decoded:
    """Read an incoming-message webhook's form.

    A media file stays at the provider: its attachment names the address in `remote`.

    Raises:
        BadPayload: it is not a form in UTF-8, or lacks `From`, `To` or `Body`.
    """
    fields = _form(raw)
    missing = [name for name in ("From", "To", "Body") if name not in fields]
    if missing or not fields["From"] or not fields["To"]:
        raise BadPayload("not a form of an incoming message", code="bad_field")
    replied = _bounded(fields, "OriginalRepliedMessageSid")
    body = fields["Body"]
    return finish(
        inbound,
        sequence,
        context,
        Draft(
            text=body if body.strip() else fields.get("ButtonText", ""),
            name=fields.get("ProfileName", ""),
            kind=_kind(fields),
            recipients=(fields["To"],),
            attachments=_media(fields),
            thread=ThreadHints(refers_to=(replied,) if replied else ()),
            reply_extra={"from": fields["To"][:FIELD_CHARACTERS_MAX]},
            channel_extra={ours: fields.get(theirs, "") for theirs, ours in _EXTRA.items()},
        ),
    )


def _form(raw: bytes) -> dict[str, str]:
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


def _kind(fields: dict[str, str]) -> MessageKind:
    named = fields.get("OptOutType", "").strip().upper()
    if named:
        return _KIND_OF_TYPE.get(named, MessageKind.MESSAGE)
    word = fields["Body"].strip().upper()
    if word in _OPT_OUT:
        return MessageKind.OPT_OUT
    return MessageKind.OPT_IN if word in _OPT_IN else MessageKind.MESSAGE


def _media(fields: dict[str, str]) -> tuple[Attachment, ...]:
    count = fields.get("NumMedia", "0")
    if not (count.isascii() and count.isdigit() and len(count) <= 3):  # noqa: PLR2004  (digits)
        return ()
    found = []
    for index in range(min(int(count), MEDIA_MAX)):
        url = fields.get(f"MediaUrl{index}", "")
        if url:
            found.append(
                Attachment(
                    name=f"media-{index}",
                    content_type=fields.get(f"MediaContentType{index}", ""),
                    size=-1,
                    remote=url,
                )
            )
    return tuple(found)


def _bounded(fields: dict[str, str], name: str) -> str:
    value = fields.get(name, "")
    return value if len(value) <= FIELD_CHARACTERS_MAX else ""
