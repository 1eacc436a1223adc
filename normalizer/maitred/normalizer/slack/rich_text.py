"""Slack's rich text, which its own message box writes, as plain text with mrkdwn's marks.

Shapes: docs.slack.dev/reference/block-kit/blocks/rich-text-block and the pages of its elements.
What a person quotes there (a quote, and a list or code with a quote's border) is a piece of its
own. Slack knows no deeper nesting than these, so nothing here calls itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from maitred.contracts.message import PartKind
from maitred.normalizer.payload import integer
from maitred.normalizer.pieces import Piece
from maitred.normalizer.slack import emoji, mrkdwn
from maitred.normalizer.slack.lists import marker
from maitred.normalizer.slack.shape import first, items, words

_Names = Mapping[str, str]
_Element = dict[str, object]

_MARKS: Final = (("code", "`"), ("strike", "~"), ("italic", "_"), ("bold", "*"))
"""Styles and their marks in mrkdwn, the innermost first."""


def pieces(block: _Element, names: _Names) -> Iterator[Piece]:
    """Yield what a `rich_text` block says, each part of it ending with its line."""
    for element in items(block, "elements"):
        text = _part(element, names)
        quoted = element.get("type") == "rich_text_quote" or integer(element, "border") == 1
        if quoted:
            text = "\n".join(f"> {line}" for line in text.rstrip("\n").split("\n"))
        if text:
            kind = PartKind.QUOTE if quoted else PartKind.TEXT
            yield Piece(kind, text if text.endswith("\n") else f"{text}\n")


def _part(element: _Element, names: _Names) -> str:
    kind = words(element, "type")
    if kind in {"rich_text_section", "rich_text_quote"}:
        return line(items(element, "elements"), names)
    if kind == "rich_text_preformatted":
        return f"```{line(items(element, 'elements'), names)}```"
    if kind == "rich_text_list":
        return "\n".join(_points(element, names))
    return line((element,), names)


def _points(element: _Element, names: _Names) -> Iterator[str]:
    ordered = element.get("style") == "ordered"
    indent = max(integer(element, "indent"), 0)
    offset = max(integer(element, "offset"), 0)
    for number, point in enumerate(items(element, "elements"), offset + 1):
        yield marker(indent, number if ordered else None) + line(items(point, "elements"), names)


def line(elements: Iterable[_Element], names: _Names) -> str:
    """Return inline elements as text."""
    return "".join([_inline(element, names) for element in elements])


def _inline(element: _Element, names: _Names) -> str:
    text = _INLINE.get(words(element, "type"), _other)(element, names)
    style = element.get("style")
    return _marked(text, style) if isinstance(style, dict) else text


def _marked(text: str, style: _Element) -> str:
    """Put the marks of a style around the words; white space stays outside, as Slack has it."""
    marks = "".join(mark for name, mark in _MARKS if style.get(name) is True)
    core = text.strip()
    if not marks or not core:
        return text
    start = text.index(core)
    return f"{text[:start]}{marks[::-1]}{core}{marks}{text[start + len(core) :]}"


def _text(element: _Element, _names: _Names) -> str:
    return words(element, "text")


def _link(element: _Element, _names: _Names) -> str:
    return mrkdwn.link(words(element, "url"), words(element, "text"))


def _user(element: _Element, names: _Names) -> str:
    return mrkdwn.user(words(element, "user_id"), "", names)


def _channel(element: _Element, _names: _Names) -> str:
    return f"#{words(element, 'channel_id')}"


def _group(element: _Element, _names: _Names) -> str:
    return f"@{first(element, 'usergroup_id', 'team_id')}"


def _broadcast(element: _Element, _names: _Names) -> str:
    return f"@{words(element, 'range')}"


def _emoji(element: _Element, _names: _Names) -> str:
    return emoji.of_code_points(words(element, "unicode")) or emoji.shown(words(element, "name"))


def _color(element: _Element, _names: _Names) -> str:
    return words(element, "value")


def _date(element: _Element, _names: _Names) -> str:
    seconds, template = str(integer(element, "timestamp")), words(element, "format")
    return mrkdwn.link(
        words(element, "url"), words(element, "fallback") or mrkdwn.date(seconds, template)
    )


def _other(element: _Element, _names: _Names) -> str:
    """Show an element of a kind that Slack may add: by what names it, else by where it is."""
    label = first(element, "text", "label", "title", "name", "value", "fallback")
    return mrkdwn.link(first(element, "url", "permalink"), label)


_INLINE: Final[dict[str, Callable[[_Element, _Names], str]]] = {
    "text": _text,
    "link": _link,
    "user": _user,
    "channel": _channel,
    "usergroup": _group,
    "team": _group,
    "broadcast": _broadcast,
    "emoji": _emoji,
    "color": _color,
    "date": _date,
}
