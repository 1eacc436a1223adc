"""Slack's Block Kit as plain text (docs.slack.dev/reference/block-kit/blocks).

People write `rich_text`; what apps post may be made of any of the others. What only acts or
decorates (buttons, menus, a divider) says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from maitred.contracts.message import PartKind
from maitred.normalizer.payload import integer
from maitred.normalizer.pieces import Piece
from maitred.normalizer.slack import mrkdwn, rich_text
from maitred.normalizer.slack.shape import first, items, words

_Names = Mapping[str, str]
_Block = dict[str, object]

_DEPTH_MAX: Final = 12
"""Enough for a container of carousels of cards; what is nested deeper Slack does not send."""
_SAYING: Final = (
    "title",
    "rich_text_title",
    "subtitle",
    "text",
    "body",
    "description",
    "details",
    "output",
    "label",
    "hint",
    "fields",
    "tasks",
    "child_blocks",
    "elements",
)
"""Where the words of a block are, in the order in which Slack shows them."""


def pieces(blocks: object, names: _Names) -> Iterator[Piece]:
    """Yield what a list of blocks says, each block ending with its line."""
    if isinstance(blocks, list):
        yield from _value(blocks, names, _DEPTH_MAX)


def lines(text: str, names: _Names) -> Iterator[Piece]:
    """Yield what a text in mrkdwn says, the last piece ending with its line."""
    *before, last = mrkdwn.pieces(text, names)
    yield from before
    yield from _ended(last)


def _value(value: object, names: _Names, depth: int) -> Iterator[Piece]:
    """Yield what stands in a field: a text, a text object, a block, or a list of these."""
    if isinstance(value, str):
        yield from lines(value, names)
    elif isinstance(value, dict):
        kind = words(value, "type")
        if kind == "mrkdwn":
            yield from lines(words(value, "text"), names)
        elif kind == "rich_text":
            yield from rich_text.pieces(value, names)
        elif kind in _SHOWN:
            yield from _ended(Piece(PartKind.TEXT, _SHOWN[kind](value, names, depth)))
        elif depth:
            yield from _block(value, names, depth - 1)
    elif isinstance(value, list) and depth:
        for each in value:
            yield from _value(each, names, depth - 1)


def _block(block: _Block, names: _Names, depth: int) -> Iterator[Piece]:
    rows = block.get("rows")
    if isinstance(rows, list):
        table = "\n".join(_row(row, names, depth) for row in rows)
        yield from _ended(Piece(PartKind.TEXT, table))
    for name in _SAYING:
        if name in block:
            yield from _value(block[name], names, depth)


def _ended(piece: Piece) -> Iterator[Piece]:
    if piece.text:
        yield piece if piece.text.endswith("\n") else Piece(piece.kind, f"{piece.text}\n")


def _row(row: object, names: _Names, depth: int) -> str:
    cells = row if isinstance(row, list) else [row]
    return " | ".join(_flat(cell, names, depth) for cell in cells)


def _flat(value: object, names: _Names, depth: int) -> str:
    """Return all that a value says on one line."""
    if not depth:
        return ""
    found = "".join(piece.text for piece in _value(value, names, depth - 1))
    return " ".join(found.split("\n")).strip()


def _plain(block: _Block, names: _Names, _depth: int) -> str:
    return mrkdwn.plain(words(block, "text"), names)


def _number(block: _Block, _names: _Names, _depth: int) -> str:
    return first(block, "text") or str(integer(block, "value"))


def _as_it_stands(block: _Block, _names: _Names, _depth: int) -> str:
    return words(block, "text")


def _context(block: _Block, names: _Names, depth: int) -> str:
    return " ".join(filter(None, (_flat(each, names, depth) for each in items(block, "elements"))))


def _image(block: _Block, names: _Names, depth: int) -> str:
    title = _flat(block.get("title"), names, depth) or words(block, "alt_text")
    return mrkdwn.link(words(block, "image_url"), title)


def _video(block: _Block, names: _Names, depth: int) -> str:
    title = _flat(block.get("title"), names, depth) or words(block, "alt_text")
    shown = mrkdwn.link(first(block, "title_url", "video_url"), title)
    return "\n".join(filter(None, (shown, _flat(block.get("description"), names, depth))))


def _nothing(_block: _Block, _names: _Names, _depth: int) -> str:
    return ""


_SHOWN: Final[dict[str, Callable[[_Block, _Names, int], str]]] = {
    "plain_text": _plain,
    "raw_text": _as_it_stands,
    "raw_number": _number,
    "markdown": _as_it_stands,
    "context": _context,
    "image": _image,
    "video": _video,
    "actions": _nothing,
    "context_actions": _nothing,
    "divider": _nothing,
}
