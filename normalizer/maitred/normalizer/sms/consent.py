"""Consent: whether a whole message is the word by which somebody stops text messages or resumes.

Carriers and laws give such a word effect whatever else was agreed (CTIA, Messaging Principles,
section 5.1.3), so it is known here for every channel and every reader alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from itertools import filterfalse
from typing import Final

from maitred.normalizer.sms.consent_words import BY_TEXT, ENGLISH, WORDS, Words

CHARACTERS_MAX: Final = 64
"""No word is longer, whatever stands around it."""
_TABLES_MAX: Final = 64

_ALIASES: Final = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl"}
"""Other codes of the same language (ISO 639-1 as it was, and Bokmål and Nynorsk)."""
_UNDECOMPOSED: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "æ": "ae"})
"""Letters whose stroke is no accent to Unicode, but is left out on a keypad all the same."""
_SIGNS: Final = "".join(filterfalse(str.isalnum, map(chr, range(128))))
_INNER: Final = re.compile(r"[\s\-_]+")


class Consent(Enum):
    """What the word asks for."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HELP = "help"


def consent(text: str, languages: tuple[str, ...], *, by_text: bool = True) -> Consent | None:
    """Return what `text` asks for, if it is nothing but one of the words.

    English words count always, others in the given `languages` (ISO 639-1). Case, accents, and
    spaces and signs around the word do not matter; a word more, and it is an ordinary message.
    `by_text` tells that it came as SMS or MMS, where Twilio blocks the number also upon words
    that can mean something else; elsewhere they stay what they are, a customer's words.
    """
    if len(text) > CHARACTERS_MAX:
        return None
    return _table(languages, by_text).get(folded(text))


def folded(text: str) -> str:
    """Return `text` as the words are compared: no case, accents, signs or doubled spaces."""
    if text.isascii():
        return _INNER.sub(" ", text.lower().strip(_SIGNS))
    lowered = unicodedata.normalize("NFKC", text).casefold().translate(_UNDECOMPOSED)
    decomposed = unicodedata.normalize("NFD", lowered)
    plain = "".join(each for each in decomposed if unicodedata.category(each) != "Mn")
    start, end = 0, len(plain)
    while start < end and not _counts(plain[start]):
        start += 1
    while end > start and not _counts(plain[end - 1]):
        end -= 1
    return _INNER.sub(" ", plain[start:end])


def _counts(character: str) -> bool:
    """Tell letters, digits and vowel signs from what may stand around a word."""
    return unicodedata.category(character)[0] in "LNM"


@lru_cache(maxsize=_TABLES_MAX)
def _table(languages: tuple[str, ...], by_text: bool) -> Mapping[str, Consent]:  # noqa: FBT001  (a key of the cache)
    table: dict[str, Consent] = {}
    for code in languages:
        _add(table, WORDS.get(_ALIASES.get(code, code), ENGLISH))
    # Last, since Twilio acts on these: what they mean in another language cannot count.
    _add(table, ENGLISH)
    if by_text:
        _add(table, BY_TEXT)
    return table


def _add(table: dict[str, Consent], words: Words) -> None:
    for found, asked in (
        (words.opt_out, Consent.OPT_OUT),
        (words.opt_in, Consent.OPT_IN),
        (words.help, Consent.HELP),
    ):
        table.update((folded(word), asked) for word in found)
