"""Split: plain text cut into pieces by whose words they are.

Three rules decide in doubt. Words with quote marks are a quote when something introduces them or
nothing of the sender follows. Words without marks are one below an introduction, to the end of the
mail, when the sender's own stand above it. Everything else is the sender's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final

from maitred.contracts.limits import KIB
from maitred.contracts.message import PartKind
from maitred.normalizer.pieces import Piece
from maitred.normalizer.quotes import caution, signature
from maitred.normalizer.quotes.first_look import may_quote
from maitred.normalizer.quotes.folding import COLONS
from maitred.normalizer.quotes.lines import Line, read
from maitred.normalizer.quotes.mobile import is_mobile
from maitred.normalizer.quotes.outline import Block, Part, introduces, outline

CHARACTERS_MAX: Final = 256 * KIB
"""Twice what a message keeps of a text (`MESSAGE_TEXT_BYTES_MAX`)."""
LINES_MAX: Final = 8_192
"""Three times as many as a text of that size has when a program wraps it."""

_WORD: Final = re.compile(r"[^\W_]")


def split(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a plain text, which joined give `text` again.

    The work grows linearly with the text, up to `CHARACTERS_MAX` and `LINES_MAX`; what is behind
    these goes with the last line before, unless that is a signature, which nothing stands behind.
    An empty text has no pieces.
    """
    head = text[:CHARACTERS_MAX]
    lines = read(head, lines_max=LINES_MAX)
    kinds = _Splitter(lines, quotes=may_quote(head)).kinds()
    pieces = list(_pieces(lines, kinds))
    rest = text[sum(len(piece.text) for piece in pieces) :]
    if rest:
        pieces[-1] = _with_rest(pieces[-1], rest)
    return tuple(pieces)


def _pieces(lines: Sequence[Line], kinds: Sequence[PartKind]) -> Iterator[Piece]:
    start = 0
    for kind, group in groupby(kinds):
        end = start + len(list(group))
        yield Piece(kind, "".join([line.text for line in lines[start:end]]))
        start = end


def _with_rest(last: Piece, rest: str) -> Piece:
    """Return the last piece with what was not looked at."""
    kind = PartKind.TEXT if last.kind is PartKind.SIGNATURE else last.kind
    return Piece(kind, last.text + rest)


def _kind(introduced: Part | None, *, is_text: bool) -> PartKind:
    if introduced is Part.FORWARD:
        return PartKind.FORWARD
    return PartKind.TEXT if is_text else PartKind.QUOTE


def _is_code(block: Block | None) -> bool:
    return block is not None and block.part is Part.CODE


class _Splitter:
    """The lines of a text, and whose each is so far."""

    def __init__(self, lines: Sequence[Line], *, quotes: bool) -> None:
        self._lines = lines
        self._quotes = quotes
        self._kinds = [PartKind.TEXT] * len(lines)
        self._blocks: list[Block] = []
        self._is_open = False
        """Whether it starts with an introduction, and nobody can tell how far what it
        introduces goes."""

    def kinds(self) -> Sequence[PartKind]:
        """Return the kind of each line."""
        if self._quotes:
            self._blocks = self._up_to_unmarked(outline(self._lines))
        else:
            self._blocks = [Block(Part.WORDS, 0, len(self._lines))]
        for block, following in pairwise((*self._blocks, None)):
            if block is not None and block.part is Part.WORDS and not _is_code(following):
                self._sign(block)
        if self._quotes:
            self._quote()
        elif PartKind.SIGNATURE not in self._kinds:
            return self._kinds
        self._keep_something()
        self._join_blanks()
        return self._kinds

    def _up_to_unmarked(self, blocks: Iterable[Block]) -> list[Block]:
        """Return the blocks up to where a quote without marks starts; what follows is quoted."""
        kept: list[Block] = []
        has_words = False
        intro: Block | None = None
        for block in blocks:
            is_blank = block.part is Part.WORDS and self._is_blank(block)
            if intro is not None and not is_blank:
                if block.part is not Part.MARKED and has_words:
                    return self._quote_from(intro, kept)
                self._is_open |= block.part is not Part.MARKED
                intro = None
            kept.append(block)
            if block.part in {Part.INTRO, Part.FORWARD}:
                intro = block
            elif block.part in {Part.WORDS, Part.CODE}:
                has_words = has_words or self._has_words(block)
        if intro is not None and has_words:
            return self._quote_from(intro, kept)
        return kept

    def _quote_from(self, intro: Block, kept: Sequence[Block]) -> list[Block]:
        """Quote everything from an introduction on; return the blocks before it."""
        kind = PartKind.FORWARD if intro.part is Part.FORWARD else PartKind.QUOTE
        self._set(intro.start, len(self._lines), kind)
        return [block for block in kept if block.start < intro.start]

    def _sign(self, block: Block) -> None:
        """Find the signature of the sender's words, and what his mail program wrote."""
        start = signature.start_of(self._lines, block.start, block.end)
        self._set(start, block.end, PartKind.SIGNATURE)
        begin = block.start
        if begin == 0:
            begin = caution.end_of(self._lines, 0, start)
            self._set(0, begin, PartKind.SIGNATURE)
        is_apart = True
        for number in range(begin, start):
            line = self._lines[number]
            is_apart = is_apart and is_mobile(line.body) and self._is_apart_below(number, block)
            if is_apart:
                self._kinds[number] = PartKind.SIGNATURE
            is_apart = is_apart or line.is_blank

    def _is_apart_below(self, number: int, block: Block) -> bool:
        """Whether a line stands alone, or above others of its sort."""
        below = number + 1
        return (
            below >= block.end
            or self._lines[below].is_blank
            or self._kinds[below] is PartKind.SIGNATURE
            or is_mobile(self._lines[below].body)
        )

    def _quote(self) -> None:
        """Decide on quotes with marks, and on their introductions."""
        real = [number for number, block in enumerate(self._blocks) if self._is_text(block)]
        marked = [n for n, block in enumerate(self._blocks) if block.part is Part.MARKED]
        last = real[-1] if real else -1
        between = bool(marked) and any(marked[0] < number < marked[-1] for number in real)
        above: Part | None = None
        for number, block in enumerate(self._blocks):
            if block.part is Part.MARKED:
                introduced = self._introduced(block, above)
                is_unsure = introduced is None and (not real or self._is_announced(number))
                answered = number < last and (introduced is None or between or self._is_open)
                self._set(block.start, block.end, _kind(introduced, is_text=answered or is_unsure))
            elif block.part in {Part.INTRO, Part.FORWARD}:
                self._set(block.start, block.end, _kind(block.part, is_text=False))
            if not (block.part is Part.WORDS and self._is_blank(block)):
                above = block.part

    def _introduced(self, block: Block, above: Part | None) -> Part | None:
        """Return what introduces a quote with marks: what stands above it, or its first lines."""
        if above in {Part.INTRO, Part.FORWARD}:
            return above
        return introduces(self._lines[block.start : block.end])

    def _is_announced(self, number: int) -> bool:
        """Whether the sender's words lead to it: "This is what I typed:"."""
        if number == 0 or self._blocks[number - 1].part is not Part.WORDS:
            return False
        block = self._blocks[number - 1]
        bodies = [line.body for line in self._lines[block.start : block.end] if line.body]
        return bool(bodies) and bodies[-1].endswith(tuple(COLONS))

    def _keep_something(self) -> None:
        """Give the signature back to a mail that says nothing else."""
        if PartKind.QUOTE in self._kinds or PartKind.FORWARD in self._kinds:
            return
        if any(self._is_text(block) for block in self._blocks):
            return
        for number, line in enumerate(self._lines):
            if not is_mobile(line.body):
                self._kinds[number] = PartKind.TEXT

    def _join_blanks(self) -> None:
        """Let blank lines between two pieces belong to the one above."""
        for number, line in enumerate(self._lines):
            if number and line.is_blank:
                self._kinds[number] = self._kinds[number - 1]

    def _set(self, start: int, end: int, kind: PartKind) -> None:
        self._kinds[start:end] = [kind] * (end - start)

    def _is_text(self, block: Block) -> bool:
        """Whether words of the sender stand in it, his signature aside."""
        return block.part in {Part.WORDS, Part.CODE} and any(
            self._kinds[number] is PartKind.TEXT and _WORD.search(self._lines[number].text)
            for number in range(block.start, block.end)
        )

    def _has_words(self, block: Block) -> bool:
        return any(
            _WORD.search(line.text) and not is_mobile(line.body)
            for line in self._lines[block.start : block.end]
        )

    def _is_blank(self, block: Block) -> bool:
        return all(line.is_blank for line in self._lines[block.start : block.end])
