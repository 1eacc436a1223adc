"""The text parts of a mail: from bytes to pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from maitred.contracts.limits import MIB
from maitred.contracts.message import PartKind
from maitred.normalizer import html, quotes
from maitred.normalizer.email.charset import text_of
from maitred.normalizer.email.flowed import is_flowed, unflowed
from maitred.normalizer.email.mime import Part
from maitred.normalizer.email.uuencode import WrittenIn, taken_out
from maitred.normalizer.pieces import Piece
from maitred.normalizer.text import TEXT_CUT, scrub

TEXT_BYTES_MAX: Final = 1 * MIB
"""So much text of one mail is read: more than a message can hold in all of its fields."""

_DOCUMENT: Final = re.compile(r"\s{0,200}<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
_MARKUP: Final = re.compile(r"<[a-zA-Z/!]|&[a-zA-Z#]")
_META_CHARSET: Final = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9._:-]{2,40})", re.IGNORECASE
)
_META_BYTES_MAX: Final = 1_024
"""HTML standard, 13.2.3.2: a declaration stands in the first bytes."""


@dataclass(slots=True)
class Body:
    """One body in its order.

    `found` are its pieces by its structure; plain text has none, and is one piece. `source` is its
    HTML, empty for plain text, `shown` is that made safe. `split` are its pieces once somebody
    asked for them.
    """

    found: tuple[Piece, ...]
    source: str = ""
    shown: str = ""
    split: tuple[Piece, ...] | None = None

    @property
    def says(self) -> bool:
        """Whether there is a word in it."""
        return any(not piece.text.isspace() for piece in self.found if piece.text)

    @property
    def text(self) -> str:
        """All words of it."""
        return "".join(piece.text for piece in self.found)

    def pieces(self) -> tuple[Piece, ...]:
        """Return its pieces; what its structure leaves as new words is split by its words."""
        if self.split is None:
            self.split = tuple(
                piece
                for each in self.found
                for piece in (quotes.split(each.text) if each.kind is PartKind.TEXT else (each,))
            )
        return self.split


def read_text(
    part: Part, *, is_shown: bool = True
) -> tuple[Body, tuple[str, ...], tuple[WrittenIn, ...]]:
    """Return the body in a text part, flags, and the files that were written into it.

    HTML that nobody will be shown (`is_shown`) is not made safe.

    A part that says it is plain and holds a document of HTML is HTML; one that says it is HTML
    and holds no markup at all is plain, lines and all.
    """
    data, flags = part.content()
    if len(data) > TEXT_BYTES_MAX:
        data, flags = data[:TEXT_BYTES_MAX], (*flags, TEXT_CUT)
    charset = part.parameters.get("charset", "")
    is_html = part.media_type == "text/html"
    if is_html and not charset:
        meta = _META_CHARSET.search(data[:_META_BYTES_MAX])
        charset = meta[1].decode("ascii") if meta else ""
    text, guessed = text_of(data, charset)
    if "\r" in text:
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n")
    if is_html or _DOCUMENT.match(text):
        source, bounds = html.bound(text)
        body, noted = body_of_html(source, is_shown=is_shown)
        return body, flags + guessed + bounds + noted, ()
    text, removed = scrub(text)
    if is_flowed(part.parameters):
        text = unflowed(text, del_sp=part.parameters.get("delsp", "").lower() == "yes")
    text, files = taken_out(text)
    return _plain(text), flags + guessed + removed, files


def body_of_text(text: str) -> Body:
    """Return the body in a plain text."""
    return _plain(scrub(text)[0])


def body_of_html(source: str, *, is_shown: bool = True) -> tuple[Body, tuple[str, ...]]:
    """Return the body in HTML, and flags; without any markup its lines are lines."""
    reading = html.read(source, is_shown=is_shown)
    found = reading.pieces if _MARKUP.search(source) else _plain(source).found
    return Body(found, source, reading.html), reading.flags


def _plain(text: str) -> Body:
    return Body((Piece(PartKind.TEXT, text),))
