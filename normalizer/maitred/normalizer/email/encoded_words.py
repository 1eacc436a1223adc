"""Encoded words of mail headers (RFC 2047), in all the ways in which senders break them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from maitred.normalizer.email.charset import text_of
from maitred.normalizer.email.charset_names import codec
from maitred.normalizer.email.transfer import from_base64, from_quoted

_START: Final = re.compile(
    r"=\?[ \t]{0,4}([^?\s=]{1,80})[ \t]{0,4}\?[ \t]{0,4}([bBqQ])[ \t]{0,4}\?"
)
_BASE64_ONLY: Final = re.compile(r"[A-Za-z0-9+/=\s]*+")
_QUOTED_ONLY: Final = re.compile(r"[^\s?]*+")
_ESCAPE: Final = re.compile(r"[0-9A-Fa-f]{2}")
_NOT_A_DIGIT: Final = re.compile(rb"[^A-Za-z0-9+/]+")


@dataclass(slots=True)
class _Word:
    start: int
    end: int
    charset: str
    is_base64: bool
    content: str


def decoded(value: str) -> str:
    """Return a header value with its encoded words as text; what is none stays as it is.

    White space between two words is no text (section 6.2). Neighbours in one charset are joined
    as bytes first, since many senders split a character between two words. Words are understood
    wherever they stand, in quoted strings as well (section 5 forbids it, senders do it). A value
    that was encoded twice is decoded twice.
    """
    return _decoded(value) if "=?" in value else value


# The fields of one mail are asked for by several readers.
@lru_cache(maxsize=16)
def _decoded(value: str) -> str:
    text = _pass(value)
    return _pass(text) if _is_encoded_again(text) else text


def _is_encoded_again(text: str) -> bool:
    start = _START.match(text)
    return start is not None and text.endswith("?=")


def _pass(value: str) -> str:
    pieces: list[str] = []
    pending: list[_Word] = []
    position = 0
    for word in _words(value):
        between = value[position : word.start]
        if pending and not between.strip():
            between = ""
        if between or (pending and pending[-1].charset != word.charset):
            pieces.append(_text(pending))
            pending = []
        pieces.append(between)
        pending.append(word)
        position = word.end
    pieces.append(_text(pending))
    pieces.append(value[position:])
    return "".join(pieces)


def _words(value: str) -> Iterator[_Word]:
    """Yield the encoded words in order, each character of `value` looked at a few times only."""
    start = _START.search(value)
    end = 0
    while start is not None:
        behind = start.end()
        if 0 <= end < behind:
            end = value.find("?=", behind)
        following = _START.search(value, behind)
        is_base64 = start[2] in "bB"
        if end < 0:
            to, behind_end = _open_end(value, behind, is_base64=is_base64)
        else:
            to = end if is_base64 else _end_of_quoted(value, behind, end, following)
            behind_end = to + 2
        if to < 0 or (following is not None and following.start() < to):
            # The word never ends, another one begins before: it is no word.
            start = following
            continue
        charset = start[1].partition("*")[0].lower()
        yield _Word(start.start(), behind_end, charset, is_base64, value[behind:to])
        start = _START.search(value, behind_end)


def _end_of_quoted(value: str, start: int, end: int, following: re.Match[str] | None) -> int:
    """Return where a Q word ends: a bare `?` before an escape looks like an end (`what?=21?=`)."""
    bound = following.start() if following is not None else len(value)
    while end >= 0 and _ESCAPE.match(value, end + 2):
        later = value.find("?=", end + 2, min(bound, start + 4_000))
        if later < 0 or " " in value[end:later]:
            break
        end = later
    return end


def _open_end(value: str, start: int, *, is_base64: bool) -> tuple[int, int]:
    """Return where the last word of a value that was cut off ends, -1 if it does not look so."""
    match = (_BASE64_ONLY if is_base64 else _QUOTED_ONLY).match(value, start)
    to = match.end() if match else start
    is_end = value[to : to + 2] in {"", "?"}
    return (to, len(value)) if is_end and to > start else (-1, -1)


def _text(words: list[_Word]) -> str:
    """Return the text of neighbours in one charset."""
    data = b""
    digits: list[bytes] = []
    for word in words:
        content = _bytes(word)
        if word.is_base64:
            digits.append(content)
            if len(_NOT_A_DIGIT.sub(b"", b"".join(digits))) % 4 == 0 or b"=" in content:
                data += _from_digits(digits, word.charset)
                digits = []
        else:
            data += _from_digits(digits, word.charset) + from_quoted(content, header=True)
            digits = []
    if digits:
        data += _from_digits(digits, words[0].charset)
    return text_of(data, words[0].charset)[0] if words else ""


def _from_digits(words: list[bytes], charset: str) -> bytes:
    """Return what words in base64 hold that were cut between any two digits, or lost padding."""
    if len(words) > 1:
        joined = from_base64(b"".join(words))
        if not text_of(joined, charset)[1]:
            return joined
    return b"".join(from_base64(each) for each in words)


def _bytes(word: _Word) -> bytes:
    """Return what stands in a word; bare letters beyond ASCII are in the charset it declares."""
    if word.content.isascii():
        return word.content.encode()
    try:
        return word.content.encode(codec(word.charset) or "utf_8")
    except UnicodeError:
        return word.content.encode(errors="replace")
