"""Printing for people: in lines that fit the terminal, whole when piped, without surprises.

What customers write is shown as text and never obeyed: no control characters, which a terminal
would follow, and no markup.
"""

from __future__ import annotations

import sys
import unicodedata
from datetime import UTC, datetime
from textwrap import wrap
from typing import Final

from rich.cells import cell_len
from rich.console import Console

PIPED_COLUMNS: Final = 4_000
"""Nothing is cut to a width that nobody looks at; texts are bounded where they are stored."""
_TEXT_COLUMNS_MIN: Final = 16
_FORMATTING: Final = frozenset({"Cf", "Mn", "Me"})
"""Categories of characters without a place of their own (joiners, direction marks, accents)."""


def columns() -> int:
    """Return how many columns a line may have."""
    return Console().width if sys.stdout.isatty() else PIPED_COLUMNS


def console(*, piped_columns: int = PIPED_COLUMNS) -> Console:
    """Return a console that shows texts as they are; colours only on a terminal."""
    width = None if sys.stdout.isatty() else piped_columns
    return Console(width=width, markup=False, highlight=False, emoji=False)


def when(at: int) -> str:
    """Return a time in UTC, to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def one_line(text: str, width: int = PIPED_COLUMNS) -> str:
    """Return `text` in one line of at most `width` columns."""
    flat = plain(" ".join(text[: 2 * PIPED_COLUMNS].split()))
    if cell_len(flat) <= width:
        return flat
    used, kept = 1, []
    for character in flat:
        used += cell_len(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def one_line_after(head: str, text: str, width: int) -> str:
    """Return `head` with as much of `text` as still fits the line; a few words always do."""
    return head + one_line(text, max(width - len(head), _TEXT_COLUMNS_MIN))


def wrapped(line: str, width: int, indent: int) -> str:
    """Return a line of ids and words whole, on as many lines of `width` columns as it takes.

    Those after the first begin `indent` columns in. It is for what must not be cut: an operator
    copies it. No word is broken.
    """
    if cell_len(line) <= width:
        return line
    return "\n".join(
        wrap(
            line,
            width,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        )
    )


def plain(text: str, *, lines: bool = False) -> str:
    """Return `text` without what a terminal would obey; `lines` keeps its lines and tabs."""
    return "".join(_shown(character, lines=lines) for character in text)


def _shown(character: str, *, lines: bool) -> str:
    if character.isprintable() or (lines and character in "\n\t"):
        return character
    # Direction marks can make a line read as another one; they are left out, not shown.
    return "" if unicodedata.category(character) in _FORMATTING else "�"
