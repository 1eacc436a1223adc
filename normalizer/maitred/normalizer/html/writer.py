"""Writer: the words of a document as lines of text.

White space folds as it does on a screen (CSS Text 3, section 4.1.1): breaks and blanks are only
owed until words follow, so none are left at the ends of lines, blocks and cells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from maitred.normalizer.html.links import address, says
from maitred.normalizer.html.sight import declarations
from maitred.normalizer.html.tables import Table

_PARAGRAPHS: Final = frozenset(
    "p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre xmp listing".split()  # noqa: SIM905  (legible)
)
BLOCKS: Final = _PARAGRAPHS | frozenset(
    "div li dt dd hr tr section article header footer main nav aside address center form "  # noqa: SIM905  (legible)
    "fieldset figure figcaption caption details summary legend option".split()
)
_VERBATIM: Final = frozenset({"pre", "xmp", "listing", "textarea"})
# Invisible wherever they stand: hints for breaking lines, and fillers behind a preheader.
_IGNORED: Final = re.compile("[\u00ad\u034f\u115f\u1160\u180e\u200b\u2060\u2800\u3164\ufeff]++")
# Joiners and marks of direction mean something, but not alone.
_ALONE: Final = re.compile(r"(?<!\S)[\u200c-\u200f]++(?!\S)")
_NUMBER: Final = re.compile(r"\s{0,9}(-?\d{1,9})")
_PICTOGRAM_CHARACTERS_MAX: Final = 12


class _Link(NamedTuple):
    address: str
    out: list[str]
    start: int
    images: int


class Writer:
    """Collects pieces of lines in `out`; `cut` begins a new text."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._depth = 0
        self._verbatim: list[tuple[int, bool]] = [(0, False)]
        self._links: list[_Link] = []
        self._lists: list[int | None] = []
        self._tables: list[Table] = []
        self._cells: list[int] = []
        self._written = 0
        self._images = 0
        self._mark = self._margin = ""
        self._is_glued = False
        self.cut()

    def cut(self) -> None:
        """Begin a new text: what follows is written to another `out`."""
        self.out = []
        self._addresses: set[str] = set()
        self._has_words = False
        self._forget()

    def words(self, text: str) -> None:
        """Write a text as it stands in the source."""
        if not text.isascii():
            text = _ALONE.sub("", _IGNORED.sub("", text))
        if self._verbatim[-1][1]:
            self._lines(text)
            return
        words = text.split()
        if words:
            self._settle(blank=text[0].isspace())
            self.out.append(" ".join(words))
            self._blank = text[-1].isspace()
        elif text:
            self._blank = True

    def enter(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Write what the beginning of an element amounts to."""
        self._depth += 1
        if tag in BLOCKS:
            self._end_block(tag)
        if tag in _ELEMENTS:
            self._enter(tag, attributes)
        style = attributes.get("style")
        if tag in _VERBATIM:
            self._verbatim.append((self._depth, True))
        elif style and "white-space" in style.lower():
            value = declarations(style).get("white-space", "")
            self._verbatim.append((self._depth, value.startswith(("pre", "break"))))

    def leave(self, tag: str) -> None:
        """Write what the end of an element amounts to."""
        if self._verbatim[-1][0] == self._depth:
            self._verbatim.pop()
        self._depth -= 1
        if tag in _ELEMENTS:
            self._leave(tag)
        if tag in BLOCKS:
            self._end_block(tag)

    def _enter(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        match tag:
            case "br":
                self._end_line()
            case "hr":
                self.words("---")
            case "a":
                target = address(attributes.get("href") or "")
                self._links.append(_Link(target, self.out, len(self.out), self._images))
            case "img":
                self._image((attributes.get("alt") or "").strip())
            case "ul":
                self._lists.append(None)
            case "ol":
                self._lists.append(_number(attributes.get("start"), 1))
            case "li":
                self._item(attributes)
            case _:
                self._enter_table(tag, attributes)

    def _leave(self, tag: str) -> None:
        if tag == "a":
            self._close_link(self._links.pop())
        elif tag == "li":
            self._mark = ""
        elif tag in {"ul", "ol"}:
            self._lists.pop()
        elif tag in {"td", "th"} and self._tables:
            self._tables[-1].end_cell(has_words=self._written > self._cells.pop())
            self._forget()
        elif tag == "table":
            self._tables.pop().fill()

    def _enter_table(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        if tag == "table":
            if self._tables:
                self._tables[-1].nest()
            self._tables.append(Table(attributes))
        elif self._tables and tag == "tr":
            self._tables[-1].begin_row()
        elif self._tables:
            lead = self._owed() if self._has_words and not self._is_glued else ""
            self._cells.append(self._written)
            self._tables[-1].begin_cell(self.out, lead + self._mark, heads=tag == "th")
            self._forget()
            self._is_glued = True

    def _forget(self) -> None:
        self._paragraph = self._line = self._blank = self._is_glued = False
        self._breaks = self._breaks_behind = 0
        self._mark = self._margin = ""

    def _end_line(self) -> None:
        self._margin = ""
        # A break just before the end of its block shows nothing of its own.
        if self._line:
            self._breaks_behind += 1
        else:
            self._breaks += 1

    def _end_block(self, tag: str) -> None:
        self._line = True
        self._paragraph = self._paragraph or (tag in _PARAGRAPHS and not self._lists)

    def _owed(self) -> str:
        if self._paragraph:
            return "\n\n"
        ends = max(1, self._breaks) + self._breaks_behind if self._line else self._breaks
        return "\n" * min(ends, 2)

    def _settle(self, *, blank: bool) -> None:
        """Write what is owed before words."""
        if self._has_words and not self._is_glued:
            owed = self._owed()
            if owed:
                self.out.append(owed + self._margin)
            elif blank or self._blank:
                self.out.append(" ")
        if self._mark:
            self.out.append(self._mark)
        self._forget()
        self._has_words = True
        self._written += 1

    def _lines(self, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            if number:
                self._end_line()
            if line and not line.isspace():
                self._settle(blank=False)
                self.out.append(line.rstrip())
            elif line:
                self._margin += line
            self._blank = line[-1:].isspace()

    def _item(self, attributes: Mapping[str, str | None]) -> None:
        indent = "  " * min(len(self._lists) - 1, 8)
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._mark = f"{indent}- "
            return
        number = _number(attributes.get("value"), number)
        self._mark = f"{indent}{number}. "
        self._lists[-1] = number + 1

    def _image(self, words: str) -> None:
        self._images += 1
        if words:
            is_pictogram = len(words) <= _PICTOGRAM_CHARACTERS_MAX and not any(
                each.isalnum() for each in words
            )
            self.words(words if is_pictogram else f"[{words}]")

    def _close_link(self, link: _Link) -> None:
        target = link.address
        if not target:
            return
        shown = "".join(link.out[link.start :]).strip()
        if says(shown, target):
            self._addresses.add(target)
        elif target not in self._addresses and shown:
            link.out.append(f" ({target})")
            self._addresses.add(target)
        elif target not in self._addresses and self._images > link.images:
            self._settle(blank=False)
            self.out.append(target)
            self._addresses.add(target)


_ELEMENTS: Final = frozenset("br hr a img ul ol li table tr td th".split())  # noqa: SIM905  (legible)


def _number(written: str | None, otherwise: int) -> int:
    match = _NUMBER.match(written or "")
    return int(match[1]) if match else otherwise
