"""Patterns of a tenant's own numbers: what an order, a policy or a meter is called there."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

from maitred.contracts.patterns import Bounds, Refused, compile_bounded

PATTERNS_MAX: Final = 16
SEARCHED_CHARACTERS_MAX: Final = 16_000
WAYS_MAX: Final = 128
"""Times all patterns and all places of the longest text this is some tenths of a second, in the
worst text for the worst patterns."""

_BOUNDS: Final = Bounds(
    characters=SEARCHED_CHARACTERS_MAX,
    ways=WAYS_MAX,
    blanks_collapsed=False,
    advice="write bounded repeats such as `\\d{4,10}` instead of `*` and `+`, and no repeat inside"
    " a repeat",
)


class NumberPattern(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[[normalizer.patterns]]`: what a number is called, and what it looks like."""

    name: str
    pattern: str


@lru_cache(maxsize=4 * PATTERNS_MAX)
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of a number, without regard to case.

    Raises:
        Refused: it is no regular expression, could take too long, or could match nothing.
    """
    expression = compile_bounded(pattern, _BOUNDS)
    if expression.match("") is not None:
        raise Refused("matches where nothing is written; let it ask for a character at least")
    return expression
