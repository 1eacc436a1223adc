"""Calendar mail: answers to invitations, which machines read, and invitations, which people do."""

from __future__ import annotations

import re
from typing import Final

from maitred.normalizer.email.kind.mail_signs import Signs
from maitred.normalizer.email.mime import Part

INVITATION: Final = "calendar_invitation"
CANCELLATION: Final = "calendar_cancellation"
ANSWER: Final = "answer"

# RFC 5546, section 1.4.
_METHODS: Final = {
    "reply": ANSWER,
    "counter": ANSWER,
    "declinecounter": ANSWER,
    "refresh": ANSWER,
    "request": INVITATION,
    "add": INVITATION,
    "cancel": CANCELLATION,
}
_TYPES: Final = frozenset({"text/calendar", "application/ics", "text/x-vcalendar"})
_HEAD_BYTES_MAX: Final = 8_192
"""How much of a calendar is searched: METHOD stands before the first event (RFC 5545, 3.6)."""
_METHOD: Final = re.compile(
    rb"^METHOD(?:;[^:\r\n]{0,100})?:[ \t]{0,4}([A-Za-z]{3,20})", re.IGNORECASE | re.MULTILINE
)
_COMPONENT: Final = re.compile(rb"^BEGIN:V(?!CALENDAR)", re.IGNORECASE | re.MULTILINE)
# The message class of a meeting's answer in Outlook's own format (MS-OXOCAL, section 2.2.6).
_TNEF_ANSWER: Final = re.compile(rb"IPM\.Schedule\.Meeting\.Resp\.(?:Pos|Neg|Tent)", re.IGNORECASE)


def sort_of(leaves: tuple[Part, ...], signs: Signs) -> str:
    """Return `ANSWER`, or the flag for an invitation or a cancellation, empty if it is none.

    The method is the part's parameter (RFC 6047, section 2.4), else what the calendar itself says.
    Outlook between Exchange servers puts all of it into `winmail.dat`.
    """
    for each in leaves:
        if each.media_type in _TYPES:
            found = _METHODS.get(_method(each), "")
            if found:
                return found
        elif each.media_type == "application/ms-tnef" and "calendarmessage" in signs.headers.first(
            "content-class"
        ):
            data, _ = each.content()
            if _TNEF_ANSWER.search(data[:_HEAD_BYTES_MAX]):
                return ANSWER
    return ""


def _method(part: Part) -> str:
    named = part.parameters.get("method", "").strip().lower()
    if named:
        return named
    data, _ = part.content()
    head = data[:_HEAD_BYTES_MAX]
    component = _COMPONENT.search(head)
    match = _METHOD.search(head, 0, component.start() if component else len(head))
    return match[1].decode("ascii").lower() if match else ""
