"""multipart/alternative: which of several forms of the same words is read.

The sender's own plain text is nearest to what he wrote (RFC 2046, section 5.1.4, lets a reader
choose by ability). The HTML is read where it tells more: whose words are whose, or any words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from maitred.contracts.message import PartKind
from maitred.normalizer.email.words import Body
from maitred.normalizer.pieces import Piece

POOR_SHARE: Final = 4
"""A plain text with less than one letter in so many of the HTML's is no rendering of it."""
LETTERS_MIN: Final = 40
UNKNOWN_SHARE: Final = 10
"""One word in so many may be missing in the HTML, for it counts as the same text."""
STYLES_MIN: Final = 2

_LINK: Final = re.compile(r"[a-zA-Z]{1,10}://[^\s<>()\[\]]{1,2000}")
_STYLE: Final = re.compile(
    r"[.#@]?[\w-]{0,40}\s{0,5}\{\s{0,40}[a-zA-Z-]{2,40}\s{0,20}:[^{}]{1,2000}\}"
)
_WORD: Final = re.compile(r"\w+")
_READ_CHARACTERS_MAX: Final = 32_768


def preferred(offered: Iterable[list[Body]]) -> list[Body]:
    """Return the bodies to read; the HTML stands with them whichever it is.

    Alternatives of one form that differ (some mailers offer two plain texts) are all read.
    """
    saying = [each for each in offered if any(body.says for body in each)]
    plain = _distinct(each for each in saying if not any(body.source for body in each))
    rich = _distinct(each for each in saying if any(body.source for body in each))
    if not plain or not rich:
        return plain or rich
    best = rich if _is_better(rich, plain) else plain
    shown = [each for each in rich if each.source]
    return [
        Body(
            _joined(best),
            "\n".join(each.source for each in shown),
            "\n".join(each.shown for each in shown),
            best[0].split if len(best) == 1 else None,
        )
    ]


def _joined(bodies: list[Body]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for each in bodies:
        if pieces:
            pieces.append(Piece(pieces[-1].kind, "\n\n"))
        pieces.extend(each.found)
    return tuple(pieces)


def _distinct(several: Iterable[list[Body]]) -> list[Body]:
    offered = list(several)
    if len(offered) == 1:
        return offered[0]
    found: dict[tuple[str, ...], list[Body]] = {}
    for bodies in offered:
        found.setdefault(tuple(_WORD.findall("".join(each.text for each in bodies))), bodies)
    return [each for bodies in found.values() for each in bodies]


def _is_better(rich: list[Body], plain: list[Body]) -> bool:
    """Tell whether the HTML is to be read instead of the plain text."""
    shown, written = _text(rich), _text(plain)
    bare, styles = _STYLE.subn("", written) if "{" in written else (written, 0)
    less = False
    if 2 * len(bare) < len(shown):
        # White space and rules may be long: the letters count.
        letters, said = _letters(bare), _letters(shown)
        if said >= LETTERS_MIN and POOR_SHARE * letters < said:
            return True
        less = 2 * letters < said
    tells_more = any(_has_quote(each.found) for each in rich) and not any(
        _has_quote(each.pieces()) for each in plain
    )
    return (tells_more or less or styles >= STYLES_MIN) and _holds(shown, bare)


def _text(bodies: list[Body]) -> str:
    """Return the words, without links: a form may hide them, or write them out."""
    text = "\n".join(each.text for each in bodies)[:_READ_CHARACTERS_MAX]
    return _LINK.sub("", text) if "://" in text else text


def _letters(text: str) -> int:
    return sum(map(len, _WORD.findall(text)))


def _has_quote(pieces: Iterable[Piece]) -> bool:
    return any(piece.kind in {PartKind.QUOTE, PartKind.FORWARD} for piece in pieces)


def _holds(shown: str, written: str) -> bool:
    """Tell whether the words of the plain text stand in the HTML as well."""
    words = set(_WORD.findall(written.lower()))
    return UNKNOWN_SHARE * len(words - set(_WORD.findall(shown.lower()))) <= len(words)
