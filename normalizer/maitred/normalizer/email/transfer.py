"""Transfer encodings (RFC 2045, section 6) in the states in which they arrive."""

from __future__ import annotations

import binascii
import re
from typing import Final

ENCODING_UNKNOWN: Final = "encoding_unknown"
ENCODING_BROKEN: Final = "encoding_broken"

_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64: Final = bytes(set(range(256)) - set(_BASE64))
_NOT_BASE64_BUT_PADDING: Final = bytes(set(_NOT_BASE64) - {ord("=")})
_PLAIN: Final = frozenset({"", "7bit", "8bit", "binary", "7bits", "8bits", "none"})
_QUOTED: Final = frozenset({"quotedprintable", "qp", "quoted"})
_UU: Final = frozenset({"xuuencode", "uuencode", "xuue", "uue"})
_NAME: Final = re.compile(r"[^a-z0-9]+")
_LINE_BYTES: Final = 76
_FOREIGN_SHARE: Final = 8
"""One byte in so many may be foreign to base64; in prose more are, the blanks alone."""
# Padding ends base64. More words on its line, or a line behind it that holds anything foreign,
# are what somebody has added: a mailing list its footer.
_ADDED: Final = re.compile(
    rb"=(?:[ \t]++(?=[^\s=])|[ \t]*+\r?\n\s*+(?=[^\r\n]{0,998}[^A-Za-z0-9+/=\s]))"
)

_SOFT_WITH_BLANKS: Final = re.compile(rb"=[ \t]++(?=\r?\n)")
_SOFT_BARE_CR: Final = re.compile(rb"=\r(?!\n)")
_UU_BEGIN: Final = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} [^\r\n]{1,200}\r?$", re.MULTILINE)


def transferred(data: bytes, encoding: str) -> tuple[bytes, tuple[str, ...]]:
    """Undo a Content-Transfer-Encoding, and flags; never fails.

    Data in an encoding that is not known, or that is not in the one it declares, stays as it is.
    """
    if not encoding:
        return data, ()
    name = _NAME.sub("", encoding.partition(";")[0].partition("(")[0].lower())
    if name == "base64":
        return (from_base64(data), ()) if _is_base64(data) else (data, (ENCODING_BROKEN,))
    if name in _QUOTED:
        return from_quoted(data), ()
    if name in _PLAIN:
        return data, ()
    if name in _UU:
        begin = _UU_BEGIN.search(data)
        return from_uu(data[begin.end() :] if begin else data), ()
    return data, (ENCODING_UNKNOWN,)


def _is_base64(data: bytes) -> bool:
    sample = data[: 64 * _LINE_BYTES].strip().partition(b"=")[0]
    foreign = len(sample.translate(None, _BASE64 + b"\r\n"))
    if foreign and _FOREIGN_SHARE * foreign >= len(sample):
        return False
    return len(data) > _LINE_BYTES or len(sample.translate(None, _NOT_BASE64)) % 4 != 1


def from_base64(data: bytes) -> bytes:
    """Return what base64 of any quality holds.

    Foreign characters and a missing end are passed over; pieces that were encoded one by one and
    then joined are decoded one by one.
    """
    end = data.find(b"=")
    if end < 0 or not data[end:].strip(b"=\r\n"):
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            # Some digits or the padding are missing.
            pass
    added = _ADDED.search(data)
    if added is not None:
        return from_base64(data[: added.start() + 1]) + b"\n" + data[added.end() :]
    digits = data.translate(None, _NOT_BASE64_BUT_PADDING).rstrip(b"=")
    if b"=" not in digits:
        return _decoded(digits)
    return b"".join(_decoded(each) for each in digits.split(b"="))


def _decoded(digits: bytes) -> bytes:
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def from_quoted(data: bytes, *, header: bool = False) -> bytes:
    """Return what quoted-printable of any quality holds; broken escapes stay as they are.

    `binascii` drops a line behind a soft break that ends in a bare CR, and one of two `=`; so
    both are written otherwise before.
    """
    if b"=" not in data and not header:
        return data
    if b"==" in data:
        data = data.replace(b"==", b"=3D=").replace(b"==", b"=3D=")
    if b"= " in data or b"=\t" in data:
        data = _SOFT_WITH_BLANKS.sub(b"=", data)
    if b"=\r" in data:
        data = _SOFT_BARE_CR.sub(b"=\r\n", data)
    return binascii.a2b_qp(data, header=header)


def from_uu(data: bytes) -> bytes:
    """Return what uuencoded lines hold, up to `end` (POSIX, `uuencode`); broken ones are skipped.

    Lines that lost the blanks at their ends are filled up again; a count of bytes that is too
    large, as some encoders wrote it, is taken for what the line holds.
    """
    pieces: list[bytes] = []
    for each in data.splitlines():
        if each in {b"end", b"`", b" "}:
            break
        if not each.strip():
            continue
        count = (each[0] - 32) & 63
        digits = (count + 2) // 3 * 4
        try:
            pieces.append(binascii.a2b_uu(each[:1] + each[1 : 1 + digits].ljust(digits)))
        except binascii.Error:
            continue
    return b"".join(pieces)
