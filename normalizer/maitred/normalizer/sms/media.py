"""Media of an incoming message at Twilio: named here, fetched when somebody asks for them.

Fields `NumMedia`, `MediaUrl{N}` and `MediaContentType{N}`:
twilio.com/docs/messaging/guides/webhook-request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from maitred.contracts.message import Attachment
from maitred.normalizer.sms.media_names import extension, media_name

MEDIA_MAX: Final = 10
"""Twilio sends at most ten media with one message."""
MEDIA_MISSING: Final = "media_missing"
"""Twilio counted a medium that it names no address of: WhatsApp sends some that Twilio lacks."""

_SID: Final = re.compile(r"/(ME[0-9A-Za-z]{1,64})/?\Z")
_FILE_NAME: Final = re.compile(r"[^\x00-\x1f/\\:*?\"<>|]{1,120}\.([A-Za-z0-9]{1,8})\Z")


def media(fields: Mapping[str, str]) -> tuple[Attachment, ...]:
    """Return the media as attachments, each with its address at Twilio in `remote`.

    Twilio knows no names; only the file name of a WhatsApp document stands in the body. Every
    other one is named after its media type.
    """
    listed = [
        (fields[f"MediaUrl{index}"], fields.get(f"MediaContentType{index}", ""))
        for index in range(MEDIA_MAX)
        if fields.get(f"MediaUrl{index}")
    ]
    alone = len(listed) == 1
    return tuple(
        Attachment(
            name=(_document_name(fields, kind) if alone else "")
            or media_name(kind, 0 if alone else number),
            content_type=kind,
            size=-1,
            remote=url,
        )
        for number, (url, kind) in enumerate(listed, 1)
    )


def media_sids(attachments: tuple[Attachment, ...]) -> str:
    """Return Twilio's ids of the media, in order, with a space between them."""
    found = (_SID.search(each.remote) for each in attachments)
    return " ".join(match[1] for match in found if match)


def media_flags(fields: Mapping[str, str], attachments: tuple[Attachment, ...]) -> tuple[str, ...]:
    """Return what a reader should know of media that did not come."""
    count = fields.get("NumMedia", "").strip()
    said = int(count) if re.fullmatch("[0-9]{1,3}", count) else 0
    return (MEDIA_MISSING,) if said > len(attachments) else ()


def _document_name(fields: Mapping[str, str], kind: str) -> str:
    """Return the body where it is the name of a document, which has the type's own extension."""
    body = fields.get("Body", "").strip()
    found = _FILE_NAME.match(body)
    if found is None or not fields.get("From", "").startswith("whatsapp:"):
        return ""
    return body if found[1].lower() == extension(kind) else ""
