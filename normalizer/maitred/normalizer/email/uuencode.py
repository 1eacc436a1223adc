"""Files that old mailers wrote right into the text (POSIX, `uuencode`)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from maitred.normalizer.email.transfer import from_uu

FILES_MAX: Final = 50

_BEGIN: Final = re.compile(r"^begin [0-7]{3,4} ([^\n]{1,200})\n", re.MULTILINE)
# Full lines begin with M, for 45 bytes; the last ones with any other letter, for fewer.
_LINES: Final = re.compile(
    r"(?:M[ -`]{0,62}\n)*+(?:[!-L][ -`]{0,60}\n){0,2}+(?:[ `]?\n)?end(?:\n|\Z)"
)


class WrittenIn(NamedTuple):
    """A file that stood in a text."""

    name: str
    data: bytes


def taken_out(text: str) -> tuple[str, tuple[WrittenIn, ...]]:
    """Return a text without the files that stand in it, and the files.

    What only looks like the beginning of one (`begin 100 miles away`) stays text.
    """
    if "begin " not in text:
        return text, ()
    pieces: list[str] = []
    files: list[WrittenIn] = []
    position = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < position or len(files) == FILES_MAX:
            continue
        lines = _LINES.match(text, begin.end())
        if lines is None:
            continue
        files.append(WrittenIn(begin[1].strip(), from_uu(lines[0].encode())))
        pieces.append(text[position : begin.start()])
        position = lines.end()
    pieces.append(text[position:])
    return "".join(pieces), tuple(files)
