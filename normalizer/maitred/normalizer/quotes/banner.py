"""Banner: a title between dashes above a quoted message, or "reply above this line"."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from maitred.normalizer.quotes import header_block
from maitred.normalizer.quotes.folding import COLONS, fold, words_of
from maitred.normalizer.quotes.heading_words import (
    ABOVE,
    FORWARD_BEGINS,
    FORWARDED,
    FORWARDED_BY,
    ORIGINAL,
)
from maitred.normalizer.quotes.lines import Line

CHARACTERS_MAX: Final = 160


class Banner(Enum):
    """What follows the banner."""

    ORIGINAL = auto()
    FORWARD = auto()


_TITLES: Final = {
    **dict.fromkeys(words_of(ORIGINAL), Banner.ORIGINAL),
    **dict.fromkeys(words_of(FORWARDED), Banner.FORWARD),
}
_BY: Final = tuple(f"{words} " for words in sorted(words_of(FORWARDED_BY)))
_BEGINS: Final = words_of(FORWARD_BEGINS)
_ABOVE: Final = tuple(sorted(words_of(ABOVE)))
DASHES: Final = "-_=*~#+<>|\u2010\u2011\u2012\u2013\u2014\u2015\u2500"
_EDGE: Final = frozenset(DASHES)
LAST: Final = _EDGE | frozenset(COLONS)
_RULE: Final = re.compile(rf"[{re.escape(DASHES)}\s]{{3,}}+$")
_DASHED: Final = (
    rf"[\s*>|]*+[{re.escape(DASHES)}]{{2,}}+\s*+(?P<title>[^\n]{{3,80}}?)\s*"
    rf"[{re.escape(DASHES)}]{{2,}}"
)
_TITLE: Final = re.compile(rf"{_DASHED}\**$")
# Samsung's phones write the header behind the title, on the same line.
_TITLE_ABOVE: Final = re.compile(rf"{_DASHED}+\**+ {{0,3}}+(?=\w)")
TITLE_WORDS_MAX: Final = 5
_ASKING_WORDS_MAX: Final = 25


def of(line: Line) -> Banner | None:
    """Return which banner the line is, if any."""
    body = line.body
    if not body or (body[0] not in _EDGE and body[-1] not in LAST):
        return None
    if body[-1] in COLONS and _title(body[:-1]).replace(",", "") in _BEGINS:
        return Banner.FORWARD
    if body[0] in _EDGE:
        found = _dashed(body)
        if found is not None:
            return found
    is_edged = body[0] in _EDGE or body[-1] in _EDGE
    return Banner.ORIGINAL if is_edged and _asks_to_reply_above(body) else None


def _dashed(body: str) -> Banner | None:
    """Return which title stands between dashes, with nothing or a header behind it."""
    titled = _TITLE.match(body)
    if titled is None:
        titled = _TITLE_ABOVE.match(body)
        if titled is None or not header_block.fields_of(body[titled.end() :]):
            return None
    title = _title(titled["title"])
    return Banner.FORWARD if title.startswith(_BY) else _TITLES.get(title)


def is_title(line: Line) -> bool:
    """Whether a line is a title above a header, in whatever language, or without dashes."""
    titled = _TITLE.match(line.body)
    if titled is None:
        return _title(line.body) in _TITLES
    return len(titled["title"].split()) <= TITLE_WORDS_MAX


def is_rule(line: Line) -> bool:
    """Whether nothing but a rule is on the line: dashes, underscores and their like."""
    return line.body[:1] in _EDGE and _RULE.match(line.body) is not None


def _asks_to_reply_above(body: str) -> bool:
    """Whether it is a help desk's "##- Please type your reply above this line -##"."""
    if len(body) > CHARACTERS_MAX or len(body.split()) > _ASKING_WORDS_MAX:
        return False
    folded = fold(body)
    return any(words in folded for words in _ABOVE)


def _title(title: str) -> str:
    if len(title) > CHARACTERS_MAX:
        return ""
    return fold(title.replace("&nbsp;", " ").strip(DASHES + " \t:"))
