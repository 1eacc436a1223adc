"""The text that is searched: what is named already, where digits stand, what was found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from maitred.contracts.message import Entity
from maitred.normalizer.patterns import SEARCHED_CHARACTERS_MAX

CHARACTERS_MAX: Final = SEARCHED_CHARACTERS_MAX
"""Only the start of a text is searched."""
RUNS_MAX: Final = 2_000
"""And so many runs of digits: a longer text is a table, not somebody's words."""

_RUN: Final = re.compile("[0-9]+")
_ZEROS: Final = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10)
"""Arabic, Persian, Devanagari, Bengali and Thai digits, and full-width ones."""
_SIGNS: Final = "\uff0b\uff0d\uff0f\uff1a\uff0e\uff0c\uff03\uff20\uff08\uff09\u066b\u066c"
_FOREIGN: Final = re.compile(
    f"[{_SIGNS}{''.join(f'{chr(zero)}-{chr(zero + 9)}' for zero in _ZEROS)}]"
)
# One character for one, so that places stay.
_ASCII: Final = str.maketrans(
    _SIGNS + "".join(chr(zero + digit) for zero in _ZEROS for digit in range(10)),
    "+-/:.,#@().," + "0123456789" * len(_ZEROS),
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How whoever writes is likely to write: what decides where a text alone is ambiguous.

    `regions` (ISO 3166-1) are the tenant's, the main one first. `language` (ISO 639-1) is the
    text's, empty when it is not sure. `at` is when it was written, in UTC milliseconds.
    """

    regions: tuple[str, ...] = ()
    language: str = ""
    at: int | None = None

    @property
    def region(self) -> str:
        """The main region, or nothing."""
        return self.regions[0] if self.regions else ""


@dataclass(slots=True)
class Sought:
    """A text, with a mark on each character that is named already."""

    text: str
    habits: Habits
    found: list[tuple[int, Entity]] = field(default_factory=list)
    runs: tuple[tuple[int, int], ...] = ()
    _taken: bytearray = field(default_factory=bytearray)

    @classmethod
    def of(cls, text: str, habits: Habits) -> Sought:
        """Return the start of `text`, digits of all scripts as ASCII, with nothing taken."""
        text = text[:CHARACTERS_MAX]
        if not _is_western(text) and _FOREIGN.search(text):
            text = text.translate(_ASCII)
        runs: list[tuple[int, int]] = []
        for match in _RUN.finditer(text):
            runs.append(match.span())
            if len(runs) == RUNS_MAX:
                break
        return cls(text, habits, runs=tuple(runs), _taken=bytearray(len(text)))

    def free(self, start: int, end: int) -> bool:
        """Tell whether none of these characters is taken."""
        return self._taken.find(1, start, end) < 0

    def take(self, start: int, end: int) -> None:
        """Mark characters, so that nothing else is found in them."""
        self._taken[start:end] = b"\1" * (end - start)

    def add(self, start: int, end: int, entity: Entity) -> None:
        """Note what stands between two places, and take it."""
        self.take(start, end)
        self.found.append((start, entity))

    def free_runs(self) -> Iterator[tuple[int, int]]:
        """Yield runs of digits that are not taken when their turn comes."""
        for start, end in self.runs:
            if not self._taken[start]:
                yield start, end


def _is_western(text: str) -> bool:
    """Tell at the speed of C that there is no character beyond Latin-1."""
    return text.isascii() or len(text.encode("latin-1", "ignore")) == len(text)
