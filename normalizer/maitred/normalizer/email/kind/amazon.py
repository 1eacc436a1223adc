"""Amazon SES by way of SNS: bounces and complaints as JSON in the text of a mail.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import msgspec

from maitred.contracts.limits import BOUNCED_RECIPIENTS_MAX, KIB
from maitred.contracts.message import BouncedRecipient, MessageKind
from maitred.normalizer.email.kind.bounce_reason import judge
from maitred.normalizer.email.kind.mail_signs import Signs
from maitred.normalizer.email.kind.mail_words import words_of
from maitred.normalizer.email.mime import Part

_TEXT_BYTES_MAX: Final = 256 * KIB
_SENDER: Final = "@sns.amazonaws.com"
_ID: Final = "x-amz-sns-message-id"
# Mail servers break overlong lines with an exclamation mark.
_BROKEN_LINE: Final = re.compile(r"!\r?\n ?|\r?\n")


@dataclass(frozen=True, slots=True)
class Told:
    """What a notification is, and whom it is about."""

    kind: MessageKind
    bounce: tuple[BouncedRecipient, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)


class _Recipient(msgspec.Struct):
    email_address: str = msgspec.field(name="emailAddress", default="")
    action: str = "failed"
    status: str = ""
    diagnostic: str = msgspec.field(name="diagnosticCode", default="")


class _Bounce(msgspec.Struct):
    recipients: list[_Recipient] = msgspec.field(name="bouncedRecipients", default_factory=list)


class _Complaint(msgspec.Struct):
    recipients: list[_Recipient] = msgspec.field(name="complainedRecipients", default_factory=list)
    kind: str = msgspec.field(name="complaintFeedbackType", default="")


class _Delivery(msgspec.Struct):
    recipients: list[str] = []
    response: str = msgspec.field(name="smtpResponse", default="")


class _Event(msgspec.Struct):
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    delivery: _Delivery | None = None


class _Notification(msgspec.Struct):
    message: str = msgspec.field(name="Message", default="")


def read(leaves: tuple[Part, ...], signs: Signs) -> Told | None:
    """Return what Amazon notifies of, None if the mail is no such notification."""
    headers = signs.headers
    if _ID not in headers.fields and _SENDER not in headers.first("from").lower():
        return None
    event = _event(leaves)
    if event is None:
        return None
    if event.bounce is not None:
        found = tuple(_bounced(each) for each in event.bounce.recipients[:BOUNCED_RECIPIENTS_MAX])
        return Told(MessageKind.BOUNCE, found)
    if event.complaint is not None:
        named = (each.email_address for each in event.complaint.recipients)
        extra = {
            "feedback_type": event.complaint.kind or "abuse",
            "complaint_recipients": " ".join(each for each in named if each),
        }
        return Told(MessageKind.COMPLAINT, extra=extra)
    if event.delivery is not None:
        status = judge(event.delivery.response, action="delivered").status
        recipients = event.delivery.recipients[:BOUNCED_RECIPIENTS_MAX]
        return Told(
            MessageKind.BOUNCE,
            tuple(
                BouncedRecipient(recipient=each, status=status, action="delivered")
                for each in recipients
            ),
        )
    return None


def _bounced(recipient: _Recipient) -> BouncedRecipient:
    verdict = judge(recipient.diagnostic, status=recipient.status, action=recipient.action)
    return BouncedRecipient(
        recipient=recipient.email_address,
        status=verdict.status,
        permanent=verdict.permanent,
        action=recipient.action,
    )


def _event(leaves: tuple[Part, ...]) -> _Event | None:
    """Return the event in the first text: in SNS's envelope, or bare (raw delivery)."""
    plain = (each for each in leaves if each.media_type == "text/plain")
    text = next((words_of(each, _TEXT_BYTES_MAX) for each in plain), "")
    text = _BROKEN_LINE.sub("", text)
    start, end = text.find("{"), text.rfind("}") + 1
    if not 0 <= start < end:
        return None
    try:
        inner = msgspec.json.decode(text[start:end], type=_Notification).message
        return msgspec.json.decode(inner or text[start:end], type=_Event)
    except (msgspec.DecodeError, RecursionError):
        return None
