"""Cues: what the hand-made and the general word list, and the marks, say of a message.

A few whole numbers sum up each list: how much is good, how much is bad, the strongest of both,
and what came last. From these a model that has seen few words of a kind still knows whole groups
of them, and languages without examples have something to go by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from maitred.router.mood import words
from maitred.router.mood.tokens import ALL_LOUD, DOTS, NUMBER, PAGE, PERSON, Tokens

UNIT: Final = 64
"""All cues are whole numbers of this unit, so that they add up the same on every machine."""
ENGLISH: Final = "en"
_TURNED: Final = -0.6
_PHRASE_WORDS_MAX: Final = 3
_SUM_MAX: Final = 3.0
_SQUASH: Final = 0.8
_LENGTH: Final = 30
_FEW_WORDS: Final = 3
_AMBIGUOUS: Final = frozenset(
    {"male", "sin", "ni", "mai", "no", "non", "nie", "fatal", "super", "bravo", "retard", "genial"}
    | {"toll", "gut", "content", "mal"}
)
"""Not taken from other languages where the language is not known: English words too."""

Values = tuple[float, float, float]
"""Of one entry: hand-made valence, arousal, and the general list's valence."""
_SIGNS: Final = ("!", "!!", "?", "??", "!?!?", DOTS, PAGE, PERSON, NUMBER)


@dataclass(frozen=True, slots=True)
class Lists:
    """What is looked up for one language."""

    entries: Mapping[str, Values]
    starts: frozenset[str]
    """First words of entries of several words."""
    negations: frozenset[str]
    emphasis: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Cues:
    """What the lists say of one text: the numbers, and which tokens carried them."""

    numbers: tuple[int, ...]
    found: tuple[tuple[int, int, float], ...]
    """Of each entry its first token, how many tokens it takes, and its signed strength."""


def lists_for(general: Mapping[str, float]) -> dict[str, Lists]:
    """Return the lists by language; `""` is for text whose language is not known.

    `general` is a list of English words of mood and their valences, -1 to 1. Any other language
    than those in `words.NEGATIONS` is read with `"*"`: signs alone.
    """
    tables = {
        "en": words.ENGLISH,
        "de": words.GERMAN,
        "fr": words.FRENCH,
        "es": words.SPANISH,
        "it": words.ITALIAN,
    }
    own = {
        language: {word: _values(word, *values, general) for word, values in words.entries(table)}
        for language, table in tables.items()
    }
    marks = {word: (0.0, 0.0, value) for word, value in general.items() if not word[0].isalnum()}
    marks |= {sign: _values(sign, *values, general) for sign, values in words.entries(words.MARKS)}
    own[ENGLISH] = {word: (0.0, 0.0, value) for word, value in general.items()} | own[ENGLISH]
    any_language: dict[str, Values] = {}
    for language, listed in own.items():
        other = language != ENGLISH
        for word, values in listed.items():
            if not (other and word in _AMBIGUOUS):
                any_language.setdefault(word, values)
    every = frozenset(" ".join(words.NEGATIONS.values()).split()) - _AMBIGUOUS - {"plus"}
    english = frozenset(words.NEGATIONS[ENGLISH].split())
    found = {
        language: _lists(listed | marks, frozenset(words.NEGATIONS[language].split()))
        for language, listed in own.items()
    }
    found[""] = _lists(any_language | marks, every | english)
    found["*"] = _lists(marks, frozenset())
    return found


def _values(word: str, valence: float, arousal: float, general: Mapping[str, float]) -> Values:
    """Return an entry of the hand-made lists; what the general list lacks it takes from them."""
    return valence, arousal, general.get(word, valence)


def _lists(entries: Mapping[str, Values], negations: frozenset[str]) -> Lists:
    starts = frozenset(entry.partition(" ")[0] for entry in entries if " " in entry)
    return Lists(entries, starts, negations, dict(words.emphasis()))


def cues_of(tokens: Tokens, lists: Lists) -> Cues:
    """Return what the lists say of a text."""
    hand: list[float] = []
    general: list[float] = []
    arousals: list[float] = []
    found: list[tuple[int, int, float]] = []
    before = 0.0
    forms = tokens.forms
    entries, starts, skip = lists.entries, lists.starts, 0
    for at, form in enumerate(forms):
        if skip:
            skip -= 1
            continue
        values, length = entries.get(form), 1
        if form in starts:
            values, length = _phrase(forms, at, entries) or (values, 1)
        if values is None:
            if form in _TURNS:
                before = sum(hand) + sum(general)
            continue
        skip = length - 1
        turned = _TURNED if length == 1 and tokens.negated[at] else 1.0
        stronger = lists.emphasis.get(forms[at - 1], 1.0) if at else 1.0
        if values[0]:
            hand.append(values[0] * turned * stronger)
            arousals.append(values[1])
        if values[2]:
            general.append(values[2] * turned * stronger)
        found.append((at, length, (values[0] or values[2]) * turned))
    numbers = (*_sums(hand, len(forms)), *_sums(general, len(forms)))
    last = sum(hand) + sum(general) - before if before else 0.0
    extra = (max(arousals, default=0.0), max(-1.0, min(1.0, last)))
    numbers = (*numbers, *extra, *_flags(tokens))
    return Cues(tuple(math.floor(number * UNIT + 0.5) for number in numbers), tuple(found))


_TURNS: Final = frozenset(words.TURNS.split())


def _phrase(forms: list[str], at: int, entries: Mapping[str, Values]) -> tuple[Values, int] | None:
    """Return the longest entry of several words that begins at a token, and its length."""
    for length in range(min(_PHRASE_WORDS_MAX, len(forms) - at), 1, -1):
        values = entries.get(" ".join(forms[at : at + length]))
        if values is not None:
            return values, length
    return None


def _sums(scores: list[float], tokens: int) -> tuple[float, ...]:
    if not scores:
        return _NO_SUMS
    good = sum(score for score in scores if score > 0)
    bad = -sum(score for score in scores if score < 0)
    total = good - bad
    root = math.sqrt(tokens)
    return (
        min(good, _SUM_MAX),
        min(bad, _SUM_MAX),
        total / math.sqrt(total * total + _SQUASH),
        max(scores),
        min(scores),
        scores[-1],
        0.0,
        float(good > 0),
        float(bad > 0),
        good / root,
        bad / root,
    )


def _flags(tokens: Tokens) -> tuple[float, ...]:
    forms = tokens.forms
    present = set(forms)
    return (
        *(float(sign in present) for sign in _SIGNS),
        float(forms[-1:] == ["?"]),
        float(forms[:1] == [PERSON]),
        tokens.loud / ALL_LOUD,
        float(tokens.loud == ALL_LOUD),
        min(tokens.stretched, 2) / 2,
        min(len(forms), 2 * _LENGTH) / _LENGTH,
        float(len(forms) <= _FEW_WORDS),
    )


_NO_SUMS: Final = (0.0,) * 6 + (1.0,) + (0.0,) * 4
CUES: Final = 2 * len(_NO_SUMS) + 2 + len(_SIGNS) + 7
"""How many numbers `Cues` holds."""
