"""The language of a text, among those that the company speaks.

py3langid's naive Bayes model over byte n-grams (py3langid 0.4, 140 languages). It is read from
the package once, on the first text; nothing is fetched.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final, Protocol, cast

from maitred.contracts.message import Language

LETTERS_MIN: Final = 12
"""Below so many letters no guess is made; a wide letter (Chinese, Kana, Hangul) counts as three."""
CHARACTERS_MAX: Final = 1_000
"""More of a text makes the guess slower, not better."""


class _Model(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


def identify(text: str, languages: tuple[str, ...]) -> Language | None:
    """Return the likeliest of `languages`, or None where too little is written to tell.

    The confidence is the probability among all languages of the model: a text in a language that
    is not configured gets the nearest one with a low confidence, not with a certain one.
    """
    sample = text[:CHARACTERS_MAX]
    if not languages or _letters(sample) < LETTERS_MIN:
        return None
    for code, probability in _model().rank(sample):
        if code in languages:
            return Language(code=code, confidence=round(min(1.0, max(0.0, probability)), 4))
    return None


def _letters(text: str) -> int:
    letters = 0
    for character in text:
        if character.isalpha():
            letters += 3 if unicodedata.east_asian_width(character) in "WF" else 1
        if letters >= LETTERS_MIN:
            break
    return letters


@cache
def _model() -> _Model:
    # Imported on first use: numpy and the tables take a fifth of a second before any model.
    from py3langid import langid  # type: ignore[import-untyped]  # noqa: PLC0415  (lazy)

    loaded = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    return cast("_Model", loaded)
