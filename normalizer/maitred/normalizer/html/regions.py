"""Regions: whose words stand where, as a document's elements open and close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborNode

from maitred.contracts.message import PartKind
from maitred.normalizer.html import attribution
from maitred.normalizer.html.document import TEXT
from maitred.normalizer.html.marks import TELLING, Mark, mark
from maitred.normalizer.html.writer import BLOCKS, Writer

LOOKS_MAX: Final = 64
"""As often a document may ask what stands before an element, or at its beginning."""
REGIONS_MAX: Final = 128
"""Behind so many all is text: nobody answers as many questions in one mail."""
_PREVIEW_NODES: Final = 160
_PREVIEW_CHARACTERS: Final = 2_000
_QUOTED: Final = frozenset({PartKind.QUOTE, PartKind.FORWARD})


@dataclass(frozen=True, slots=True)
class Region:
    """Words in a row that are of one kind; `origin` is the mark that made it, none for text."""

    kind: PartKind
    origin: Mark | None
    is_cited: bool
    out: list[str]

    def words(self) -> str:
        """Return what was written, without blank lines around it."""
        return "".join(self.out).strip("\n").rstrip()


@dataclass(slots=True)
class _Frame:
    """An element at whose end the kind changes back; a holder has answers between its quotes."""

    depth: int
    kind: PartKind
    is_holder: bool = False


class Regions:
    """A visitor that writes all words, and cuts where their kind changes."""

    def __init__(self) -> None:
        self._writer = Writer()
        self._depth = 0
        self._kind = PartKind.TEXT
        self._frames: list[_Frame] = []
        self._looks = LOOKS_MAX
        self.words = self._writer.words
        self.regions = [Region(PartKind.TEXT, None, is_cited=False, out=self._writer.out)]

    def enter(self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Open an element, and a region if a mark says so."""
        self._depth += 1
        if (attributes or tag in TELLING) and len(self.regions) < REGIONS_MAX:
            self._look(node, tag, attributes)
        self._writer.enter(tag, attributes)

    def leave(self, tag: str) -> None:
        """Close an element, and the regions that end with it."""
        self._writer.leave(tag)
        while self._frames and self._frames[-1].depth == self._depth:
            self._begin(self._frames.pop().kind, None)
        self._depth -= 1

    def _look(self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> None:
        if tag == "blockquote" and self._frames and self._frames[-1].is_holder:
            self._quote_of(self._frames[-1])
        elif self._kind not in _QUOTED:
            found = mark(tag, attributes)
            if found is not None:
                self._obey(found, node, tag)

    def _obey(self, found: Mark, node: LexborNode, tag: str) -> None:
        match found:
            case Mark.QUOTE | Mark.FORWARD | Mark.HOLDER:
                kind = PartKind.FORWARD if found is Mark.FORWARD else PartKind.QUOTE
                self._open(kind, found, is_cited=tag == "blockquote")
                self._frames[-1].is_holder = found is Mark.HOLDER
            case Mark.PERHAPS_QUOTE if self._may_look():
                if self._is_introduced(node):
                    self._open(PartKind.QUOTE, found, is_cited=False)
            case Mark.PERHAPS_DIVIDER if self._may_look():
                if self._begins_with_headers(node, tag):
                    self._divide()
            case Mark.DIVIDER:
                self._divide()
            case Mark.SIGNATURE | Mark.TYPED_SIGNATURE if self._kind is PartKind.TEXT:
                self._open(PartKind.SIGNATURE, found, is_cited=False)
            case Mark.SIGNED if self._kind is PartKind.TEXT:
                self._frames.append(_Frame(self._depth - 1, PartKind.TEXT))
                self._begin(PartKind.SIGNATURE, found)
            case _:
                pass

    def _open(self, kind: PartKind, origin: Mark, *, is_cited: bool) -> None:
        # What follows a quote that stands in a signature was written there: it is no signature.
        self._frames.append(_Frame(self._depth, PartKind.TEXT))
        self._begin(kind, origin, is_cited=is_cited)

    def _divide(self) -> None:
        self._frames.clear()
        self._begin(PartKind.QUOTE, Mark.DIVIDER)

    def _quote_of(self, holder: _Frame) -> None:
        """Open a quote in its holder, unless the holder is all of one piece.

        That is so when a mail is passed on, or when there is more above than an attribution.
        """
        if self._kind is PartKind.QUOTE:
            above = "".join(self._writer.out)
            lines = above.strip().split("\n")
            if len(above) > attribution.CHARACTERS_MAX or attribution.is_banner(lines[0]):
                holder.is_holder = False
                return
        self._frames.append(_Frame(self._depth, PartKind.TEXT))
        if self._kind is not PartKind.QUOTE:
            self._begin(PartKind.QUOTE, Mark.QUOTE)

    def _begin(self, kind: PartKind, origin: Mark | None, *, is_cited: bool = False) -> None:
        self._kind = kind
        self._writer.cut()
        self.regions.append(Region(kind, origin, is_cited, self._writer.out))

    def _may_look(self) -> bool:
        self._looks -= 1
        return self._looks >= 0

    def _is_introduced(self, node: LexborNode) -> bool:
        if attribution.attributed("".join(self._writer.out[-8:])) is not None:
            return True
        lines = self._preview(node)
        # Yahoo on a telephone folds it before the address.
        return any(attribution.is_attribution(" ".join(lines[:count])) for count in (1, 2))

    def _begins_with_headers(self, node: LexborNode, tag: str) -> bool:
        """Tell whether an element begins with headers, or what follows a rule."""
        if tag != "hr":
            return attribution.has_headers(self._preview(node))
        following = node.next
        while following is not None and following.tag == TEXT and following.is_empty_text_node:
            following = following.next
        return following is not None and attribution.has_headers(self._preview(following))

    def _preview(self, node: LexborNode) -> list[str]:
        """Return the first lines of an element, as far as a look costs little."""
        words: list[str] = []
        room = _PREVIEW_CHARACTERS
        for each in islice(node.traverse(include_text=True), _PREVIEW_NODES):
            if each.tag == TEXT:
                text = " ".join((each.text_content or "")[:room].split())
                room -= len(text)
                words.append(f"{text} ")
            elif each.tag in BLOCKS or each.tag == "br":
                words.append("\n")
        return [line.strip() for line in "".join(words).split("\n") if line.strip()]
