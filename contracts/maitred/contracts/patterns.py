r"""Patterns of site owners: regular expressions whose worst case is bounded before they ever run.

Python's `re` has no time-out, so a pattern is refused when the number of ways in which it can
match at one place is too large. The count is of the pattern alone and errs on the safe side:
a product over what follows each other, a sum over alternatives, and for a repeat the number of
its lengths. Site owners are told which bounded form to write instead.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Final

PATTERN_CHARACTERS_MAX: Final = 500

_ENDLESS: Final = 10**9
_COUNT: Final = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")
_GROUP: Final = re.compile(r"\?(?:P<\w{1,50}>|[:=!>]|<[=!]|[ims]{1,3}[:)])")


class Refused(ValueError):
    """The pattern is invalid or could take too long; the text says how to write it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a pattern is searched in, and how much work it may be.

    `characters` is the longest text, `blanks_collapsed` tells that no two blanks follow each other
    in it. A pattern may match in so many `ways` at one place; `advice` is what to write instead
    of one that may match in more.
    """

    characters: int
    ways: int
    blanks_collapsed: bool
    advice: str


def compile_bounded(pattern: str, bounds: Bounds) -> re.Pattern[str]:
    """Compile a pattern, without regard to case.

    Raises:
        Refused: it is no regular expression, too long, empty, or could take too long.
    """
    if not pattern:
        raise Refused("is empty and would match everything; leave it out instead")
    if len(pattern) > PATTERN_CHARACTERS_MAX:
        raise Refused(f"is longer than {PATTERN_CHARACTERS_MAX} characters; make two of it")
    compiled = _compiled(pattern)
    if _Ways(pattern, bounds).count() > bounds.ways:
        raise Refused(f"could take very long on some texts: {bounds.advice}")
    return compiled


def ways_of(pattern: str, bounds: Bounds) -> int:
    """Return in how many ways a pattern can match at one place, from above; it compiles."""
    return _Ways(pattern, bounds).count()


def _compiled(pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return re.compile(pattern, re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as error:
            raise Refused(f"is not a regular expression ({error})") from None
        except Warning as error:
            raise Refused(f"is ambiguous, escape it with a backslash ({error})") from None


class _Ways:
    """Counts the ways in which a valid pattern can match at one place, from above."""

    def __init__(self, pattern: str, bounds: Bounds) -> None:
        self._pattern = pattern
        self._searched = bounds
        self._at = 0

    def count(self) -> int:
        ways = self._alternatives()
        # What this class reads differently from `re` must not pass for harmless.
        return ways if self._at == len(self._pattern) else _ENDLESS

    def _alternatives(self) -> int:
        total = self._sequence()
        while self._peek() == "|":
            self._at += 1
            total += self._sequence()
        return min(total, _ENDLESS)

    def _sequence(self) -> int:
        total = 1
        while self._peek() not in {"", "|", ")"}:
            ways, blank = self._atom()
            total = min(total * self._repeated(ways, blank=blank), _ENDLESS)
        return total

    def _atom(self) -> tuple[int, bool]:
        """Return the ways of the next atom, and whether it is white space alone."""
        character = self._peek()
        self._at += 1
        if character == "\\":
            return self._escape()
        if character == "[":
            self._skip_class()
        elif character == "(":
            return self._group(), False
        return 1, character == " "

    def _escape(self) -> tuple[int, bool]:
        character = self._peek()
        self._at += 1
        if character.isdigit() and character != "0":
            raise Refused("refers back to a group; write what the group matches again")
        return 1, character == "s"

    def _skip_class(self) -> None:
        if self._peek() == "^":
            self._at += 1
        if self._peek() == "]":
            self._at += 1
        while self._peek() not in {"", "]"}:
            self._at += 2 if self._peek() == "\\" else 1
        self._at += 1

    def _group(self) -> int:
        if self._peek() == "?":
            opening = _GROUP.match(self._pattern, self._at)
            if opening is None:
                raise Refused("uses a group that rules do not allow; use `(?:…)`")
            self._at = opening.end()
            if opening.group().endswith(")"):
                return 1
        ways = self._alternatives()
        self._at += 1
        return ways

    def _repeated(self, ways: int, *, blank: bool) -> int:
        while True:
            bounds = self._bounds()
            if bounds is None:
                return ways
            least, most = bounds
            # Where runs of white space are collapsed there is one blank or none.
            single = blank and self._searched.blanks_collapsed
            if most is None:
                ways = 2 if single else self._searched.characters if ways == 1 else _ENDLESS
            else:
                lengths = min(most, 2) if single else most - least + 1
                ways = min(_ENDLESS, lengths * ways ** min(most, 64))
            if self._peek() in {"?", "+"}:
                self._at += 1

    def _bounds(self) -> tuple[int, int | None] | None:
        character = self._peek()
        if character in {"*", "+", "?"}:
            self._at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[character]
        counted = _COUNT.match(self._pattern, self._at)
        if counted is None or counted.group() == "{}":
            return None
        self._at = counted.end()
        least = int(counted.group(1) or 0)
        if not counted.group(2):
            return least, least
        return least, int(counted.group(3)) if counted.group(3) else None

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]
