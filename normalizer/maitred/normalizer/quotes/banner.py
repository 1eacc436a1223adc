"""Banner: a title between dashes above a quoted message, or "reply above this line"."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

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
_DASHES: Final = "-_=*~#+<>|\u2010\u2011\u2012\u2013\u2014\u2015\u2500"
_EDGE: Final = frozenset(_DASHES)
_RULE: Final = re.compile(rf"[{re.escape(_DASHES)}\s]{{3,}}+$")
_TITLE: Final = re.compile(
    rf"[\s*>|]*+[{re.escape(_DASHES)}]{{2,}}+\s*+(?P<title>[^\n]{{3,80}}?)\s*[{re.escape(_DASHES)}]{{2,}}\**$"
)
_ASKING_WORDS_MAX: Final = 25


def of(line: Line) -> Banner | None:
    """Return which banner the line is, if any."""
    body = line.body
    if not body or len(body) > CHARACTERS_MAX:
        return None
    if body[-1] in COLONS and _title(body[:-1]).replace(",", "") in _BEGINS:
        return Banner.FORWARD
    if body[0] in _EDGE and (titled := _TITLE.match(body)):
        title = _title(titled["title"])
        found = Banner.FORWARD if title.startswith(_BY) else _TITLES.get(title)
        if found is not None:
            return found
    if body[0] not in _EDGE and body[-1] not in _EDGE:
        return None
    return Banner.ORIGINAL if _asks_to_reply_above(body) else None


def is_rule(line: Line) -> bool:
    """Whether nothing but a rule is on the line: dashes, underscores and their like."""
    return line.body[:1] in _EDGE and _RULE.match(line.body) is not None


def _asks_to_reply_above(body: str) -> bool:
    """Whether it is a help desk's "##- Please type your reply above this line -##"."""
    if len(body.split()) > _ASKING_WORDS_MAX:
        return False
    folded = fold(body)
    return any(words in folded for words in _ABOVE)


def _title(title: str) -> str:
    return fold(title.strip(_DASHES + " \t:"))
