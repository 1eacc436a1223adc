"""Folding: words as they are compared, and the tables of words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

COLONS: Final = ":\uff1a\u17d6"
"""The colons of Latin, Chinese and Japanese, and Khmer."""


def fold(words: str) -> str:
    """Return words without case and with single blanks.

    The dot of a Turkish capital I is dropped, which else would stay behind as a mark of its own,
    and so is the joiner of width zero inside of Persian words, which not everybody types.
    """
    if words.isascii():
        return " ".join(words.lower().split())
    return " ".join(words.casefold().replace("\u0307", "").replace("\u200c", "").split())


def words_of(*tables: str) -> frozenset[str]:
    """Return the phrases of tables that are written with commas between them."""
    return frozenset(fold(phrase) for table in tables for phrase in table.split(","))


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern of any of the words, of which longer ones go first.

    They are grouped by their first letter, at which most places of a text fail.
    """
    groups: dict[str, list[str]] = {}
    for word in sorted(words, key=lambda word: (-len(word), word)):
        groups.setdefault(word[0], []).append(re.escape(word[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(group)})" for first, group in groups.items())
