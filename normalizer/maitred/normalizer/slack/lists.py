"""The points of Slack's lists: bullets, numbers, letters and Roman numbers, by how deep they are.

docs.slack.dev/reference/block-kit/block-elements/rich-text-list-element; the signs are those of
Slack's own fallback text.
"""

from __future__ import annotations

from typing import Final

_INDENT: Final = "    "
_INDENT_MAX: Final = 8
"""The deepest level that Slack's message box knows."""
_BULLETS: Final = ("•", "◦", "▪")
_LETTERS: Final = 26
_ROMAN_MAX: Final = 3_999
_ROMAN: Final = {
    1000: "m",
    900: "cm",
    500: "d",
    400: "cd",
    100: "c",
    90: "xc",
    50: "l",
    40: "xl",
    10: "x",
    9: "ix",
    5: "v",
    4: "iv",
    1: "i",
}


def marker(indent: int, number: int | None) -> str:
    """Return what stands before a point at a level of `indent`; `number` is None for a bullet."""
    level = indent % len(_BULLETS)
    sign = _BULLETS[level] if number is None else f"{(str, _letter, _roman)[level](number)}."
    return f"{_INDENT * min(indent, _INDENT_MAX)}{sign} "


def _letter(number: int) -> str:
    return chr(ord("a") + number - 1) if number <= _LETTERS else str(number)


def _roman(number: int) -> str:
    if number > _ROMAN_MAX:
        return str(number)
    found = ""
    for value, sign in _ROMAN.items():
        times, number = divmod(number, value)
        found += sign * times
    return found
