"""Linear model: the built-in mood model, a sum of learnt weights for what a message holds.

It is learnt (`maitred.router.mood.learning`), and reads English. In other languages it goes by
the small lists, signs and emphasis alone, and says so by a low confidence. All sums are of whole
numbers in a fixed order, so a message has the same affect on every machine and in every batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maitred.contracts.message import Affect, MoodLabel
from maitred.router.mood.artefact import Artefact, from_bytes, table
from maitred.router.mood.cues import UNIT, lists_for
from maitred.router.mood.explaining import because
from maitred.router.mood.features import PLACES, Features, Places, features_of
from maitred.router.mood.port import MoodInput
from maitred.router.mood.sentiment import SENTIMENTS, Sentiment, label_of, valence_of

WEIGHTS: Final = "weights.bin"
_DIGITS: Final = 4
_FIRST: Final = np.ones(1, dtype=np.bool_)
_STRANGE: Final = 0.3
_FAMILIAR: Final = 0.7
"""Of a text with fewer known words nothing learnt counts, with more everything."""
_STRANGE_LANGUAGE: Final = 0.25
_LISTED: Final = 0.5
_UNLISTED: Final = 0.35
_STRANGE_WORDS: Final = 0.4
_HUNDREDTHS: Final = 100
_EXPONENT_MAX: Final = 60.0
_NEGATIVE: Final = SENTIMENTS.index(Sentiment.NEGATIVE)
_POSITIVE: Final = SENTIMENTS.index(Sentiment.POSITIVE)
NOTHING: Final = Affect(valence=0.0, arousal=0.0, label=MoodLabel.CALM, confidence=0.05)
"""What a message without a word or sign shows."""


class LinearMoodModel:
    """The built-in model, `linear` in `maitred.mood_models`, or one trained on top of it."""

    name = "linear"

    def __init__(self, artefact: Artefact | None = None) -> None:
        """Take a trained model, or read the one that ships."""
        self.artefact = artefact or built_in()
        general = self.artefact.general.items()
        self._lists = lists_for({word: value / _HUNDREDTHS for word, value in general})
        self._weights = table(self.artefact.weights)
        self._known = np.unpackbits(np.frombuffer(self.artefact.known, dtype=np.uint8))
        self._word_scales = np.array(self.artefact.word_scales)
        self._run_scales = np.array(self.artefact.run_scales)
        self._cues = np.array(self.artefact.cues, dtype=np.int64)
        self._cue_scales = np.array(self.artefact.cue_scales) / UNIT
        self._bias = np.array(self.artefact.bias)

    def read(self, texts: Sequence[MoodInput]) -> list[Affect]:
        """Return the affect of each message, in order; any string has one."""
        return [self._affect(each) for each in texts]

    def features(self, given: MoodInput) -> Features:
        """Return what a message holds, as this model takes it apart."""
        text = f"{given.subject}\n{given.text}" if given.subject else given.text
        return features_of(text, self._lists.get(_code(given.language), self._lists["*"]))

    def scores(self, read: Features, language: str) -> NDArray[np.float64]:
        """Return the scores of a message, one for each of `artefact.HEADS`."""
        return self._scores(read, self._familiarity(read, _code(language)))

    def _scores(self, read: Features, known: float) -> NDArray[np.float64]:
        places = np.sort(read.places)
        # A place that comes twice counts once.
        places = places[np.concatenate((_FIRST, places[1:] != places[:-1]))]
        split = int(places.searchsorted(PLACES))
        weights = self._weights.take(places, axis=0)
        # Whole numbers this small are added exactly as floats, in whatever order.
        ones, small = np.ones(len(places), dtype=np.float32), weights.astype(np.float32)
        words = (ones[:split] @ small[:split]) * self._word_scales
        runs = (ones[split:] @ small[split:]) * self._run_scales
        learnt = words / math.sqrt(split) + runs / math.sqrt(len(places) - split or 1)
        cues = np.array(read.cues.numbers, dtype=np.int64) @ self._cues
        return np.asarray(learnt * known + (cues * self._cue_scales + self._bias))

    def _familiarity(self, read: Features, language: str) -> float:
        """Return how far what was learnt holds for a text, 0 to 1, by the words that it shares."""
        if not read.words:
            return 0.0
        hits = int(np.count_nonzero(self._known.take(read.places[: read.words])))
        share = (hits / read.words - _STRANGE) / (_FAMILIAR - _STRANGE)
        share = min(max(share, 0.0), 1.0)
        return share if self._taught_in(language) else share * _STRANGE_LANGUAGE

    def _affect(self, given: MoodInput) -> Affect:
        read, language = self.features(given), _code(given.language)
        if not read.words:
            return NOTHING
        known = self._familiarity(read, language)
        scores = self._scores(read, known).tolist()
        chances = _likely(scores[: len(SENTIMENTS)])
        anger, arousal = map(_chance, scores[len(SENTIMENTS) :])
        valence = valence_of(chances, anger=anger)
        return Affect(
            valence=valence,
            arousal=round(arousal, _DIGITS),
            label=label_of(valence),
            confidence=round(self._surety(chances, known, language), _DIGITS),
            because=self._because(read, chances, known),
        )

    def _surety(self, chances: list[float], known: float, language: str) -> float:
        """Return the chance that the sentiment is right: less for what is strange."""
        second, first = sorted(chances)[-2:]
        shift, slope = self.artefact.surety
        sure = _chance(shift + slope * math.log(first / second))
        if self._taught_in(language):
            return sure * (_STRANGE_WORDS + (1 - _STRANGE_WORDS) * known)
        return sure * (_LISTED if language in self._lists else _UNLISTED)

    def _taught_in(self, language: str) -> bool:
        return not language or language in self.artefact.languages

    def _because(self, read: Features, chances: list[float], known: float) -> tuple[str, ...]:
        negative, neutral, positive = chances
        if neutral >= max(negative, positive):
            return ()
        good = positive >= negative
        one, other = (_POSITIVE, _NEGATIVE) if good else (_NEGATIVE, _POSITIVE)
        split = read.before_runs
        words = self._lead(read.places[:split], self._word_scales, one, other) * known
        found = because(read, words, None, good=good)
        if found:
            return found
        runs = self._lead(read.places[split:], self._run_scales, one, other) * known
        return because(read, words, runs, good=good)

    def _lead(
        self, places: Places, scales: NDArray[np.float64], one: int, other: int
    ) -> NDArray[np.float64]:
        """Return what each place adds to the lead of one sentiment over another."""
        weights = self._weights.take(places, axis=0)
        lead = weights[:, one] * scales[one] - weights[:, other] * scales[other]
        return np.asarray(lead / math.sqrt(len(places)))


def built_in() -> Artefact:
    """Return the model that ships with Maitred."""
    return from_bytes(files("maitred.router.mood").joinpath(WEIGHTS).read_bytes())


def _code(language: str) -> str:
    return language.lower()[:2]


def _likely(scores: list[float]) -> list[float]:
    most = max(scores)
    raised = [math.exp(max(score - most, -_EXPONENT_MAX)) for score in scores]
    total = sum(raised)
    return [each / total for each in raised]


def _chance(score: float) -> float:
    return 1 / (1 + math.exp(-max(min(score, _EXPONENT_MAX), -_EXPONENT_MAX)))
