"""How much work HTML would make a parser, known before it is parsed.

Parsers look through the open elements at each tag, open unclosed formatting again in each block,
and compare each attribute of a tag with its others (HTML standard, 13.2.4 and 13.2.5.33). A
stranger can make each of the three quadratic.
"""

from __future__ import annotations

import re
from typing import Final

WORK_MAX: Final = 4_000_000
"""Sum over all tags of the elements that are open there."""
FORMATTING_WORK_MAX: Final = 500_000
"""The same for formatting elements, each of which may be made anew."""
ATTRIBUTES_MAX: Final = 1_000
"""Attributes of one tag; those of all `html` and `body` tags count as one's."""

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)[^\s/>]*+")
_ATTRIBUTE: Final = re.compile(
    r"[\s/]*+[^\s/>=][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?|[\s/]*+=[^\s/>=]*+"
)
# The elements that a parser opens again in every following block (HTML standard, 13.2.4.3).
_FORMATTING: Final = frozenset(
    "a b big code em font i nobr s small strike strong tt u".split()  # noqa: SIM905  (legible)
)
_VOID: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905  (legible)
)
_SELF_CLOSING: Final = frozenset(
    "p li td th tr dd dt option body html head".split()  # noqa: SIM905  (legible)
)


def is_hostile(source: str) -> bool:
    """Tell whether HTML is built to be slow; honest mail stays a hundredfold below the bounds."""
    depth = formatting = work = formatting_work = root_attributes = position = 0
    while match := _TAG.search(source, position):
        name = match[2].lower()
        attributes, position = _attributes(source, match.end())
        if name in {"html", "body"}:
            root_attributes += attributes
        step = -1 if match[1] else 1
        if name not in _SELF_CLOSING and name not in _VOID:
            depth = max(0, depth + step)
        if name in _FORMATTING:
            formatting = max(0, formatting + step)
        work += depth
        formatting_work += formatting
        if (
            work > WORK_MAX
            or formatting_work > FORMATTING_WORK_MAX
            or max(attributes, root_attributes) > ATTRIBUTES_MAX
        ):
            return True
    return False


def _attributes(source: str, position: int) -> tuple[int, int]:
    """Return how many attributes a tag has, up to just above the bound, and where it ends."""
    if source.startswith(">", position):
        return 0, position
    count = 0
    while count <= ATTRIBUTES_MAX:
        match = _ATTRIBUTE.match(source, position)
        if match is None:
            break
        count += 1
        position = match.end()
    return count, position
