"""Pieces: a body in its order, cut by whose words they are, and the fields made of them.

Readers return pieces that hold every character of what they read; only here it is decided which
field each goes to, so nothing can fall between two rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from maitred.contracts.limits import (
    MESSAGE_QUOTED_BYTES_MAX,
    MESSAGE_SIGNATURE_BYTES_MAX,
    MESSAGE_TEXT_BYTES_MAX,
    TEXT_PARTS_MAX,
)
from maitred.contracts.message import PartKind, TextPart
from maitred.normalizer.text import TEXT_CUT, clean, cut

FORWARDED: Final = "forwarded"
QUOTED_CUT: Final = "quoted_cut"
SIGNATURE_CUT: Final = "signature_cut"
_BLANK_LINES: Final = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


class Piece(NamedTuple):
    """Words that stand together, and whose they are."""

    kind: PartKind
    text: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """The fields of a message that its body fills, and flags."""

    text: str
    quoted: str
    signature: str
    parts: tuple[TextPart, ...]
    flags: tuple[str, ...]


class _Field:
    """One field as it grows: pieces with a line between them, up to a bound."""

    def __init__(self, bytes_max: int, flag: str) -> None:
        self.text = ""
        self.too_long = False
        self.flag: Final = flag
        self._room = bytes_max

    def add(self, piece: str) -> tuple[int, int]:
        """Add a piece; return where it stands."""
        start = len(self.text) + 2 if self.text else 0
        kept, too_long = cut(piece, max(self._room, 0))
        self.too_long |= too_long
        if not kept:
            return 0, 0
        self.text += ("\n\n" if self.text else "") + kept
        self._room -= len(kept.encode()) + 2
        return start, start + len(kept)


def gather(pieces: Iterable[Piece]) -> Gathered:
    """Return the fields that the pieces fill, each cleaned and bounded, in their order."""
    new = _Field(MESSAGE_TEXT_BYTES_MAX, TEXT_CUT)
    quoted = _Field(MESSAGE_QUOTED_BYTES_MAX, QUOTED_CUT)
    signature = _Field(MESSAGE_SIGNATURE_BYTES_MAX, SIGNATURE_CUT)
    fields = {
        PartKind.QUOTE: quoted,
        PartKind.FORWARD: quoted,
        PartKind.SIGNATURE: signature,
    }
    parts: list[TextPart] = []
    flags: dict[str, None] = {}
    for piece in _merged(pieces):
        words, found = clean(piece.text)
        flags.update(dict.fromkeys(found))
        if not words:
            continue
        if piece.kind is PartKind.FORWARD:
            flags[FORWARDED] = None
        start, end = fields.get(piece.kind, new).add(_BLANK_LINES.sub("\n\n", words))
        if end and len(parts) < TEXT_PARTS_MAX:
            parts.append(TextPart(kind=piece.kind, start=start, end=end))
    flags.update(dict.fromkeys(each.flag for each in (new, quoted, signature) if each.too_long))
    alone = all(part.kind is PartKind.TEXT for part in parts)
    return Gathered(
        text=new.text,
        quoted=quoted.text,
        signature=signature.text,
        parts=() if alone else tuple(parts),
        flags=tuple(flags),
    )


def _merged(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """Yield the pieces, neighbours of one kind as one."""
    kind: PartKind | None = None
    words: list[str] = []
    for piece in pieces:
        if piece.kind is not kind and kind is not None:
            yield Piece(kind, "".join(words))
            words = []
        kind = piece.kind
        words.append(piece.text)
    if kind is not None:
        yield Piece(kind, "".join(words))
