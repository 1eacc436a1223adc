"""Scripts: which one a text is written in, and which languages are written in it."""

from __future__ import annotations

import re
from string import ascii_letters
from typing import Final, NamedTuple

LATIN: Final = "latin"
HAN: Final = "han"
KANA: Final = "kana"
_WIDE: Final = 3
"""A character of these is a syllable or a word, and counts as so many letters."""

_SCRIPTS: Final = (
    (LATIN, "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff", ""),
    ("greek", "\u0370-\u03ff\u1f00-\u1fff", "el"),
    ("cyrillic", "\u0400-\u052f", "ru uk be bg sr mk kk ky mn tg tt"),
    ("armenian", "\u0531-\u058a", "hy"),
    ("hebrew", "\u05d0-\u05ea\ufb1d-\ufb4f", "he"),
    (
        "arabic",
        "\u0620-\u065f\u0671-\u06d3\u0750-\u077f\ufb50-\ufdfb\ufe70-\ufefc",
        "ar fa ur ps ku ug",
    ),
    ("devanagari", "\u0900-\u0963\u0971-\u097f", "hi mr ne sa"),
    ("bengali", "\u0980-\u09e3\u09f0-\u09f1", "bn as"),
    ("gurmukhi", "\u0a01-\u0a65\u0a70-\u0a75", "pa"),
    ("gujarati", "\u0a81-\u0ae3", "gu"),
    ("tamil", "\u0b82-\u0be5", "ta"),
    ("telugu", "\u0c00-\u0c63", "te"),
    ("kannada", "\u0c80-\u0ce3", "kn"),
    ("malayalam", "\u0d00-\u0d63", "ml"),
    ("sinhala", "\u0d81-\u0ddf", "si"),
    ("thai", "\u0e01-\u0e4e", "th"),
    ("lao", "\u0e81-\u0ece", "lo"),
    ("burmese", "\u1000-\u103f\u1050-\u109f", "my"),
    ("georgian", "\u10a0-\u10ff\u1c90-\u1cbf", "ka"),
    ("khmer", "\u1780-\u17dd", "km"),
    ("ethiopic", "\u1200-\u135a", "am ti"),
    ("hangul", "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3", "ko"),
    (KANA, "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d", "ja"),
    (HAN, "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f", "zh ja"),
)
LANGUAGES: Final = {name: tuple(codes.split()) for name, _, codes in _SCRIPTS}
"""The languages of each script, as ISO 639-1; Latin has too many to list."""

_RUN: Final = re.compile("|".join(f"([{letters}]+)" for _, letters, _ in _SCRIPTS))
_NAMES: Final = tuple(name for name, _, _ in _SCRIPTS)
_WIDE_ONES: Final = frozenset({"hangul", KANA, HAN})
_ASCII_OTHER: Final = bytes(set(range(128)) - set(ascii_letters.encode()))
_NOT_LATIN: Final = re.compile(
    "[\u0370-\u1dff\u1f00-\u1fff\u3005-\ud7ff\uf900-\ufffd\U00020000-\U0003ffff]"
)


class Script(NamedTuple):
    """The script of most letters of a text, and how many letters it has."""

    name: str
    letters: int


def script_of(text: str) -> Script:
    """Return the script that most of `text` is written in.

    Japanese mixes Kana with Chinese characters: some Kana among them make it Kana.
    """
    if text.isascii():
        return Script(LATIN, len(text.encode().translate(None, _ASCII_OTHER)))
    if _NOT_LATIN.search(text) is None:
        return Script(LATIN, sum(map(str.isalpha, text)))
    letters = dict.fromkeys(_NAMES, 0)
    for run in _RUN.finditer(text):
        name = _NAMES[(run.lastindex or 1) - 1]
        letters[name] += len(run[0]) * (_WIDE if name in _WIDE_ONES else 1)
    if letters[KANA]:
        letters[KANA] += letters[HAN]
        letters[HAN] = 0
    name = max(letters, key=letters.__getitem__)
    return Script(name, letters[name])
