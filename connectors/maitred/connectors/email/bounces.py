"""Bounces at the door: what a mail system reports of a mail of ours (RFC 3464, RFC 6522).

Only what has no reverse path and is a delivery report by its type is looked at, and of it no more
than its first parts, header fields only. Bounces in free words are left to the decoder, which
reads them in the conversation.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from maitred.connectors.email.headers import header_values
from maitred.connectors.email.marks import Marked, Marks, addresses_in
from maitred.contracts.ids import OutboundId
from maitred.contracts.limits import KIB
from maitred.contracts.outbound import DeliveryState

REPORT_BYTES_MAX: Final = 512 * KIB
"""Of a report so much is read: the mail that it returns stands last, and only its header counts."""
_PARTS_MAX: Final = 8
_GROUPS_MAX: Final = 20

_BOUNDARY: Final = re.compile(
    r";\s{0,20}boundary\s{0,5}=\s{0,5}(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE
)
_ENHANCED: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_OURS: Final = re.compile(r"<(out_[0-9A-Za-z]{1,64})@([^<>@\s]{1,255})>")
_STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}
)
_DIAGNOSTIC_CHARACTERS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a reply: it failed or arrived; `status` is the enhanced code (RFC 3463).

    `proven` tells its account and address, where the report bears our mark: only who has the mail
    can make such a one.
    """

    outbound: OutboundId
    state: DeliveryState
    status: str
    proven: Marked | None


@dataclass(frozen=True, slots=True)
class _Recipient:
    action: str
    status: str


def fate_of(content: bytes, marks: Marks, domains: frozenset[str]) -> Fate | None:
    """Return what a report says of a mail of ours; None if it is none, or says nothing final.

    The mail is known by our mark, as envelope id or in what is returned, or else by its
    Message-ID in one of our `domains`.
    """
    boundary = _BOUNDARY.search(_first(content, "Content-Type"))
    if boundary is None or _type_of(content) != "multipart/report":
        return None
    status, returned = b"", b""
    for part in _parts(content[:REPORT_BYTES_MAX], (boundary[1] or boundary[2]).encode()):
        kind = _type_of(part)
        if kind in _STATUS_TYPES and not status:
            status = _body(part)
        elif kind in _RETURNED_TYPES and not returned:
            returned = _body(part)
    groups = [each + b"\r\n" for each in status.split(b"\r\n\r\n", _GROUPS_MAX) if each]
    found = _final([_recipient(each) for each in groups])
    if found is None:
        return None
    proven = _proven(groups, returned, marks)
    outbound = proven.outbound if proven else _named(returned, domains)
    if outbound is None:
        return None
    failed = found.action == "failed"
    return Fate(
        outbound=outbound,
        state=DeliveryState.FAILED if failed else DeliveryState.DELIVERED,
        status=found.status,
        proven=proven,
    )


def _type_of(part: bytes) -> str:
    return _first(part, "Content-Type").partition(";")[0].strip().lower()


def _parts(content: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield the parts between the lines that name the boundary (RFC 2046, section 5.1.1)."""
    pieces = content.split(b"\r\n--" + boundary, _PARTS_MAX + 1)[1:]
    for piece in pieces:
        if piece.startswith(b"--"):
            return
        # A part without header fields begins with a blank line, which is all body.
        yield piece.partition(b"\r\n")[2]


def _body(part: bytes) -> bytes:
    """Return the body of a part, decoded, with lines that end as in a header."""
    _, _, body = part.partition(b"\r\n\r\n")
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
    code = _ENHANCED.search(_first(group, "Status"))
    said = _ENHANCED.search(_first(group, "Diagnostic-Code")[:_DIAGNOSTIC_CHARACTERS_MAX])
    if code is None or (said and code[2] == code[3] == "0"):
        code = said or code
    status = code[0] if code else ""
    return _Recipient(action or ("failed" if status.startswith("5") else ""), status)


def _final(recipients: list[_Recipient | None]) -> _Recipient | None:
    """Return the recipient whose fate is the mail's: it arrived if it did anywhere."""
    for action in ("delivered", "failed"):
        for each in recipients:
            if each is not None and each.action == action:
                return each
    return None


def _proven(groups: list[bytes], returned: bytes, marks: Marks) -> Marked | None:
    """Return what our mark proves: the envelope's id, or the one in the mail that is returned."""
    named = [
        address
        for group in groups
        for name in ("Original-Recipient", "Final-Recipient")
        for address in addresses_in(_first(group, name))
    ]
    envelope_id = _first(groups[0], "Original-Envelope-Id")
    return marks.read(envelope_id, named) or marks.in_header(returned)


def _named(returned: bytes, domains: frozenset[str]) -> OutboundId | None:
    found = _OURS.fullmatch(_first(returned, "Message-ID"))
    return OutboundId(found[1]) if found and found[2].lower() in domains else None


def _first(header: bytes, name: str) -> str:
    values = header_values(header, name)
    return values[0] if values else ""
