"""Labels: what the words before a number say that it is."""


# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import re
from typing import Final, NamedTuple

from maitred.normalizer.entities.label_words import (
    COMPOUNDS,
    ENDINGS,
    NOUNS,
    NUMBERS,
    SMALL,
    VERBS,
)
from maitred.normalizer.entities.sought import Sought
from maitred.normalizer.entities.words import fold

CHARACTERS_MAX: Final = 60
"""A label stands so near before its number, on the same line or alone on the line above."""
_WORDS_MAX: Final = 8
_SMALL_MAX: Final = 4
_NUMBERS_MAX: Final = 2

_HEAD: Final = re.compile(r"[^0-9\n!?;]*+")
_WORD: Final = re.compile(r"[^\s:;,.#()\[\]{}*/|=\"'’`<>\-–—+&!?_0-9]+")
_GAP: Final = " \t:#.()[]-–—=\"'`*|_№"
_PARTICLES: Final = _GAP + "：は是为為은는이가"
_ENDINGS: Final = tuple(sorted(ENDINGS, key=len, reverse=True))


class Label(NamedTuple):
    """What a number is said to be.

    `sort` is one of the sorts of `label_words`, empty where only `number` is said. `numbered`
    tells that a word or a sign says that a number follows, `hashed` that a hash does, and
    `loose` that a sentence may have ended in between.
    """

    sort: str
    numbered: bool
    hashed: bool
    loose: bool


def label(sought: Sought, start: int) -> Label | None:
    """Return what the words before `start` say of the number there, or None."""
    head = _head(sought.text, start)
    if not head.isascii() and (sort := _ending(head)):
        return Label(sort, numbered=True, hashed=False, loose=False)
    stripped = head.rstrip(_GAP)
    gap = head[len(stripped) :]
    hashed = "#" in gap or "№" in gap
    words = [fold(word) for word in reversed(_WORD.findall(stripped)[-_WORDS_MAX:])]
    return _read(words, hashed=hashed, loose="." in gap)


def _head(text: str, start: int) -> str:
    """Return what stands before `start` on its line, or on the line above when it begins one."""
    near = text[max(0, start - CHARACTERS_MAX) : start]
    line = near.rpartition("\n")[2]
    if not line.strip(_GAP):
        above = near[: len(near) - len(line)].rstrip()
        line = above.rpartition("\n")[2] + line if above.endswith(":") else line
    backwards = _HEAD.match(line[::-1])
    return line[len(line) - (backwards.end() if backwards else 0) :]


def _ending(head: str) -> str:
    stripped = head.rstrip(_PARTICLES).removesuffix("No").rstrip(_PARTICLES).replace(" ", "")
    if not stripped.endswith(_ENDINGS):
        return ""
    return next(ENDINGS[ending] for ending in _ENDINGS if stripped.endswith(ending))


def _read(words: list[str], *, hashed: bool, loose: bool) -> Label | None:
    """Read the words from the number backwards: small ones, `number`, small ones, a noun."""
    at = _past(words, 0, SMALL, _SMALL_MAX)
    noun_at = _past(words, at, NUMBERS, _NUMBERS_MAX)
    loose = loose and noun_at == at
    numbered = hashed or noun_at > at
    spare = NOUNS.get(words[noun_at - 1]) if noun_at > at else None
    if noun_at > at:
        noun_at = _past(words, noun_at, SMALL, _SMALL_MAX)
    word = words[noun_at] if noun_at < len(words) else ""
    if word in COMPOUNDS:
        return Label(COMPOUNDS[word], numbered=True, hashed=hashed, loose=False)
    if word not in NOUNS:
        sort = spare or ""
        return Label(sort, numbered, hashed, loose=False) if numbered else None
    if not numbered:
        before = _past(words, noun_at + 1, SMALL, _SMALL_MAX)
        numbered = before < len(words) and words[before] in NUMBERS
    if not numbered and noun_at + 1 < len(words) and words[noun_at + 1] in VERBS:
        return None
    return Label(NOUNS[word], numbered, hashed, loose)


def _past(words: list[str], start: int, among: frozenset[str], most: int) -> int:
    """Return the place of the first word from `start` on that is not `among` those."""
    at = start
    while at < len(words) and at - start < most and words[at] in among:
        at += 1
    return at
