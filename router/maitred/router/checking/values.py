"""Values of settings: numbers within bounds, words that are known, names that are names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from maitred.contracts.message import MoodLabel

if TYPE_CHECKING:
    from maitred.router.settings import Words

MOODS_WORSENING: Final = (
    MoodLabel.DELIGHTED,
    MoodLabel.CALM,
    MoodLabel.FRUSTRATED,
    MoodLabel.ANGRY,
)
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
NAME_RULE: Final = "1 to 64 letters, digits, `_` or `-`"
TITLE_CHARACTERS_MAX: Final = 200
_LONG: Final = 1e15
"""From here on nobody counts the noughts."""
_LANGUAGE: Final = re.compile(r"[a-z]{2}\Z")


def within(*rows: tuple[str, float, float, float]) -> Iterator[str]:
    """Find numbers out of bounds, of rows of path, value, least and most."""
    for path, value, least, most in rows:
        if not least <= value <= most:
            yield f"{path} = {value}: write a number from {plainly(least)} to {plainly(most)}"


def plainly(number: float) -> str:
    """Return a number as somebody would write it, `7776000` and not `7.776e+06`."""
    return f"{number:.0f}" if number == round(number, 0) and abs(number) < _LONG else f"{number:g}"


def levels(path: str, given: Mapping[str, float]) -> Iterator[str]:
    """Find levels that are not from 0 to 1."""
    yield from within(*((f"{path}.{key}", level, 0, 1) for key, level in given.items()))


def tokens(path: str, words: Iterable[str]) -> Iterator[str]:
    """Find words that are no names."""
    for word in words:
        if not NAME.match(word):
            yield f"{path}: {word!r} must be {NAME_RULE}"


def languages(path: str, codes: Iterable[str]) -> Iterator[str]:
    """Find words that are no codes of languages."""
    for code in codes:
        if not _LANGUAGE.match(code):
            yield f"{path}: {code!r} is no language; write two small letters such as `en`"


def moods(path: str, words: Iterable[str]) -> Iterator[str]:
    """Find words that are no moods."""
    known = [mood.value for mood in MOODS_WORSENING]
    for word in words:
        if word not in known:
            yield f"{path}: there is no mood `{word}`; write one of {', '.join(known)}"


def hours(path: str, words: Iterable[str]) -> Iterator[str]:
    """Find words that are neither `open` nor `closed`."""
    for word in words:
        if word not in {"open", "closed"}:
            yield f"{path} = {word[:40]!r}: write `open` or `closed`"


def channels(path: str, words: Iterable[str]) -> Iterator[str]:
    """Find words that can be the name of no channel."""
    for channel in words:
        if not NAME.match(channel) or channel != channel.lower():
            yield f"{path} = {channel!r}: can never match; channels are small letters"


def filled(words: Words) -> tuple[str, ...]:
    """Return the words of a setting that takes one or several, without empty ones."""
    return (words,) * bool(words) if isinstance(words, str) else tuple(w for w in words if w)


def counted(count: int, what: str) -> str:
    """Return `1 agent` or `5 agents`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
