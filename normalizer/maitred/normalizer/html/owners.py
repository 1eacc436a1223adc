"""Cut: the words of a document in pieces, by whose words they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from maitred.contracts.message import PartKind
from maitred.normalizer.html import attribution
from maitred.normalizer.html.document import Found, walk
from maitred.normalizer.html.marks import Mark
from maitred.normalizer.html.regions import Region, Regions
from maitred.normalizer.pieces import Piece

_BEGINNING_CHARACTERS: Final = 2_000
_RULE: Final = re.compile(r"[-_=*\s]*+")


def cut(tree: LexborHTMLParser) -> tuple[list[Piece], Found]:
    """Return the words of a document cut by whose they are, and what cannot be seen."""
    visitor = Regions()
    unseen = walk(tree, visitor)
    found: list[Piece] = []
    is_answered = False
    for region in visitor.regions:
        words = region.words()
        if not words.strip():
            continue
        is_answered |= region.origin in {None, Mark.TYPED_SIGNATURE}
        if region.kind is PartKind.QUOTE:
            found = _introduced(region, words, found, is_answered=is_answered)
        else:
            found.append(Piece(region.kind, words))
    return _signed(found), unseen


def _introduced(
    region: Region, words: str, found: Sequence[Piece], *, is_answered: bool
) -> list[Piece]:
    """Return `found` and a quote or forwarded mail, with the line before that introduces it."""
    lines = _beginning(words)
    last = found[-1] if found else Piece(PartKind.TEXT, "")
    before = "" if last.kind in {PartKind.QUOTE, PartKind.FORWARD} else last.text
    is_forward = _is_forward(region, lines, is_answered=is_answered)
    start: int | None = None
    if region.is_cited and not before:
        # Apple Mail puts the headers of a mail that is passed on into a quote of their own.
        is_forward |= last.kind is PartKind.FORWARD
    elif region.origin is not Mark.DIVIDER and not attribution.is_attribution(lines[0]):
        start = attribution.attributed(before)
        if start is None and region.is_cited and attribution.has_headers(lines):
            is_forward = True
            start = attribution.announced(before)
    start = attribution.ruled(before, start)
    kind = PartKind.FORWARD if is_forward else PartKind.QUOTE
    if not before or start is None:
        return [*found, Piece(kind, words)]
    kept = [Piece(last.kind, before[:start].rstrip())] if before[:start].strip() else []
    return [*found[:-1], *kept, Piece(kind, before[start:].strip("\n")), Piece(kind, words)]


def _is_forward(region: Region, lines: Sequence[str], *, is_answered: bool) -> bool:
    """Tell whether a quote is a mail passed on: its banner says so, or nothing answers it."""
    first, rest = lines[0], lines[1:]
    if attribution.is_forward(first):
        return True
    if region.origin is Mark.HOLDER:
        return attribution.is_banner(first)
    if region.is_cited:
        announced = attribution.announces(first) and not attribution.is_attribution(first)
        return announced and attribution.has_headers(rest)
    headed = attribution.has_headers(rest if _RULE.fullmatch(first) else lines)
    return region.origin in {Mark.DIVIDER, Mark.QUOTE} and headed and not is_answered


def _beginning(words: str) -> list[str]:
    lines = (line.strip() for line in words[:_BEGINNING_CHARACTERS].split("\n"))
    return [line for line in lines if line]


def _signed(found: list[Piece]) -> list[Piece]:
    """Return the pieces, a signature as text where nothing else is said.

    People write into the element that their telephone keeps for the signature.
    """
    kinds = {piece.kind for piece in found}
    if not kinds.isdisjoint({PartKind.TEXT, PartKind.FORWARD}):
        return found
    return [
        Piece(PartKind.TEXT, piece.text) if piece.kind is PartKind.SIGNATURE else piece
        for piece in found
    ]
