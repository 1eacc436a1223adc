"""Document: HTML parsed once, within bounds, and walked in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from selectolax.lexbor import LexborHTMLParser, LexborNode

from maitred.contracts.limits import KIB
from maitred.normalizer.html.load import parsable
from maitred.normalizer.html.sight import Sight, StyleSheet
from maitred.normalizer.text import scrub

SOURCE_CHARACTERS_MAX: Final = 256 * KIB
"""HTML is read up to here."""
HTML_CUT: Final = "html_cut"
TEXT: Final = "-text"
CSS_CHARACTERS_MAX: Final = 32 * KIB
"""Style sheets are read up to here; a line for the overview is hidden near their beginning."""
UNREAD: Final = frozenset(
    "head title script style template iframe noembed noframes -comment".split()  # noqa: SIM905  (legible)
)
"""Nodes whose content is no text of the document."""


@dataclass(frozen=True, slots=True)
class Document:
    """HTML as a tree, and the rest of its source, which is too much to be parsed."""

    tree: LexborHTMLParser | None
    rest: str


class Visitor(Protocol):
    """Who is told what a walk comes by."""

    def words(self, text: str) -> None:
        """Take a text that can be seen."""

    def enter(self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Take the beginning of an element."""

    def leave(self, tag: str) -> None:
        """Take the end of the element that was entered last and not left yet."""


class Nobody:
    """A visitor that takes nothing, for a walk that only looks for what is hidden."""

    def words(self, text: str) -> None:
        """Let it pass."""

    def enter(self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Let it pass."""

    def leave(self, tag: str) -> None:
        """Let it pass."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a walk came by that is not for everybody's eyes: what is hidden, and the images."""

    hidden: list[LexborNode] = field(default_factory=list)
    images: list[LexborNode] = field(default_factory=list)


def bound(source: str) -> tuple[str, tuple[str, ...]]:
    """Return HTML scrubbed and cut to what is read, and flags."""
    flags = (HTML_CUT,) if len(source) > SOURCE_CHARACTERS_MAX else ()
    result, found = scrub(source[:SOURCE_CHARACTERS_MAX])
    return result, flags + found


def parse(source: str) -> Document:
    """Return the document that HTML describes; none of it is parsed if it is built to be slow."""
    end = parsable(source)
    tree = LexborHTMLParser(source[:end]) if end else None
    return Document(tree, source[end:])


def walk(tree: LexborHTMLParser, visitor: Visitor) -> Found:
    """Show a visitor all that can be seen in document order, without recursion."""
    found = Found()
    sheet = StyleSheet(_css(tree))
    open_nodes: list[tuple[LexborNode, str, bool]] = []
    silent = False
    node = tree.root
    while node is not None:
        tag = node.tag or ""
        if tag == TEXT and not silent:
            visitor.words(node.text_content or "")
        elif tag == TEXT:
            found.hidden.append(node)
        elif tag not in UNREAD:
            attributes = node.attributes
            sight = sheet.sight(tag, attributes) if attributes else Sight.SAME
            if sight is Sight.HIDDEN:
                found.hidden.append(node)
            else:
                if tag == "img":
                    found.images.append(node)
                visitor.enter(node, tag, attributes)
                child = node.child
                if child is not None:
                    open_nodes.append((node, tag, silent))
                    silent = sight is Sight.SILENT or (silent and sight is not Sight.LOUD)
                    node = child
                    continue
                visitor.leave(tag)
        following = node.next
        while following is None and open_nodes:
            node, tag, silent = open_nodes.pop()
            visitor.leave(tag)
            following = node.next
        node = following
    return found


def _css(tree: LexborHTMLParser) -> str:
    return "\n".join(node.text() for node in tree.tags("style"))[:CSS_CHARACTERS_MAX]
