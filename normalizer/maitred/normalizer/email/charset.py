"""Text behind bytes: in the charset that mail declares, declares wrongly, or does not declare.

What the bytes themselves say comes first (a byte order mark, valid UTF-8), then the declaration,
then chardetng, the detector that Firefox uses.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from chardetng_py.detector import EncodingDetector  # type: ignore[import-untyped]

from maitred.contracts.limits import KIB
from maitred.normalizer.email import japanese
from maitred.normalizer.email.charset_names import codec

CHARSET_GUESSED: Final = "charset_guessed"
SAMPLE_BYTES_MAX: Final = 8 * KIB
"""A detector reads so much from the first byte on that is not ASCII."""

_STATEFUL: Final = re.compile("utf_7|hz|iso2022")
_WIDE: Final = re.compile("utf_(16|32)")
_MULTIBYTE: Final = re.compile(r"gb|big5|cp9(?:32|49|50)|euc_|iso2022|johab")
_WESTERN: Final = frozenset({"cp1252", "iso8859_15", "mac_roman", "cp850", "cp437", "cp1254"})
# Senders name the one and send the other.
_INSTEAD: Final = {
    "big5hkscs": ("cp950",),
    "cp932": ("shift_jis_2004",),
    "euc_jp": ("euc_jis_2004",),
    "cp949": ("johab",),
}
# ISO charsets have control characters where those of Windows have letters and quotation marks.
_WINDOWS: Final = {
    "iso8859_2": "cp1250",
    "iso8859_7": "cp1253",
    "iso8859_8": "cp1255",
    "iso8859_6": "cp1256",
    "iso8859_13": "cp1257",
    "iso8859_15": "cp1252",
}
_C1: Final = re.compile(rb"[\x80-\x9f]")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_HIGH_BYTES: Final = bytes(range(128, 256))
_HIGH_RUN: Final = re.compile(rb"[\x80-\xff]{3,1000}")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf_8"),
    (codecs.BOM_UTF32_LE, "utf_32"),
    (codecs.BOM_UTF32_BE, "utf_32"),
    (codecs.BOM_UTF16_LE, "utf_16"),
    (codecs.BOM_UTF16_BE, "utf_16"),
)
_ESCAPED: Final = re.compile("[\udc80-\udcff]+")
_CUT_BYTES_MAX: Final = 3
_EVIDENCE_MIN: Final = 4
"""So many characters of UTF-8 are no chance in another multi-byte charset."""
_WIDE_SAMPLE: Final = 512
_FOREIGN_MIN: Final = 6
_FOREIGN_DISTINCT_MIN: Final = 5
_ERRORS_IN: Final = 8
"""One broken byte in so many beyond ASCII does not make another charset likely."""


def text_of(data: bytes, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """Return `data` as text, and flags where its charset had to be guessed.

    Valid UTF-8 is UTF-8 whatever is declared; a declaration that fits holds unless the letters
    would be none of any language that is written so; then the charset is detected. Never fails:
    what fits nothing is replaced.
    """
    named = codec(declared) if declared else None
    if data.isascii() and not _is_wide(data, named):
        return _seven_bit(data, named)
    marked = _by_mark(data)
    if marked is not None:
        return marked, ()
    if _is_wide(data, named):
        found = _wide(data, named)
        if found is not None:
            return found, (() if named and _WIDE.match(named) else (CHARSET_GUESSED,))
    plain = _strict(data, "utf_8")
    if plain is not None and not _is_chance(plain, named):
        unsaid = named is None or named == "utf_8"
        return plain, (() if unsaid and (named or not declared) else (CHARSET_GUESSED,))
    return _eight_bit(data, named)


def _seven_bit(data: bytes, named: str | None) -> tuple[str, tuple[str, ...]]:
    if named is not None and _STATEFUL.match(named):
        decoded = _strict(data, named)
        if decoded is not None:
            return decoded, ()
    if japanese.has_escapes(data):
        declared = named is not None and named.startswith("iso2022")
        return japanese.from_iso_2022_jp(data), (() if declared else (CHARSET_GUESSED,))
    return data.decode("ascii"), ()


def _eight_bit(data: bytes, named: str | None) -> tuple[str, tuple[str, ...]]:
    """Return text that is neither ASCII nor UTF-8."""
    if named == "utf_8" or named is None:
        mended = _mended(data)
        if mended is not None:
            return mended, (CHARSET_GUESSED,)
    elif named.startswith("iso2022") and japanese.has_escapes(data):
        return japanese.from_iso_2022_jp(data), (CHARSET_GUESSED,)
    else:
        decoded = _as_named(data, named)
        if decoded is not None and not (named in _WESTERN and _is_foreign(data)):
            return decoded, ()
    found = detected(data)
    if _strict(data, found) is None and named is not None and _MULTIBYTE.match(named):
        found = named
    return codecs.decode(data, found, "replace"), (CHARSET_GUESSED,)


def detected(data: bytes) -> str:
    """Return the codec that text beyond ASCII is likeliest in."""
    first = _HIGH.search(data)
    start = max(0, first.start() - KIB // 2) if first else 0
    detector = EncodingDetector()
    detector.feed(data[start : start + SAMPLE_BYTES_MAX], last=True)
    return codec(detector.guess(tld=None, allow_utf8=False)) or "cp1252"


def _by_mark(data: bytes) -> str | None:
    for mark, name in _MARKS:
        if data.startswith(mark):
            # UTF-32 begins like UTF-16, and garbage like either.
            decoded = _strict(data, name)
            if decoded is not None:
                return decoded.removeprefix("\ufeff")
    return None


def _is_wide(data: bytes, named: str | None) -> bool:
    if named is not None and _WIDE.match(named):
        return True
    sample = data[:_WIDE_SAMPLE]
    return b"\0" in sample and 3 * sample.count(0) > len(sample)


def _wide(data: bytes, named: str | None) -> str | None:
    """Return UTF-16 or UTF-32 without a mark; its zeros tell the order of bytes."""
    sample = data[:_WIDE_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if not even and not odd and (plain := _strict(data, "utf_8")) is not None:
        return plain
    if named is not None and named.startswith("utf_32"):
        return codecs.decode(data, named, "replace")
    order = "be" if even > odd else "le"
    if even == odd and named in {"utf_16_be", "utf_16_le"}:
        order = named[-2:]
    whole = data[: len(data) & ~1]
    name = f"utf_16_{order}"
    if named is not None:
        return codecs.decode(whole, name, "replace")
    return _strict(whole, name)


def _is_chance(plain: str, named: str | None) -> bool:
    """Tell whether so little valid UTF-8 may as well be what is declared."""
    if named is None or not _MULTIBYTE.match(named):
        return False
    return sum(not each.isascii() for each in plain[: 64 * KIB]) < _EVIDENCE_MIN


def _as_named(data: bytes, named: str) -> str | None:
    windows = _WINDOWS.get(named)
    first = windows if windows is not None and _C1.search(data) else named
    for candidate in (first, *_INSTEAD.get(named, ())):
        decoded = _strict(data, candidate)
        if decoded is not None:
            return decoded
    return None


def _is_foreign(data: bytes) -> bool:
    """Tell whether letters beyond ASCII stand in rows, as in no language of the West."""
    total = len(data) - len(data.translate(None, _HIGH_BYTES))
    if total < _FOREIGN_MIN:
        return False
    in_rows = b"".join(_HIGH_RUN.findall(data))
    return 2 * len(in_rows) > total and len(set(in_rows)) >= _FOREIGN_DISTINCT_MIN


def _mended(data: bytes) -> str | None:
    """Return UTF-8 with a few foreign bytes in it, read as Windows-1252, or with its end cut."""
    text = data.decode(errors="surrogateescape")
    broken = sum(len(each) for each in _ESCAPED.findall(text))
    total = len(data) - len(data.translate(None, _HIGH_BYTES))
    if _ERRORS_IN * broken > total and not _is_cut(data):
        return None
    return _ESCAPED.sub(_as_windows, text)


def _as_windows(match: re.Match[str]) -> str:
    return match[0].encode(errors="surrogateescape").decode("cp1252", "replace")


def _is_cut(data: bytes) -> bool:
    """Tell whether UTF-8 fails only because its last character is cut in two."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(data) - _CUT_BYTES_MAX and not data[: error.start].isascii()
    return False


def _strict(data: bytes, name: str) -> str | None:
    try:
        return codecs.decode(data, name)
    except (UnicodeError, LookupError, ValueError):
        return None
