"""Patterns of rules: what they are searched in, and what they may take."""

from __future__ import annotations

import re
from typing import Final

from maitred.contracts.patterns import (
    PATTERN_CHARACTERS_MAX,
    Bounds,
    Refused,
    compile_bounded,
)

__all__ = ["PATTERN_CHARACTERS_MAX", "Refused", "compile_pattern", "searched"]

SEARCHED_CHARACTERS_MAX: Final = 2_000
"""A rule sees so much of subject and text, white space collapsed."""
WAYS_MAX: Final = 10_000
"""Ways at one place: one unbounded repeat and a few small ones."""

_BOUNDS: Final = Bounds(
    characters=SEARCHED_CHARACTERS_MAX,
    ways=WAYS_MAX,
    blanks_collapsed=True,
    advice="use at most one `*` or `+` (`\\s*` and `\\s+` are free), never a repeat inside a"
    " repeat, and write bounded repeats such as `.{0,40}`",
)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a rule.

    Raises:
        Refused: it is no regular expression, too long, empty, or could take too long.
    """
    return compile_bounded(pattern, _BOUNDS)


def searched(subject: str, text: str) -> str:
    """Return what patterns are searched in: bounded, with white space collapsed to blanks."""
    return " ".join(f"{subject} {text}"[:SEARCHED_CHARACTERS_MAX].split())
