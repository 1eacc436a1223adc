"""Reading: HTML parsed once, and what is made of it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from maitred.contracts.message import PartKind
from maitred.normalizer.html import owners, safe
from maitred.normalizer.html.document import HTML_CUT, Nobody, parse, walk
from maitred.normalizer.pieces import Piece

HTML_HOSTILE: Final = "html_hostile"
_BETWEEN: Final = "\n\n"


@dataclass(frozen=True, slots=True)
class Reading:
    """HTML as pieces of text and as markup that can be shown, with what was noted."""

    pieces: tuple[Piece, ...]
    html: str
    flags: tuple[str, ...]


def read(source: str, *, is_shown: bool = True) -> Reading:
    """Return what `pieces` and `sanitise` do, for one parse; the second only if it is shown."""
    document = parse(source)
    if document.tree is None:
        return Reading(_joinable([], document.rest), "", _unread(source))
    found, unseen = owners.cut(document.tree)
    shown, flags = safe.shown(document.tree, unseen) if is_shown else ("", ())
    return Reading(_joinable(found, document.rest), shown, _noted(flags, document.rest))


def readable(source: str) -> str:
    """Return the words of HTML as text: links with their address, lists, cells, line breaks."""
    return "".join(piece.text for piece in pieces(source))


def pieces(source: str) -> tuple[Piece, ...]:
    """Return the readable text of HTML cut by whose words they are.

    The cuts follow the marks that mail programs leave in their HTML. Joined, the pieces give
    `readable` again.
    """
    document = parse(source)
    found = [] if document.tree is None else owners.cut(document.tree)[0]
    return _joinable(found, document.rest)


def sanitise(source: str) -> tuple[str, tuple[str, ...]]:
    """Return HTML that can be shown to an agent, at most `MESSAGE_HTML_BYTES_MAX`, and flags.

    Scripts, styles, forms and event handlers are gone, and so are tracking pixels and words that
    are hidden. Images load from nowhere but the message itself (`cid:`), so that reading a message
    tells its sender nothing. Where an image of another host was stands an `img` without `src`: its
    `alt` says what it shows, its `title` names the host, and `data-remote` holds its address
    without the scheme, from which a page loads it when the agent asks for it (`"https://" +
    dataset.remote`). Hostile HTML gives nothing. Cleaning again changes nothing.
    """
    document = parse(source)
    if document.tree is None:
        return "", _unread(source)
    shown, flags = safe.shown(document.tree, walk(document.tree, Nobody()))
    return shown, _noted(flags, document.rest)


def _unread(source: str) -> tuple[str, ...]:
    return (HTML_HOSTILE,) if source else ()


def _noted(flags: tuple[str, ...], rest: str) -> tuple[str, ...]:
    return (*flags, HTML_CUT) if rest and HTML_CUT not in flags else flags


def _joinable(found: Sequence[Piece], rest: str) -> tuple[Piece, ...]:
    """Return the pieces, neighbours of one kind as one, each but the last with its line ends.

    What was too much to be parsed is read as words between tags; they are whose words the last
    piece holds.
    """
    merged: list[Piece] = []
    words = _stripped(rest)
    last = found[-1].kind if found else PartKind.TEXT
    for piece in [*found, Piece(last, words)] if words else found:
        if merged and merged[-1].kind is piece.kind:
            merged[-1] = Piece(piece.kind, merged[-1].text + _BETWEEN + piece.text)
        else:
            merged.append(piece)
    return (*(Piece(each.kind, each.text + _BETWEEN) for each in merged[:-1]), *merged[-1:])


def _stripped(source: str) -> str:
    """Return the text between tags without building a tree."""
    first, *rest = source.split("<")
    words = [first]
    for each in rest:
        is_tag = ">" in each and (each[:1].isalpha() or each[:1] in {"/", "!", "?"})
        words.append(each.partition(">")[2] if is_tag else f"<{each}")
    return html.unescape(" ".join(words)).strip()
