"""Composing: from whom a reply goes to whom, in what words, and whether Twilio would take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from maitred.connectors.port import Window
from maitred.connectors.sms.receive import MESSENGER
from maitred.connectors.sms.segments import segments, smart
from maitred.connectors.sms.settings import SmsAccount
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import text_sender
from maitred.contracts.limits import DAY_MS
from maitred.contracts.outbound import Content, Outbound, OutboundFile
from maitred.contracts.segments import BODY_CHARACTERS_MAX

WINDOWS: Final = (Window("whatsapp:", DAY_MS), Window("messenger:", DAY_MS))
"""twilio.com/docs/api/errors/63016."""
MMS_FILES_MAX: Final = 10
SMALL_BYTES_MAX: Final = 5_000_000
"""All files of an MMS together (twilio.com/docs/messaging/guides/accepted-mime-types), and one
picture in WhatsApp (twilio.com/docs/whatsapp/guidance-whatsapp-media-messages)."""
MESSENGER_FILE_BYTES_MAX: Final = 16_000_000
"""The same pages; WhatsApp and RCS take one file a message."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A reply as it is given to Twilio; `segments` is 0 where none are counted."""

    to: str
    sender: str
    service: str
    text: str
    segments: int
    in_messenger: bool
    content: Content | None = None


def compose(outbound: Outbound, account: SmsAccount, now: int) -> Letter:
    """Return what is sent of a reply at `now` (UTC milliseconds).

    `outbound.to.extra["from"]` is the number that the customer wrote to, in Twilio's notation;
    when it begins with `whatsapp:` or another messenger's prefix, the reply goes to that
    messenger as well. `outbound.to.extra["service"]` is the messaging service that the number
    belongs to. Where a messenger lets free text through no more, `outbound.content` goes out in its
    place.

    Raises:
        Permanent: there is nothing to send (`empty_text`), too much of it (`text_too_long`,
            `too_many_files`, `file_too_large`), nobody to send it (`no_sender`), or nobody there
            can be written to (`no_way_back`).
    """
    to = outbound.to.endpoint.value
    if not text_sender(to)[0].can_be_answered:
        raise Permanent("a name or a withheld number takes no answer", code="no_way_back")
    sender, service = _origin(outbound, account)
    messenger = MESSENGER.match(sender)
    _check_files(outbound.files, messenger[1] if messenger else "")
    content = outbound.content if messenger and not outbound.files else None
    if content is not None and content.after > now:
        content = None
    text, count = outbound.text, 0
    if not messenger and not outbound.files:
        text = smart(text) if account.smart_encoding else text
        count = segments(text)
    _check_text(outbound, text, count, account.segments_max)
    return Letter(
        to=messenger[0] + to if messenger and not MESSENGER.match(to) else to,
        sender=sender,
        service=service,
        text=text,
        segments=count,
        in_messenger=messenger is not None,
        content=content,
    )


def _origin(outbound: Outbound, account: SmsAccount) -> tuple[str, str]:
    """Return the number and the service to send by; either may be empty, but not both."""
    if written_to := outbound.to.extra.get("from", ""):
        return written_to, outbound.to.extra.get("service", "")
    if account.from_number:
        return account.from_number, ""
    if account.messaging_service_sid:
        return "", account.messaging_service_sid
    if account.numbers:
        return account.numbers[0], ""
    raise Permanent("no number to send from", code="no_sender")


def _check_text(outbound: Outbound, text: str, count: int, segments_max: int) -> None:
    if not text.strip() and not outbound.files:
        raise Permanent("an SMS needs a text", code="empty_text")
    if len(text) > BODY_CHARACTERS_MAX:
        raise Permanent(
            f"the text has {len(text)} characters, and Twilio takes {BODY_CHARACTERS_MAX}",
            code="text_too_long",
        )
    if count > segments_max:
        raise Permanent(
            f"the text takes {count} segments, and {segments_max} may be sent",
            code="text_too_long",
        )


def _check_files(files: Sequence[OutboundFile], messenger: str) -> None:
    if len(files) > (1 if messenger else MMS_FILES_MAX):
        raise Permanent("more files than one message takes", code="too_many_files")
    is_picture = messenger == "whatsapp" and any(
        each.content_type.startswith("image/") for each in files
    )
    bytes_max = MESSENGER_FILE_BYTES_MAX if messenger and not is_picture else SMALL_BYTES_MAX
    if sum(each.blob.size for each in files) > bytes_max:
        raise Permanent(f"the files have more than {bytes_max} bytes", code="file_too_large")
