"""Numbers by the patterns that a tenant configured."""

from __future__ import annotations

from maitred.contracts.message import Entity, EntityKind
from maitred.normalizer.entities.sought import Sought
from maitred.normalizer.patterns import NumberPattern, compiled

VALUE_CHARACTERS_MAX: int = 64


def find_configured(sought: Sought, patterns: tuple[NumberPattern, ...]) -> None:
    """Note what the patterns match, in capitals, with the pattern's name as label.

    A match in the middle of a longer word or number is none. The first group, where a pattern
    has one, is the number; else all of the match is.
    """
    for pattern in patterns:
        for match in compiled(pattern.pattern).finditer(sought.text):
            start, end = match.span()
            number = match[1] if match.re.groups else match[0]
            if number and _is_whole(sought.text, start, end) and sought.free(start, end):
                value = number.upper()[:VALUE_CHARACTERS_MAX]
                entity = Entity(kind=EntityKind.ORDER, value=value, label=pattern.name)
                sought.add(start, end, entity)


def _is_whole(text: str, start: int, end: int) -> bool:
    before, first = text[max(0, start - 1) : start], text[start : start + 1]
    last, after = text[end - 1 : end], text[end : end + 1]
    return not (_joined(before, first) or _joined(last, after))


def _joined(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and left.isascii() and right.isascii()
