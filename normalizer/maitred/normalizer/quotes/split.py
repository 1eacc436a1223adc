"""Split: plain text cut into pieces by whose words they are."""

from __future__ import annotations

from maitred.contracts.message import PartKind
from maitred.normalizer.pieces import Piece


def split(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a plain text, which joined give `text` again."""
    return (Piece(PartKind.TEXT, text),)
