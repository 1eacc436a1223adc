"""Tables of phrases, written as running text, and a quick way to find them in a short text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_HEAD: Final = re.compile(r"\b\w{3}")
_WORD: Final = re.compile(r"\b\w{3,}+")
_UNSPACED: Final = re.compile("[\u0e00-\u1cff\u2e80-\uffff]")
"""Thai, Hangul, kana, Chinese characters: their words are not parted, or shorter than others."""


def listed(table: str) -> tuple[str, ...]:
    """Return the phrases of a table, which stand between semicolons on any number of lines.

    They are folded as text is before it is compared (`ß` is `ss`, the final sigma any other).
    """
    phrases = (" ".join(each.split()).casefold() for each in table.split(";"))
    return tuple(dict.fromkeys(each for each in phrases if each))


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases that are looked for in a subject, at the price of a look at its words.

    Each is filed under the first three letters of its longest word, which must begin a word of the
    subject. Those in scripts without blanks are looked for one by one, in such subjects only.
    """

    by_head: dict[str, tuple[str, ...]]
    unspaced: tuple[str, ...]

    def found_in(self, text: str, begun: frozenset[str]) -> bool:
        """Tell whether a text in lower case, whose words begin as `begun`, holds any of them."""
        for head in begun:
            if head in self.by_head and any(each in text for each in self.by_head[head]):
                return True
        if text.isascii() or not _UNSPACED.search(text):
            return False
        return any(each in text for each in self.unspaced)


def heads(text: str) -> frozenset[str]:
    """Return the first three letters of the words of a text."""
    return frozenset(_HEAD.findall(text))


def filed(phrases: Iterable[str]) -> Phrases:
    """Return phrases as `Phrases`; raise ValueError for one that could not be found there."""
    by_head: dict[str, tuple[str, ...]] = {}
    unspaced: list[str] = []
    for phrase in phrases:
        words = _WORD.findall(phrase)
        if _UNSPACED.search(phrase):
            unspaced.append(phrase)
        elif words:
            head = max(words, key=len)[:3]
            by_head[head] = (*by_head.get(head, ()), phrase)
        else:
            message = f"no word of three letters: {phrase!r}"
            raise ValueError(message)
    return Phrases(by_head, tuple(unspaced))
