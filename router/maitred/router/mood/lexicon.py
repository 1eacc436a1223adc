"""Lexicon model: mood from words, negation, emphasis and signs, without learning.

English is covered best; German, French, Spanish and Italian have small lists; of any other
language only emoji, emoticons, capitals and punctuation are read, and the confidence says so.
The way words add up follows VADER (Hutto and Gilbert 2014): a sum squashed to -1 to 1, negation
that turns and weakens within three words, emphasis by capitals and exclamation marks.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from maitred.contracts.message import Affect, MoodLabel
from maitred.router.mood import words
from maitred.router.mood.port import MoodInput

HEAD_CHARACTERS_MAX: Final = 3_000
TAIL_CHARACTERS_MAX: Final = 1_000
"""Of a longer text its beginning and its end are read."""
BECAUSE_MAX: Final = 8

_TOKEN: Final = re.compile(
    r"https?://\S+|[@#]?\w+(?:['\u2019]\w+)*|[!?]+"
    r"|>?[:;=]['\u2019]?-?[)(DP/@|*](?!\w)|\(:|\):|\^_?\^|-_-|</?3"
    r"|[.,;:\n]|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
_TURNS_WITHIN: Final = 3
_TURNED: Final = -0.6
_PHRASE_WORDS_MAX: Final = 3
_WORDS_FEW: Final = 3
_WORD_CHARACTERS_MAX: Final = 40
_CAPITALS: Final = 1.25
_SQUASH: Final = 0.8
_DELIGHTED: Final = 0.6
_FRUSTRATED: Final = -0.25
_ANGRY: Final = -0.6
_ANGRY_AROUSAL: Final = 0.6
_CALM_AROUSAL: Final = 0.2
_STOPS: Final = frozenset(".,;:\n")
_LISTED: Final = frozenset({"en", "de", "fr", "es", "it"})


_Table = Mapping[str, tuple[float, float]]


@dataclass(slots=True)
class _Reading:
    """What one pass over a text gathers."""

    scores: list[float] = field(default_factory=list)
    arousals: list[float] = field(default_factory=list)
    because: list[tuple[float, str]] = field(default_factory=list)
    words: int = 0
    exclamations: int = 0
    capitals: int = 0
    turned_at: int = 0
    """How many scores stood before the last `but`."""
    negated_until: int = -1
    emphasis: float = 1.0

    def skip(self, token: str) -> None:
        """Take a token that is no cue: a word, the end of a clause, or marks of emotion."""
        if token[:1].isalnum():
            self.words += 1
            self.emphasis = 1.0
        elif token in _STOPS:
            self.negated_until = -1
        else:
            self.exclamations += token.count("!")

    def add(self, entry: tuple[float, float], word: str, *, turned: bool, loud: bool) -> None:
        """Take a cue with its two values."""
        score = entry[0] * self.emphasis
        if turned:
            score *= _TURNED
        if loud:
            score *= _CAPITALS
            self.capitals += 1
        self.scores.append(score)
        self.arousals.append(entry[1])
        self.because.append((score, word[:_WORD_CHARACTERS_MAX]))


class _Cues:
    """What is looked up for one language; `known` tells at once that a token is nothing."""

    def __init__(self, listed: _Table, marks: _Table, negations: str) -> None:
        self._listed = listed
        self._marks = marks
        self._starts = frozenset(entry.partition(" ")[0] for entry in listed if " " in entry)
        self.negations = frozenset(negations.split())
        self.turns = frozenset(words.TURNS.split())
        self.emphasis = dict(words.emphasis())
        signs = (mark.lower() for mark in marks)
        cues = (listed, self._starts, self.negations, self.turns, self.emphasis, signs)
        self.known = frozenset(itertools.chain.from_iterable(cues))

    def entry(
        self, lower: Sequence[str], at: int, token: str
    ) -> tuple[tuple[float, float] | None, int]:
        """Return the values of the longest entry that begins at a token, and its length."""
        if lower[at] in self._starts:
            for length in range(min(_PHRASE_WORDS_MAX, len(lower) - at), 1, -1):
                phrase = self._listed.get(" ".join(lower[at : at + length]))
                if phrase is not None:
                    return phrase, length
        return self._listed.get(lower[at]) or self._marks.get(token), 1


class LexiconMoodModel:
    """The built-in model, `lexicon` in `maitred.mood_models`."""

    name = "lexicon"

    def __init__(self) -> None:
        tables = {
            "en": words.ENGLISH,
            "de": words.GERMAN,
            "fr": words.FRENCH,
            "es": words.SPANISH,
            "it": words.ITALIAN,
        }
        marks = dict(words.entries(words.MARKS))
        self._other = _Cues({}, marks, "")
        self._cues: Mapping[str, _Cues] = MappingProxyType(
            {
                language: _Cues(dict(words.entries(table)), marks, words.NEGATIONS[language])
                for language, table in tables.items()
            }
        )

    def read(self, texts: Sequence[MoodInput]) -> list[Affect]:
        """Return the affect of each message, in order; any string has one."""
        return [self._affect(each) for each in texts]

    def _affect(self, given: MoodInput) -> Affect:
        text = _bounded(f"{given.subject}\n{given.text}" if given.subject else given.text)
        language = (given.language or "en").lower()[:2]
        reading = self._scan(text, language)
        valence = _valence(reading)
        arousal = _arousal(reading)
        confidence = _confidence(reading, language, stated=bool(given.language))
        driving = sorted(reading.because, key=lambda each: -abs(each[0]))[:BECAUSE_MAX]
        return Affect(
            valence=round(valence, 4),
            arousal=round(arousal, 4),
            label=_label(valence, arousal),
            confidence=round(confidence, 4),
            because=tuple(dict.fromkeys(word for _, word in driving)),
        )

    def _scan(self, text: str, language: str) -> _Reading:
        reading = _Reading()
        cues = self._cues.get(language, self._other)
        shouting = text.isupper()
        tokens = _TOKEN.findall(text)
        lower = [token.lower().replace("\u2019", "'").lstrip("#") for token in tokens]
        skip = 0
        for at, token in enumerate(lower):
            if skip:
                skip -= 1
            elif token not in cues.known:
                reading.skip(token)
            else:
                found, length = cues.entry(lower, at, tokens[at])
                last = lower[at + length - 1]
                if found is not None:
                    turned = at <= reading.negated_until and length == 1
                    loud = not shouting and len(token) > 1 and tokens[at].isupper()
                    reading.add(found, " ".join(lower[at : at + length]), turned=turned, loud=loud)
                    skip = length - 1
                elif token in cues.turns:
                    reading.turned_at = len(reading.scores)
                reading.words += 1
                reading.emphasis = cues.emphasis.get(last, 1.0)
                if last in cues.negations:
                    reading.negated_until = at + length - 1 + _TURNS_WITHIN
        if shouting and reading.words > 1:
            reading.capitals += 1
        return reading


def _bounded(text: str) -> str:
    if len(text) <= HEAD_CHARACTERS_MAX + TAIL_CHARACTERS_MAX:
        return text
    return f"{text[:HEAD_CHARACTERS_MAX]}\n{text[-TAIL_CHARACTERS_MAX:]}"


def _valence(reading: _Reading) -> float:
    turned = reading.turned_at
    scores = reading.scores
    total = sum(
        score * (0.6 if turned and at < turned else 1.3 if turned else 1.0)
        for at, score in enumerate(scores)
    )
    total *= 1 + 0.1 * min(reading.exclamations, 3)
    return total / math.sqrt(total * total + _SQUASH)


def _arousal(reading: _Reading) -> float:
    mean = sum(reading.arousals) / len(reading.arousals) if reading.arousals else _CALM_AROUSAL
    raised = mean + 0.08 * min(reading.exclamations, 3) + 0.1 * min(reading.capitals, 2)
    return min(raised, 1.0)


def _confidence(reading: _Reading, language: str, *, stated: bool) -> float:
    """Return more for more evidence, less for a language that is not or hardly listed."""
    evidence = sum(abs(score) for score in reading.scores)
    sure = 0.25 + 0.6 * evidence / (evidence + 0.8)
    if reading.words < _WORDS_FEW and not reading.scores:
        sure = 0.1
    if language not in _LISTED:
        return sure * 0.4
    return sure * (1.0 if language == "en" and stated else 0.8)


def _label(valence: float, arousal: float) -> MoodLabel:
    if valence <= _ANGRY and arousal >= _ANGRY_AROUSAL:
        return MoodLabel.ANGRY
    if valence <= _FRUSTRATED:
        return MoodLabel.FRUSTRATED
    return MoodLabel.DELIGHTED if valence >= _DELIGHTED else MoodLabel.CALM
