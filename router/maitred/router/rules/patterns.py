"""Patterns of rules: what they are searched in, and what they may take."""

from __future__ import annotations

import re
from typing import Final

from maitred.contracts.patterns import (
    PATTERN_CHARACTERS_MAX,
    Bounds,
    Refused,
    compile_bounded,
    ways_of,
)

__all__ = [
    "PATTERN_CHARACTERS_MAX",
    "Refused",
    "compile_pattern",
    "searched",
    "seconds_at_worst",
    "why_never",
]

SEARCHED_CHARACTERS_MAX: Final = 2_000
"""A rule sees so much of subject and text, white space collapsed."""
WAYS_MAX: Final = 10_000
"""Ways at one place: one unbounded repeat and a few small ones."""
SECONDS_A_WAY: Final = 24e-6
"""Measured over `SEARCHED_CHARACTERS_MAX` places where each way fails as late as it can."""

_BOUNDS: Final = Bounds(
    characters=SEARCHED_CHARACTERS_MAX,
    ways=WAYS_MAX,
    blanks_collapsed=True,
    advice="use at most one `*` or `+` (`\\s*` and `\\s+` are free), never a repeat inside a"
    " repeat, and write bounded repeats such as `.{0,40}`",
)

_ATOM: Final = re.compile(
    r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]|.)(?:([*+?])|\{(\d{0,9}),?\d{0,9}\})?", re.DOTALL
)
"""One thing that a pattern asks for, and how often."""
_BLANKS: Final = frozenset({" ", r"\ "})
_BREAKS: Final = frozenset({*"\n\t\r\f\v", r"\n", r"\t", r"\r", r"\f", r"\v"})
_NO_WIDTH: Final = frozenset({"^", "$", r"\b", r"\B", r"\A", r"\Z"})


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a rule.

    Raises:
        Refused: it is no regular expression, too long, empty, or could take too long.
    """
    return compile_bounded(pattern, _BOUNDS)


def seconds_at_worst(pattern: str) -> float:
    """Return how long a pattern that compiles may search a text that is made for it."""
    return ways_of(pattern, _BOUNDS) * SECONDS_A_WAY


def searched(subject: str, text: str) -> str:
    """Return what patterns are searched in: bounded, with white space collapsed to blanks."""
    return " ".join(f"{subject} {text}"[:SEARCHED_CHARACTERS_MAX].split())


def why_never(pattern: str) -> str:
    """Return why a pattern that compiles can match nothing that is searched; empty if it may.

    Only patterns without groups and alternatives are judged: in those, every part must match.
    """
    if "(" in pattern or "|" in pattern:
        return ""
    width, blank = 0, False
    for match in _ATOM.finditer(pattern):
        atom, sign, number = match.groups()
        least = int(number or 0) if number is not None else int(sign not in {"*", "?"})
        if least and atom in _BREAKS:
            return "can never match: text is searched with white space as blanks; write a blank"
        if atom in _BLANKS and least + blank > 1:
            return "can never match: text is searched with single blanks; write one blank"
        blank = (atom in _BLANKS and least > 0) or (blank and atom in _NO_WIDTH)
        width += 0 if atom in _NO_WIDTH else least
    if width > SEARCHED_CHARACTERS_MAX:
        return f"can never match: only {SEARCHED_CHARACTERS_MAX:,} characters are searched"
    return ""
