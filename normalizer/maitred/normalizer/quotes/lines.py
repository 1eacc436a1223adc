"""Lines: a plain text line by line, with the quote marks told from what they quote."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
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
# Phones and webmailers that forget the line end above or behind an introduction.
_DATED: Final = (
    r"On (?:[A-Z][a-z]{2,8},? )?"
    r"(?:[A-Z][a-z]{2,8} \d{1,2}|\d{1,2} [A-Z][a-z]{2,8}|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4})"
    r",?(?: \d{4},?)?(?: at)? \d{1,2}:\d{2}"
)
_RUN_IN: Final = re.compile(rf"(?<=[^\s>-])[ \t-]{{0,6}}+(?={_DATED})")
_RUN_IN_ENDS: Final = ("wrote:", "<", ">", ",")
_RUN_ON: Final = re.compile(rf"{_DATED}[^\r\n]{{0,300}}?[ >]wrote:(?=\S)")
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


def read(text: str, *, lines_max: int | None = None) -> list[Line]:
    """Return the lines of `text`, which joined give it again, up to `lines_max` of them."""
    bare = str.strip if _is_plain(text) else readable
    lines: list[Line] = []
    open_for = 0
    for whole in _wholes(text)[:lines_max]:
        if len(whole) > BODY_CHARACTERS_MAX:
            line = _long(whole)
        elif open_for or ">" not in whole:
            body = bare(whole)
            line = Line(whole, body, 0, not body)
        elif whole[:2] == "> " and whole[2:3] != ">":
            line = Line(whole, bare(whole[2:]), 1, is_blank=False)
        else:
            line = _marked(whole, bare)
        lines.append(line)
        if open_for:
            closes = line.body.count(">") > line.body.count("<")
            open_for = open_for - 1 if line.body and not closes else 0
        if "<" in whole and not line.depth and _OPEN_ADDRESS.search(line.body):
            open_for = ADDRESS_LINES_MAX
    return lines


def _wholes(text: str) -> list[str]:
    """Return the lines; one that runs into an introduction, or out of it, is two."""
    wholes = text.splitlines(keepends=True)
    if "On " not in text:
        return wholes
    apart: list[str] = []
    for whole in wholes:
        if "On " in whole and len(whole) <= BODY_CHARACTERS_MAX:
            apart += _apart(whole)
        else:
            apart.append(whole)
    return apart


def _apart(whole: str) -> Iterator[str]:
    run_in = _RUN_IN.search(whole) if whole.rstrip().endswith(_RUN_IN_ENDS) else None
    begin = run_in.start() if run_in else 0
    run_on = _RUN_ON.match(whole, begin)
    end = run_on.end() if run_on else len(whole)
    yield from filter(None, (whole[:begin], whole[begin:end], whole[end:]))


def _marked(whole: str, bare: Callable[[str], str]) -> Line:
    """Return a line that may have quote marks."""
    marks = _MARKS.match(whole)
    if marks is None:
        body = bare(whole)
        return Line(whole, body, 0, not body)
    return Line(whole, bare(whole[marks.end() :]), marks[0].count(">"), is_blank=False)


def _long(whole: str) -> Line:
    """Return a line that is too long to be anything but words or a quote."""
    marks = _MARKS.match(whole, 0, BODY_CHARACTERS_MAX) if ">" in whole else None
    return Line(whole, "", marks[0].count(">") if marks else 0, not marks and whole.isspace())


def _is_plain(text: str) -> bool:
    """Whether nothing but its surrounding white space is to be taken off any line."""
    return text.isascii() or (
        _UNUSUAL.search(text) is None and unicodedata.is_normalized("NFC", text)
    )


def readable(words: str) -> str:
    """Return words without surrounding white space and invisible characters, in NFC."""
    if words.isascii():
        return words.strip()
    if _UNUSUAL.search(words):
        words = words.translate(_SAME)
    return unicodedata.normalize("NFC", words).strip()


def fenced(lines: Sequence[Line]) -> frozenset[int]:
    """Return the numbers of the lines inside of code fences, these included.

    A fence that is never closed fences nothing (CommonMark 0.31, section 4.5, would let it run to
    the end; here it would hide a whole quote).
    """
    inside: set[int] = set()
    start, fence = -1, ""
    for number in [n for n, line in enumerate(lines) if line.body[:3] in _FENCES]:
        line = lines[number]
        if line.depth:
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
