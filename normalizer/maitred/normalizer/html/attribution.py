"""Attribution: lines of a document that introduce what somebody else wrote.

Where the structure of a mail says that a quote begins, the line before it need not be understood:
it is enough that it looks like one in any language (a date or an address, and a colon at its end).
Languages that are known are read as in plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from maitred.normalizer.quotes import attribution, banner, header_block
from maitred.normalizer.quotes.lines import read

CHARACTERS_MAX: Final = 400
"""No attribution is longer; a line that is is somebody's text."""
HEADERS_MIN: Final = 3
"""As many lines with a label make a block of headers."""

_ANNOUNCEMENT_CHARACTERS_MAX: Final = 80
_COLONS: Final = ":\uff1a\ufe30\ufe55"
_ENDS: Final = re.compile(rf"[{_COLONS}]\W{{0,4}}$|-{{3,40}}\s?$")
_WHO_OR_WHEN: Final = re.compile(
    r"\S@\S|\b(?:19|20)\d\d\b|(?:19|20)\d\d年|\b\d{1,2}[:.h]\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d\d"
)
_HEADER: Final = re.compile(rf"[*_\s]{{0,4}}[^\W\d_][^{_COLONS}\n|]{{0,24}}(?:\s\|)?\s?[{_COLONS}]")
_BANNER: Final = re.compile(r"[-_=*]{3,40}\s{0,3}[^\n]{3,60}?\s{0,3}[-_=*]{3,40}")
_RULE: Final = re.compile(r"[-_=*]{3,200}")


def is_attribution(line: str) -> bool:
    """Tell whether a line says who wrote what follows, and when."""
    if not line or len(line) > CHARACTERS_MAX:
        return False
    if _ENDS.search(line) is not None and _WHO_OR_WHEN.search(line) is not None:
        return True
    return attribution.is_whole([each.body for each in read(line)])


def has_headers(lines: Sequence[str]) -> bool:
    """Tell whether lines begin with a block of headers, as "From: ..." and its like."""
    if not lines or _HEADER.match(lines[0]) is None:
        return False
    block = [line[:CHARACTERS_MAX] for line in lines[: 2 * HEADERS_MIN]]
    labelled = sum(_HEADER.match(line) is not None for line in block)
    if labelled >= HEADERS_MIN and any(_WHO_OR_WHEN.search(line) for line in block):
        return True
    return header_block.end_of(read("\n".join(block)), 0) is not None


def is_forward(line: str) -> bool:
    """Tell whether a line says in a known language that a mail is passed on."""
    return any(banner.of(each) is banner.Banner.FORWARD for each in read(line))


def is_banner(line: str) -> bool:
    """Tell whether a line is words between dashes."""
    return _BANNER.fullmatch(line) is not None


def announces(line: str) -> bool:
    """Tell whether a line ends as one that something has to follow, and is short."""
    return len(line) <= _ANNOUNCEMENT_CHARACTERS_MAX and _ENDS.search(line) is not None


def attributed(text: str) -> int | None:
    """Return where the attribution begins that a text ends with, if there is one.

    Programs fold a long attribution after the date, so a line with a date directly above may be
    its first half.
    """
    last = last_line(text)
    begin = text.rfind("\n", 0, max(last - CHARACTERS_MAX, 0)) + 1
    lines = read(text[begin:].rstrip())
    if lines:
        known = attribution.start_of(lines, len(lines) - 1, marked=True)
        if known is not None:
            return begin + sum(len(line.text) for line in lines[:known])
    if not is_attribution(text[last:].strip()):
        return None
    above = text.rfind("\n", 0, max(last - 1, 0)) + 1
    half = text[above : max(last - 1, 0)].strip()
    is_half = 0 < len(half) < CHARACTERS_MAX and half[-1] not in ".!?:"
    return above if is_half and _WHO_OR_WHEN.search(half) else last


def announced(text: str) -> int | None:
    """Return where the last line begins, if it announces what follows."""
    last = last_line(text)
    return last if announces(text[last:].strip()) else None


def ruled(text: str, start: int | None) -> int | None:
    """Return where the rule begins that is drawn above `start`, or else `start` itself."""
    above = text if start is None else text[:start]
    last = last_line(above)
    return last if _RULE.fullmatch(above[last:].strip()) else start


def last_line(text: str) -> int:
    """Return where the last line begins that says something."""
    return text.rfind("\n", 0, len(text.rstrip())) + 1
