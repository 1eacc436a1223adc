"""Text as readers may have it: composed, free of hidden controls, encodable, and bounded."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from maitred.contracts.limits import MESSAGE_TEXT_BYTES_MAX

CONTROL_REMOVED: Final = "control_removed"
BIDI_REMOVED: Final = "bidi_removed"
TEXT_CUT: Final = "text_cut"

_LINE_ENDS: Final = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
# Explicit embeddings, overrides and isolates (UAX #9, section 2): they can make a line read other
# than it is stored. The implicit marks U+200E, U+200F and U+061C change nothing of that sort.
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_SPACES: Final = re.compile(r"\s+")


def scrub(text: str) -> tuple[str, tuple[str, ...]]:
    r"""Return `text` with line ends as `\n`, without controls and bidi overrides, and flags.

    Lone surrogates become U+FFFD, so the result can always be encoded. The characters are not
    composed: this is for markup, where composing could swallow the end of a tag.
    """
    if text.isascii() and text.isprintable():
        return text, ()
    flags: list[str] = []
    result = _LINE_ENDS.sub("\n", text)
    result = _SURROGATES.sub("\ufffd", result)
    result, controls = _CONTROLS.subn("", result)
    if controls:
        flags.append(CONTROL_REMOVED)
    result, overrides = _BIDI.subn("", result)
    if overrides:
        flags.append(BIDI_REMOVED)
    return result, tuple(flags)


def clean(text: str) -> tuple[str, tuple[str, ...]]:
    """Return `text` scrubbed, in NFC and without blank lines around it, and flags."""
    result, flags = scrub(text)
    return unicodedata.normalize("NFC", result).strip("\n").rstrip(), flags


def line(text: str, characters_max: int) -> str:
    """Return `text` as one clean line of at most `characters_max` characters."""
    if not text:
        return text
    return _SPACES.sub(" ", clean(text[: 4 * characters_max])[0]).strip()[:characters_max]


def cut(text: str, bytes_max: int = MESSAGE_TEXT_BYTES_MAX) -> tuple[str, bool]:
    """Return the longest start of `text` that fits into `bytes_max` of UTF-8, and if it is cut."""
    if len(text) * 4 <= bytes_max:
        return text, False
    data = text.encode()
    if len(data) <= bytes_max:
        return text, False
    return data[:bytes_max].decode(errors="ignore"), True
