"""A reply's text as HTML, for mail programs that show plain text in a narrow, fixed type."""

from __future__ import annotations

import html
import re
from typing import Final

_LINK: Final = re.compile(r"https?://[^\s<>\"'\u00ab\u00bb]{1,2000}")
_BEHIND: Final = ".,;:!?)]}*_"
"""What ends a sentence rather than an address."""
_PARAGRAPHS: Final = re.compile(r"\n[ \t]*\n\s*")


def as_html(text: str) -> str:
    """Return a text as HTML: all of it escaped, in paragraphs, its web addresses as links.

    Each paragraph runs in the direction of its own script (`dir=auto`).
    """
    lines = "\n".join(text.strip("\n").splitlines())
    paragraphs = "".join(
        f'<p dir="auto">{_paragraph(each)}</p>\n' for each in _PARAGRAPHS.split(lines)
    )
    return f"<!doctype html>\n<html><body>\n{paragraphs}</body></html>\n"


def _paragraph(text: str) -> str:
    pieces = []
    position = 0
    for link in _LINK.finditer(text):
        address = link[0].rstrip(_BEHIND)
        pieces.append(_escaped(text[position : link.start()]))
        written = html.escape(address)
        pieces.append(f'<a href="{written}">{written}</a>')
        position = link.start() + len(address)
    pieces.append(_escaped(text[position:]))
    return "".join(pieces)


def _escaped(text: str) -> str:
    """Escape a text; blanks that line things up are kept."""
    safe = html.escape(text).replace("  ", "\u00a0 ")
    return safe.replace("\n", "<br>\n")
