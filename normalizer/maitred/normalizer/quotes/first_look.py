"""First look: what a text can hold at all, told from its words and signs without reading lines.

Most mails quote nothing. A text without any word or sign of a quote needs no second look.
"""

from __future__ import annotations

import re
from string import punctuation
from typing import Final, NamedTuple

from maitred.normalizer.quotes.attribution_words import QUOTING, WROTE, WROTE_UNSPACED
from maitred.normalizer.quotes.folding import COLONS, fold, words_of
from maitred.normalizer.quotes.lines import readable
from maitred.normalizer.quotes.signature_words import ADVERTS, FROM_MOBILE, SENT, SENT_UNSPACED

FIELDS_MIN: Final = 2
"""A header block has more than one colon."""

_PUNCTUATION: Final = str.maketrans(dict.fromkeys(punctuation, " "))
_WORD: Final = re.compile(r"[^\W_]+")
_SIGNS: Final = (">", "|", "@", "```", "~~~", "--", "__", "==", "##", "**", "~~", "++")
_SIGNS_ABROAD: Final = ("\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2500")


def _words(folded: str) -> list[str]:
    """Return the words of a folded text; translating is faster, but only where it is ASCII."""
    if folded.isascii():
        return folded.translate(_PUNCTUATION).split()
    return _WORD.findall(folded)


def _longest(*tables: str) -> frozenset[str]:
    """Return the longest word of each phrase, which tells best that it may be there."""
    return frozenset(max(_words(phrase), key=len) for phrase in words_of(*tables))


_WROTE: Final = _longest(*WROTE.values(), QUOTING)
_UNSPACED: Final = tuple(sorted(words_of(*WROTE_UNSPACED.values())))
_SENT: Final = _longest(SENT, FROM_MOBILE, ADVERTS) | {"outlook", "bluemail"}
_SENT_UNSPACED: Final = tuple(sorted(words_of(SENT_UNSPACED)))


class FirstLook(NamedTuple):
    """What is worth looking for."""

    quotes: bool
    mobile: bool


def look(text: str) -> FirstLook:
    """Return what may stand in a text; never wrong when it says that something does not."""
    folded = fold(readable(text))
    words = frozenset(_words(folded))
    abroad = not folded.isascii()
    return FirstLook(
        quotes=any(sign in text for sign in _SIGNS)
        or sum(map(text.count, COLONS)) >= FIELDS_MIN
        or not _WROTE.isdisjoint(words)
        or (abroad and any(sign in folded for sign in (*_SIGNS_ABROAD, *_UNSPACED))),
        mobile=not _SENT.isdisjoint(words)
        or (abroad and any(sign in folded for sign in _SENT_UNSPACED)),
    )
