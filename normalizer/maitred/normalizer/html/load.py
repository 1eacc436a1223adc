"""How much work HTML would make a parser, known before it is parsed.

Parsers look through the open elements at each tag, open unclosed formatting again in each block,
and compare each attribute of a tag with its others (HTML standard, 13.2.4 and 13.2.5.33). A
stranger can make each of the three quadratic, and spend a microsecond of anybody's time on every
character that opens a tag or a reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

WORK_MAX: Final = 1_000_000
"""Sum over all tags of the elements that are open there."""
FORMATTING_WORK_MAX: Final = 500_000
"""The same for formatting elements, each of which may be made anew."""
ATTRIBUTES_MAX: Final = 1_000
"""Attributes of one tag; those of all `html` and `body` tags count as one's."""
MARKUP_MAX: Final = 10_000
"""Tags and character references that are read as such."""

# An attribute takes two characters at the least, so a short tag needs no counting.
_LONG: Final = 2 * ATTRIBUTES_MAX
# All open in each other, so few tags are no more work than the lesser bound.
_FEW: Final = 999
_ATTRIBUTE: Final = (
    r"[\s/]*+[^\s/>=][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?|[\s/]*+=[^\s/>=]*+"
)
_ATTRIBUTES: Final = re.compile(_ATTRIBUTE)
_TAG: Final = re.compile(rf"<(/?)([a-zA-Z][^\s/>]*+)((?:{_ATTRIBUTE})*+)")
_MARKUP: Final = re.compile("[<&]")
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
_FLAT: Final = _VOID | _SELF_CLOSING
_ROOTS: Final = frozenset({"html", "body"})


def parsable(source: str) -> int:
    """Return how many characters of HTML may be given to a parser.

    It is all of it, or up to the tag or reference that is one too many; none of it is parsed if
    it is built to be slow.
    """
    if source.count("<") + source.count("&") <= MARKUP_MAX:
        return 0 if is_hostile(source) else len(source)
    beyond = next(islice(_MARKUP.finditer(source), MARKUP_MAX, None))
    return 0 if is_hostile(source[: beyond.start()]) else beyond.start()


def is_hostile(source: str) -> bool:
    """Tell whether HTML is built to be slow; honest mail stays a hundredfold below the bounds."""
    if len(source) <= _LONG:
        return False
    tags = _TAG.findall(source)
    return _has_too_many_attributes(tags) or (len(tags) > _FEW and _is_too_deep(tags))


def _has_too_many_attributes(tags: Iterable[tuple[str, str, str]]) -> bool:
    root_attributes = 0
    for _, name, attributes in tags:
        if attributes and name.lower() in _ROOTS:
            root_attributes += _count(attributes)
        if len(attributes) > _LONG and _count(attributes) > ATTRIBUTES_MAX:
            return True
    return root_attributes > ATTRIBUTES_MAX


def _is_too_deep(tags: Iterable[tuple[str, str, str]]) -> bool:
    depth = formatting = work = formatting_work = 0
    for closing, written, _ in tags:
        name = written.lower()
        if name not in _FLAT:
            step = -1 if closing else 1
            depth = depth + step if depth or not closing else 0
            if name in _FORMATTING:
                formatting = formatting + step if formatting or not closing else 0
        work += depth
        formatting_work += formatting
        if work > WORK_MAX or formatting_work > FORMATTING_WORK_MAX:
            return True
    return False


def _count(attributes: str) -> int:
    return sum(1 for _ in _ATTRIBUTES.finditer(attributes))
