"""Words as the tables of this package have them, and how the tables are written."""

from __future__ import annotations

import unicodedata
from itertools import filterfalse


def fold(word: str) -> str:
    """Return a word as it is compared: customers leave accents out and write in capitals."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFD", word.casefold())
    return "".join(filterfalse(unicodedata.combining, parts))


def listed(words: str) -> frozenset[str]:
    """Return the words of a table that is written with blanks between them."""
    return frozenset(words.split())


def paired(pairs: str) -> dict[str, str]:
    """Return a table that is written as `key:value` with blanks between the pairs."""
    return dict(pair.rsplit(":", 1) for pair in pairs.split())
