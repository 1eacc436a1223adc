"""Lines: a plain text line by line, with the quote marks told from what they quote."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

BODY_CHARACTERS_MAX: Final = 1_000
"""No mail program writes an introduction or a signature this long (RFC 5322, section 2.1.1)."""

ADDRESS_LINES_MAX: Final = 2
"""Over how many lines an address between `<` and `>` may be wrapped."""
BLANKS_MAX: Final = 8
"""Blank lines between an introduction and what it introduces."""

# Marks of direction, of width zero, and the byte order mark: programs put them around names and
# addresses (Gmail in Hebrew, Outlook before dates) where they would hide a word from its table.
_INVISIBLE: Final = {
    ord(character): None
    for character in "\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff"
}
_SAME: Final = _INVISIBLE | {
    ord(character): " " for character in "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000"
}
_UNUSUAL: Final = re.compile(f"[{''.join(map(chr, _SAME))}]")
_MARKS: Final = re.compile(r"[ \t]{0,3}+(?:>[ ]?)++")
_OPEN_ADDRESS: Final = re.compile(r"<(?:(?:https?://|mailto:|[^\s<>@]{1,64}@)[^\s<>]{0,900})?$")
_FENCES: Final = ("```", "~~~")


class Line(NamedTuple):
    """One line: as it stands, and as it reads.

    `text` has its line end. `body` is without quote marks, surrounding white space and invisible
    characters, in NFC; it is empty for a line with nothing else on it, and for one so long that it
    is nothing but somebody's words. `depth` counts the quote marks. `is_blank` tells that nothing
    is on the line, not even a quote mark.
    """

    text: str
    body: str
    depth: int
    is_blank: bool


def read(text: str) -> list[Line]:
    """Return the lines of `text`, which joined give it again."""
    lines: list[Line] = []
    open_for = 0
    for whole in text.splitlines(keepends=True):
        line = _marked(whole) if ">" in whole and not open_for else _unmarked(whole)
        lines.append(line)
        if "<" in line.body and not line.depth and _OPEN_ADDRESS.search(line.body):
            open_for = ADDRESS_LINES_MAX
        elif open_for:
            closes = line.body.count(">") > line.body.count("<")
            open_for = open_for - 1 if line.body and not closes else 0
    return lines


def _marked(whole: str) -> Line:
    """Return a line that may have quote marks."""
    marks = _MARKS.match(whole, 0, BODY_CHARACTERS_MAX)
    if marks is None:
        return _unmarked(whole)
    if len(whole) > BODY_CHARACTERS_MAX:
        return Line(whole, "", marks[0].count(">"), is_blank=False)
    return Line(whole, readable(whole[marks.end() :]), marks[0].count(">"), is_blank=False)


def _unmarked(whole: str) -> Line:
    """Return a line without quote marks; after an open `<`, a `>` closes it and is none."""
    if len(whole) > BODY_CHARACTERS_MAX:
        return Line(whole, "", 0, is_blank=whole.isspace())
    body = readable(whole)
    return Line(whole, body, 0, is_blank=not body)


def readable(words: str) -> str:
    """Return words without surrounding white space and invisible characters, in NFC."""
    if not words.isascii():
        if _UNUSUAL.search(words):
            words = words.translate(_SAME)
        words = unicodedata.normalize("NFC", words)
    return words.strip()


def fenced(lines: Sequence[Line]) -> frozenset[int]:
    """Return the numbers of the lines inside of code fences, these included.

    A fence that is never closed fences nothing (CommonMark 0.31, section 4.5, would let it run to
    the end; here it would hide a whole quote).
    """
    inside: set[int] = set()
    start, fence = -1, ""
    for number, line in enumerate(lines):
        if line.depth or not line.body.startswith(_FENCES):
            continue
        if start < 0:
            start, fence = number, line.body[:3]
        elif line.body.startswith(fence):
            inside.update(range(start, number + 1))
            start = -1
    return frozenset(inside)


def next_words(lines: Sequence[Line], start: int) -> int:
    """Return the number of the first line from `start` on that is not blank.

    Beyond `BLANKS_MAX` blank lines it gives up and returns the number of the last of them.
    """
    end = min(start + BLANKS_MAX, len(lines))
    return next((number for number in range(start, end) if not lines[number].is_blank), end)
