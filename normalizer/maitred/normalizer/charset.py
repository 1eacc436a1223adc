"""Charsets as mail declares them, wrongly or not at all, and the transfer encodings below them."""

from __future__ import annotations

import binascii
import codecs
import re
from encodings.aliases import aliases
from typing import Final

CHARSET_GUESSED: Final = "charset_guessed"
ENCODING_UNKNOWN: Final = "encoding_unknown"

# Codecs that Python has for other purposes than text in mail; some are slow on hostile input.
_NOT_FOR_MAIL: Final = frozenset(
    "base64_codec bz2_codec hex_codec quopri_codec rot_13 uu_codec zlib_codec mbcs oem".split()  # noqa: SIM905  (legible)
)
# What senders mean by these names is the larger set that contains the named one
# (WHATWG Encoding Standard, section 4.2).
_MEANT: Final = {
    "ascii": "utf_8",
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
}
_ALSO: Final = {
    "x_sjis": "cp932",
    "windows_31j": "cp932",
    "unicode_1_1_utf_7": "utf_7",
    "utf8mb4": "utf_8",
    "cp_850": "cp850",
    "windows_874": "cp874",
    "iso_8859_8_i": "iso8859_8",
    "x_mac_roman": "mac_roman",
    "x_gbk": "gb18030",
}
_KNOWN: Final = frozenset(aliases.values()) - _NOT_FOR_MAIL | {
    "koi8_u",
    "cp874",
    "cp856",
    "utf_8_sig",
    "mac_cyrillic",
    "mac_greek",
    "mac_turkish",
}
# Japanese senders name the one and send the others.
_INSTEAD: Final = {"iso2022_jp": ("euc_jp", "cp932")}
_MULTIBYTE: Final = re.compile(r"gb|big5|cp9(?:32|49|50)|euc_|iso2022|shift|johab|utf_(?:7|16|32)")
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64: Final = bytes(set(range(256)) - set(_BASE64))
_PLAIN_ENCODINGS: Final = frozenset({"", "7bit", "8bit", "binary"})
_CUT_BYTES_MAX: Final = 3


def codec(declared: str) -> str | None:
    """Return Python's name for a declared charset, None for one that it does not know.

    Only the tables are asked: `codecs.lookup` would import a module by the name that a stranger
    wrote, and remember each for ever.
    """
    name = _SEPARATORS.sub("_", declared[:64].lower()).strip("_")
    found = _ALSO.get(name) or aliases.get(name) or (name if name in _KNOWN else None)
    if found is None or found not in _KNOWN:
        return None
    return _MEANT.get(found, found)


def text_of(data: bytes, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """Return `data` as text and flags: as declared, else UTF-8, else Windows-1252.

    Never fails: what fits nothing is replaced. Text in a multi-byte charset with a few broken
    bytes is read in that charset all the same.
    """
    named = codec(declared)
    for candidate in (named or "utf_8", "utf_8", *_INSTEAD.get(named or "", ())):
        decoded = _strict(data, candidate)
        if decoded is not None:
            guessed = bool(declared) and candidate != named and not data.isascii()
            return decoded, ((CHARSET_GUESSED,) if guessed else ())
    if named is not None and _MULTIBYTE.match(named):
        return codecs.decode(data, named, "replace"), (CHARSET_GUESSED,)
    if named == "utf_8" and _is_cut(data):
        return data.decode(errors="replace"), (CHARSET_GUESSED,)
    return data.decode("cp1252", "replace"), (CHARSET_GUESSED,)


def _strict(data: bytes, name: str) -> str | None:
    try:
        return codecs.decode(data, name)
    except (UnicodeError, LookupError, ValueError):
        return None


def _is_cut(data: bytes) -> bool:
    """Tell whether UTF-8 fails only because its last character is cut in two."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(data) - _CUT_BYTES_MAX and not data[: error.start].isascii()
    return False


def transferred(data: bytes, encoding: str) -> tuple[bytes, tuple[str, ...]]:
    """Undo a Content-Transfer-Encoding (RFC 2045, section 6), and flags; never fails.

    Base64 is read past foreign characters and a missing end. Data in an encoding that is not
    known stays as it is.
    """
    name = encoding.strip().lower()
    if name == "base64":
        return from_base64(data), ()
    if name == "quoted-printable":
        return binascii.a2b_qp(data), ()
    return data, (() if name in _PLAIN_ENCODINGS else (ENCODING_UNKNOWN,))


def from_base64(data: bytes) -> bytes:
    """Return what base64 of any quality holds."""
    digits = data.translate(None, _NOT_BASE64)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
