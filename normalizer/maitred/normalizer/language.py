"""The language of a text, among those that the company speaks.

The script decides where it has one language; else py3langid's naive Bayes model over byte n-grams
does (py3langid 0.4, 140 languages). Its tables are read from the package once, on the first text;
nothing is fetched. They are scored here, because the package scores every language of the world
in half precision and sorts them all, which takes several times as long. No more of a text is
scored than it takes to be certain.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, Final

from maitred.contracts.message import Language
from maitred.normalizer import scripts
from maitred.normalizer.scripts import Script, script_of

SURE: Final = 0.8
"""From this confidence on a guess is right in 95 of 100 texts at least."""
LETTERS_MIN: Final = 9
"""Below so many letters no guess is made where several languages share a script."""
SCRIPT_LETTERS_MIN: Final = 2
CHARACTERS_MAX: Final = 240
"""More of a text makes the guess slower, not better."""
ENOUGH_CHARACTERS: Final = 112
"""So many of the beginning and the end of these are enough where they leave no doubt."""
CERTAIN: Final = 0.99

_BY_SCRIPT: Final = 0.99
_BY_ELIMINATION: Final = 0.6
"""Of a few letters in a script that only one configured language has, though others have it too."""
_HAN_LETTERS_SURE: Final = 24
_HAN_UNSURE: Final = 0.7
"""A few Chinese characters may be Japanese without Kana; eight of them hardly."""
_HAN_FOREIGN: Final = 0.4

_FOREIGN: Final = re.compile(r"(?m)^>[^\n]*|`[^`\n]{0,400}`")
_RULES: Final = ("====", "----", "____", "****", "####", "~~~~")
_RULE: Final = re.compile(r"[=_*#~-]{4,}")
_ADDRESS: Final = ("@", "://", "www.", "WWW.", "Www.")

# Languages that a customer may write, configured or not, and Latin, for the sake of lorem ipsum.
# What is none of these is taken for its nearest relative; what is one of them is not taken for a
# configured one.
_CODES: Final = (
    "af ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it"
    " ja ka kk km kn ko ky la lb lo lt lv mk ml mn mr ms mt my ne nl nn no pa pl ps pt ro ru si sk"
    " sl sq sr sv sw ta te th tl tr uk ur uz vi zh"
)
_RIVALS: Final = frozenset(_CODES.split())
_SAME: Final = {"nn": "no", "nb": "no"}
"""Both ways of writing Norwegian are `no`, as in the model."""
_RIVAL: Final = math.exp(-2.0)
"""How likely a language is that is not configured, against one that is."""
_NOTHING: Final = 16.0
"""A language whose logarithm is so much below the best one's does not count."""
_SHARPNESS: Final = 2.0
"""The package divides by the root of the length, which is too modest on short texts: with this
factor the confidence holds what it says on some hundred sentences of customers."""


def identify(text: str, languages: tuple[str, ...]) -> Language | None:
    """Return the likeliest of `languages`, or None where too little is written to tell.

    The confidence is the probability among all languages that a customer may write: a text in a
    language that is not configured gets the nearest one with a low confidence, not with a certain
    one, and none where no configured language is written in its script. Links, addresses, rules,
    code and quotes do not count.
    """
    if not text or not languages:
        return None
    sample = _sample(text)
    script = script_of(sample)
    if script.name != scripts.LATIN:
        if script.letters < SCRIPT_LETTERS_MIN:
            return None
        written = scripts.LANGUAGES[script.name]
        spoken = tuple(each for each in languages if each in written)
        if not spoken:
            return None
        if len(written) == 1 or script.name == scripts.HAN:
            return _by_script(script, spoken)
        if len(spoken) == 1 and script.letters < LETTERS_MIN:
            return Language(code=spoken[0], confidence=_BY_ELIMINATION)
        languages = spoken
    return _ranking(languages).best(sample) if script.letters >= LETTERS_MIN else None


def _sample(text: str) -> str:
    """Return the words of the beginning that are somebody's own."""
    sample = text[: 2 * CHARACTERS_MAX]
    if ">" in sample or "`" in sample:
        sample = _FOREIGN.sub(" ", sample)
    if any(rule in sample for rule in _RULES):
        sample = _RULE.sub(" ", sample)
    if _has_address(sample):
        sample = " ".join(word for word in sample.split() if not _has_address(word))
    return sample[:CHARACTERS_MAX]


def _has_address(text: str) -> bool:
    return any(sign in text for sign in _ADDRESS)


def _by_script(script: Script, spoken: tuple[str, ...]) -> Language:
    """Return the language of a script that is one language's alone, or nearly."""
    if script.name != scripts.HAN:
        return Language(code=spoken[0], confidence=_BY_SCRIPT)
    if "zh" not in spoken:
        return Language(code=spoken[0], confidence=_HAN_FOREIGN)
    unsure = len(spoken) > 1 and script.letters < _HAN_LETTERS_SURE
    return Language(code="zh", confidence=_HAN_UNSURE if unsure else _BY_SCRIPT)


class _Ranking:
    """The model, with the languages of one tenant in front."""

    def __init__(self, model: _Model, languages: tuple[str, ...]) -> None:
        self._model = model
        spoken = {_SAME.get(code, code): code for code in languages}
        names = [spoken.get(_SAME.get(code, code), "") for code in model.codes]
        self._spoken = [(at, name) for at, name in enumerate(names) if name]
        self._rivals = [at for at, name in enumerate(names) if not name]

    def best(self, text: str) -> Language | None:
        """Return the likeliest language, None if the model knows none of them or nothing here."""
        if not self._spoken:
            return None
        half = ENOUGH_CHARACTERS // 2
        if len(text) > ENOUGH_CHARACTERS:
            found = self._guess(f"{text[:half]} {text[-half:]}")
            if found is not None and found.confidence >= CERTAIN:
                return found
        return self._guess(text)

    def _guess(self, text: str) -> Language | None:
        features, length = self._model.features(text)
        if not features:
            return None
        table = self._model.table
        scores: list[float] = self._model.np.add.reduce(table.take(features, axis=0)).tolist()
        best, code = max((scores[at], name) for at, name in self._spoken)
        sharpness = _SHARPNESS / math.sqrt(length)
        least = best - _NOTHING / sharpness

        def likelihood(places: Iterable[int]) -> float:
            near = [scores[at] for at in places if scores[at] > least]
            return sum(math.exp((score - best) * sharpness) for score in near)

        own = likelihood(at for at, name in self._spoken if name == code)
        others = likelihood(at for at, name in self._spoken if name != code)
        others += _RIVAL * likelihood(self._rivals)
        return Language(code=code, confidence=round(own / (own + others), 4))


class _Model:
    """The tables of py3langid: an automaton that finds n-grams, and what each of them weighs."""

    def __init__(self) -> None:
        # Imported on first use: numpy and the tables take a fifth of a second before any model.
        import numpy as np  # noqa: PLC0415  (lazy)
        from py3langid import langid  # type: ignore[import-untyped]  # noqa: PLC0415  (lazy)

        loaded = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
        kept = [at for at, code in enumerate(loaded.nb_classes) if code in _RIVALS]
        self.np: Any = np
        self.codes: list[str] = [loaded.nb_classes[at] for at in kept]
        # One occurrence counts log(2), as in the package.
        self.table = np.ascontiguousarray(loaded.nb_ptc[:, kept], dtype=np.float32)
        self.table *= np.float32(math.log(2))
        self._next = loaded.tk_nextmove
        # Arrays stand closer together in memory than lists: that alone makes them faster.
        self._row = array("i", loaded._rowbase)  # noqa: SLF001  (it has no public name)
        self._found = array("i", loaded.tk_output)

    def features(self, text: str) -> tuple[list[int], int]:
        """Return the n-grams of a text, by their rows in `table`, and its length in bytes."""
        data = (text.lower() if text.isupper() else text).encode(errors="replace")
        following, row, found = self._next, self._row, self._found
        state, features = 0, []
        for byte in data:
            state = following[row[state] + byte]
            feature = found[state]
            if feature >= 0:
                features.append(feature)
        return features, len(data)


@lru_cache(maxsize=32)
def _ranking(languages: tuple[str, ...]) -> _Ranking:
    return _Ranking(_model(), languages)


@cache
def _model() -> _Model:
    return _Model()
