"""Sight: what a reader of HTML mail does not see.

Newsletters hide a line for the overview of the mailbox ("preheader"), and mail programs hide what
is meant for others. Such words are not what the sender shows, so they are neither shown nor read.
Understood are inline styles and the rules of a style sheet for one class or id alone; rules inside
of `@media` are not for every reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Final

_ZERO: Final = re.compile(r"(?:0++(?:\.0*+)?|\.0++)(?:[a-z]{2,4}|%)?")
_BRACE: Final = re.compile(r"([^{}]*+)([{}])")
_SELECTOR: Final = re.compile(r"[a-z0-9]*+([.#][\w-]++)")


class Sight(Enum):
    """What a style does to the words of its element."""

    SAME = auto()
    """Nothing."""
    HIDDEN = auto()
    """Hides all of the element."""
    SILENT = auto()
    """Makes letters of no size; elements inside may give them a size again."""
    LOUD = auto()
    """Gives letters a size."""


class StyleSheet:
    """The rules of a document that hide something, and every style that was judged before."""

    def __init__(self, css: str = "") -> None:
        self._hiding: Final = frozenset(_hiding(css)) if css else frozenset[str]()
        self._known: dict[str, Sight] = {"": Sight.SAME}

    def sight(self, tag: str, attributes: Mapping[str, str | None]) -> Sight:
        """Return what an element's attributes do to its words."""
        if "hidden" in attributes or (self._hiding and self._hides(attributes)):
            return Sight.HIDDEN
        style = attributes.get("style") or ""
        found = self._known.get(style)
        if found is None:
            found = self._known[style] = _judge(declarations(style))
        # A button in a mail hides from Outlook alone, for which another one is drawn.
        if found is Sight.HIDDEN and tag == "a" and "mso-hide" in style.lower():
            rest = {**declarations(style), "mso-hide": ""}
            return _judge(rest)
        return found

    def _hides(self, attributes: Mapping[str, str | None]) -> bool:
        named = [f".{each}" for each in (attributes.get("class") or "").lower().split()]
        named.append(f"#{(attributes.get('id') or '').lower()}")
        return not self._hiding.isdisjoint(named)


def declarations(style: str) -> dict[str, str]:
    """Return the properties that a style sets, in lower case; the last one holds."""
    pairs = (each.partition(":") for each in _without_comments(style).lower().split(";"))
    return {
        name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if value
    }


def is_zero(value: str) -> bool:
    """Tell whether a CSS length or number is nothing."""
    return _ZERO.fullmatch(value) is not None


def _judge(style: Mapping[str, str]) -> Sight:
    if (
        style.get("display") == "none"
        or style.get("visibility") in {"hidden", "collapse"}
        or style.get("mso-hide") == "all"
        or is_zero(style.get("opacity", ""))
    ):
        return Sight.HIDDEN
    sizes = ("max-height", "height", "max-width", "width")
    if "hidden" in style.get("overflow", "") and any(
        is_zero(style.get(each, "")) for each in sizes
    ):
        return Sight.HIDDEN
    size = style.get("font-size") or style.get("font", "").partition("/")[0]
    if not size:
        return Sight.SAME
    return Sight.SILENT if is_zero(size) else Sight.LOUD


def _hiding(css: str) -> Iterator[str]:
    """Yield the classes and ids that a rule outside of any at-rule hides."""
    depth = 0
    selectors = ""
    for match in _BRACE.finditer(_without_comments(css)):
        before, brace = match.groups()
        if brace == "{":
            depth += 1
            selectors = before if depth == 1 else ""
            continue
        if depth == 1 and _judge(declarations(before)) is Sight.HIDDEN:
            for selector in selectors.lower().split(","):
                if named := _SELECTOR.fullmatch(selector.strip()):
                    yield named[1]
        depth = max(0, depth - 1)


def _without_comments(css: str) -> str:
    first, *rest = css.replace("<!--", " ").replace("-->", " ").split("/*")
    return first + "".join(each.partition("*/")[2] for each in rest)
