"""Slack's emoji by name as the characters that they stand for.

Slack names the standard emoji as iamcal's emoji-data does; a skin tone is a suffix of the name
(docs.slack.dev/reference/block-kit/block-elements/emoji-element). The names of a workspace's own
emoji stay as they are written.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from maitred.normalizer.slack.emoji_table import TABLE

_COUNTRY: Final = re.compile(r"flag-([a-z])([a-z])")
_TONE: Final = re.compile(r"skin-tone-([2-6])")
_REGIONAL_A: Final = 0x1F1E6
_TONE_2: Final = 0x1F3FB
"""Fitzpatrick types 1 and 2 share the first modifier, which Slack therefore calls 2."""
_VARIATION: Final = "\ufe0f"
_POINTS_MAX: Final = 10


def shown(name: str) -> str:
    """Return the emoji called `name` (`wave`, `wave::skin-tone-3`), else `:name:`."""
    return character(name) or f":{name}:"


def character(name: str) -> str:
    """Return the characters of a standard emoji, empty for any other name."""
    base, _, tone = name.partition("::")
    found = _standard().get(base) or _country(base)
    match = _TONE.fullmatch(tone)
    if not found or match is None:
        return found
    # The modifier follows the first character, in place of what asks for colour (UTS #51, 2.4).
    modifier = chr(_TONE_2 + int(match[1]) - 2)
    return found[0] + modifier + found[1:].removeprefix(_VARIATION)


def of_code_points(unicode: str) -> str:
    """Return the characters of `1f44b-1f3fc`, empty where it is no such list."""
    points = unicode.split("-", _POINTS_MAX)
    try:
        return "".join(chr(int(point, 16)) for point in points)
    except (ValueError, OverflowError):
        return ""


def _country(name: str) -> str:
    match = _COUNTRY.fullmatch(name)
    if match is None:
        return ""
    return "".join(chr(_REGIONAL_A + ord(letter) - ord("a")) for letter in match.groups())


@cache
def _standard() -> dict[str, str]:
    pairs = (word.partition("=") for word in TABLE.split())
    return {name: emoji for emoji, _, names in pairs for name in names.split(",")}
