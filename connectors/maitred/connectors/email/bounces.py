"""Bounces at the door: what a mail system says of a mail of ours (RFC 3464, RFC 6522, or words).

Anybody can write a bounce. So nothing is believed but what brings our mark, which only who has the
mail can know: as the envelope's id, in what is returned of the mail, or in the address that the
bounce comes to. Whatever else looks like a bounce is handed on like any machine's mail.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from maitred.connectors.email.bounce_words import ENHANCED, WORDS_BYTES_MAX, failure_in
from maitred.connectors.email.headers import header_values
from maitred.connectors.email.marks import Marked, Marks, addresses_in
from maitred.contracts.limits import KIB
from maitred.contracts.outbound import DeliveryState

REPORT_BYTES_MAX: Final = 512 * KIB
"""Of a report so much is read: the mail that it returns stands last, and only its header counts."""
_PARTS_MAX: Final = 8
_GROUPS_MAX: Final = 20

_BOUNDARY: Final = re.compile(
    r";\s{0,20}boundary\s{0,5}=\s{0,5}(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE
)
_STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_MAIL_SYSTEM: Final = re.compile(
    r"(?:^|[\s\"<])(?:mail(?:er)?[-_. ]?(?:daemon|delivery)|postmaster|mdaemon|bounces?)"
    r"(?:[\s\"@+>._-]|$)|^\s{0,5}<>",
    re.IGNORECASE,
)
"""Whom a mail of a mail system is from, by name or address, or nobody at all."""
_FROM_CHARACTERS_MAX: Final = 500
_NEAR_BYTES: Final = 4 * KIB
_SEPARATOR: Final = b"\r\n\r\n"
_DIAGNOSTIC_CHARACTERS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a reply: it failed or arrived; `status` is the enhanced code (RFC 3463)."""

    reply: Marked
    state: DeliveryState
    status: str


@dataclass(frozen=True, slots=True)
class _Recipient:
    action: str
    status: str


def fate_of(content: bytes, marks: Marks, came_to: Sequence[str] = ()) -> Fate | None:
    """Return what a bounce says of a mail of ours; None if it proves nothing or is not final.

    `came_to` are the addresses that it was sent to. What machines of other sorts answer comes there
    too, such as notes of absence (RFC 3834, section 4), so in words only mail systems are believed.
    """
    content = content[:REPORT_BYTES_MAX]
    parts = _parts(content)
    groups = _groups(parts)
    named = _named(groups)
    envelope_id = _first(groups[0], "Original-Envelope-Id") if groups else ""
    text = _SEPARATOR.join(map(_body, parts))
    mark, returned = marks.read(envelope_id, named), len(text)
    if mark is None:
        mark, returned = marks.returned_in(text, named)
    may_speak = mark is not None or _is_mail_system(content)
    if mark is None:
        near = addresses_in(text[:_NEAR_BYTES].decode("utf-8", "replace"))
        mark = marks.in_return_path(came_to, [*named, *near])
    if mark is None:
        return None
    recipients = [each for each in map(_recipient, groups) if each is not None]
    if recipients:
        found = _final(recipients, _body(parts[0]))
    elif not may_speak:
        return None
    else:
        found = _in_words(_first(content, "Subject").encode() + b"\n" + text[:returned])
    if found is None:
        return None
    state = DeliveryState.FAILED if found.action == "failed" else DeliveryState.DELIVERED
    return Fate(reply=mark, state=state, status=found.status)


def _is_mail_system(content: bytes) -> bool:
    """Whether a mail comes from where mail systems write from (RFC 5321, section 4.5.1)."""
    return _MAIL_SYSTEM.search(_first(content, "From")[:_FROM_CHARACTERS_MAX]) is not None


def _groups(parts: Sequence[bytes]) -> list[bytes]:
    """Return the fields of a report: those of the mail, then those of each recipient."""
    report = next((_body(each) for each in parts if _type_of(each) in _STATUS_TYPES), b"")
    return [each + b"\r\n" for each in report.split(_SEPARATOR, _GROUPS_MAX) if each]


def _in_words(text: bytes) -> _Recipient | None:
    """Return what is said above the mail that is returned."""
    status = failure_in(text[:WORDS_BYTES_MAX].decode("utf-8", "replace"))
    return None if status is None else _Recipient("failed", status)


def _type_of(part: bytes) -> str:
    return _first(part, "Content-Type").partition(";")[0].strip().lower()


def _parts(content: bytes) -> list[bytes]:
    """Return the parts between the lines that name the boundary (RFC 2046, section 5.1.1).

    A mail that has none is its only part.
    """
    boundary = _BOUNDARY.search(_first(content, "Content-Type"))
    if boundary is None or not _type_of(content).startswith("multipart/"):
        return [content]
    named = b"\r\n--" + (boundary[1] or boundary[2]).encode()
    pieces = content.split(named, _PARTS_MAX + 1)[1:]
    ends = next((at for at, each in enumerate(pieces) if each.startswith(b"--")), len(pieces))
    # A part without header fields begins with a blank line, which is all body.
    return [each.partition(b"\r\n")[2] for each in pieces[:ends][:_PARTS_MAX]]


def _body(part: bytes) -> bytes:
    """Return the body of a part, decoded, with lines that end as in a header."""
    _, _, body = part.partition(_SEPARATOR)
    encoding = _first(part, "Content-Transfer-Encoding").lower()
    if encoding == "base64":
        try:
            body = base64.b64decode(body)
        except (binascii.Error, ValueError):
            return b""
    elif encoding == "quoted-printable":
        body = quopri.decodestring(body)
    return re.sub(rb"\r?\n", b"\r\n", body).lstrip(b"\r\n")


def _recipient(group: bytes) -> _Recipient | None:
    """Read the fields of one recipient (RFC 3464, section 2.3)."""
    if not _first(group, "Final-Recipient") and not _first(group, "Action"):
        return None
    action = _first(group, "Action").lower()
    code = ENHANCED.search(_first(group, "Status"))
    said = ENHANCED.search(_first(group, "Diagnostic-Code")[:_DIAGNOSTIC_CHARACTERS_MAX])
    if code is None or (said and code[2] == code[3] == "0"):
        code = said or code
    status = code[0] if code else ""
    return _Recipient(action or ("failed" if status.startswith("5") else ""), status)


def _final(recipients: Sequence[_Recipient], words: bytes) -> _Recipient | None:
    """Return the recipient whose fate is the mail's: it arrived if it did anywhere.

    A code that says nothing gives way to one that the `words` for people name (RFC 6522, part 1).
    """
    for action in ("delivered", "failed"):
        for each in recipients:
            if each.action == action:
                vague = action == "failed" and (not each.status or each.status.endswith(".0.0"))
                said = _in_words(words) if vague else None
                return said if said is not None and said.status else each
    return None


def _named(groups: Sequence[bytes]) -> list[str]:
    """Return the addresses that a report is about."""
    return [
        address
        for group in groups
        for name in ("Original-Recipient", "Final-Recipient")
        for address in addresses_in(_first(group, name))
    ]


def _first(header: bytes, name: str) -> str:
    values = header_values(header, name)
    return values[0] if values else ""
