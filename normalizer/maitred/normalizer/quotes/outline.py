"""Outline: where in a text words, quotes and what introduces them stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum, auto
from typing import Final, NamedTuple

from maitred.normalizer.quotes import attribution, banner, header_block
from maitred.normalizer.quotes.banner import Banner
from maitred.normalizer.quotes.folding import COLONS
from maitred.normalizer.quotes.lines import Line, fenced, next_words

WRAP_COLUMN: Final = 71
"""Text is wrapped at 72 columns at the earliest (RFC 3676, section 4.2, says 78 at most)."""
CONTINUED_LINES_MAX: Final = 3
PREFIXED_LINES_MIN: Final = 3
AHEAD_LINES: Final = 32
"""How many lines are read at a time in search of introductions; each has fewer of them."""
LOOKS_MAX: Final = 256
"""How often a line is looked at closely: no mail has so many introductions without marks."""
HEADERS_MAX: Final = 1_024
"""The same for fields of a header; a list that somebody pastes may have many "Date:" in it."""
BLANKS_BEFORE_QUOTE_MAX: Final = 3

# "Ann> ", "JD> " as The Bat and Usenet readers quote; "|" as some webmailers do, but not tables.
_PREFIX: Final = re.compile(r"[A-Z][\w.]{0,15}>|\|(?![^\n]*\|$)")
_NOTABLE: Final = re.compile(
    rf"[{re.escape(banner.DASHES)}]|[^{COLONS}>]{{0,{header_block.NAME_END_MAX}}}+[{COLONS}>]"
)
_LINK: Final = re.compile(r"[<(\[]?https?://[^\s<>]{1,900}[>)\]]?[ >]*$")
_OPEN_LINK: Final = re.compile(r"[<(\[]https?://[^\s<>()\[\]]{1,900}$")
_QUESTIONS: Final = ("?", "\uff1f")
_SENTENCE_ENDS: Final = (*".!?:\u2026", *"\u3002\uff1f\uff01\uff1a")


class Part(IntEnum):
    """What a block is."""

    WORDS = auto()
    CODE = auto()
    """Words between fences, in which nothing means what it seems to."""
    MARKED = auto()
    """Lines with quote marks."""
    INTRO = auto()
    """Introduction, header block or title of what is answered."""
    FORWARD = auto()
    """The same of what is passed on."""


class Block(NamedTuple):
    """Lines `start` to `end` (exclusive) that belong together."""

    part: Part
    start: int
    end: int


def outline(lines: Sequence[Line]) -> Iterator[Block]:
    """Yield the blocks of a text, which cover all of its lines in order.

    Who has seen enough may stop: nothing is looked at that stands much further down.
    """
    return _Outliner(lines).blocks()


class _Outliner:
    """The lines, and what is known of each so far."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._fenced = fenced(lines)
        self._marked = [line.depth > 0 for line in lines]
        for number in self._fenced:
            self._marked[number] = False
        self._intros: dict[int, int] = {}
        """The introductions: number of the first line, and of the line behind the last."""
        self._notable: set[int] = set()
        """Lines that may start something; most are words."""
        self._seen = 0
        """Up to which line these were looked for."""
        self._looks = self._headers = 0
        self._is_introduced = False

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks in order."""
        words = number = 0
        while number < len(self._lines):
            if number + attribution.LINES_MAX > self._seen:
                self._look_ahead(number)
            block = self._block_at(number) if number in self._notable else None
            if block is None:
                number += 1
                continue
            start = max(self._above(block), words)
            if start > words:
                yield Block(Part.WORDS, words, start)
            yield Block(block.part, start, block.end)
            words = number = block.end
        if words < number:
            yield Block(Part.WORDS, words, number)

    def _look_ahead(self, number: int) -> None:
        """See to it that every introduction that may start with this line is found."""
        while number + attribution.LINES_MAX > self._seen < len(self._lines):
            self._look_at_next()

    def _look_at_next(self) -> None:
        """See which of the next lines may start something, and find the introductions there."""
        start = self._seen
        self._seen = min(start + AHEAD_LINES, len(self._lines))
        for number in range(start, self._seen):
            body = self._lines[number].body
            if self._marked[number] or number in self._fenced:
                self._notable.add(number)
            elif body:
                if body[-1] in banner.LAST or _NOTABLE.match(body):
                    self._notable.add(number)
                if attribution.ends(body):
                    self._read_intro(number)

    def _block_at(self, number: int) -> Block | None:
        """Return the block that starts with this line, unless it is words."""
        if self._marked[number]:
            return self._quote_at(number)
        if number in self._fenced:
            return self._code_at(number)
        line = self._lines[number]
        if not line.body:
            return None
        end = self._intros.get(number)
        if end is not None:
            self._is_introduced = True
            self._mark_prefixed(next_words(self._lines, end), least=1)
            return Block(Part.INTRO, number, end)
        if self._is_introduced and self._mark_prefixed(number, least=PREFIXED_LINES_MIN):
            return self._quote_at(number)
        title = banner.of(line)
        if title is not None:
            part = Part.FORWARD if title is Banner.FORWARD else Part.INTRO
            return Block(part, number, self._behind_title(number + 1))
        if self._headers == HEADERS_MAX or not header_block.fields_of(line.body):
            return None
        self._headers += 1
        end = header_block.end_of(self._lines, number)
        return None if end is None else Block(Part.INTRO, number, end)

    def _code_at(self, start: int) -> Block:
        end = start
        while end in self._fenced:
            end += 1
        return Block(Part.CODE, start, end)

    def _behind_title(self, number: int) -> int:
        """Return the end of what belongs to the title above: a header, or an introduction."""
        following = next_words(self._lines, number)
        if following == len(self._lines) or self._marked[following]:
            return number
        self._look_ahead(following)
        end = self._intros.get(following)
        if end is None:
            end = header_block.end_of(self._lines, following, titled=True)
        return number if end is None else end

    def _above(self, block: Block) -> int:
        """Return where a block starts, with the rule that its program draws above it."""
        above = block.start
        if block.part in {Part.MARKED, Part.CODE}:
            return above
        while above > 0 and self._lines[above - 1].is_blank:
            above -= 1
        if above > 0 and banner.is_rule(self._lines[above - 1]):
            return above - 1
        if above > 0 and block.part is Part.INTRO and banner.is_title(self._lines[above - 1]):
            return above - 1
        return block.start

    def _read_intro(self, number: int) -> None:
        """Look for an introduction that ends with this line."""
        if self._looks == LOOKS_MAX or not attribution.may_end(self._lines, number):
            return
        self._looks += 1
        marked = self._is_marked_below(number + 1)
        start = attribution.start_of(self._lines, number, marked=marked)
        if start is not None and not any(begun >= start for begun in self._intros):
            self._intros[start] = number + 1
            self._notable.add(start)

    def _is_marked_below(self, number: int) -> bool:
        following = next_words(self._lines, number)
        return (
            following < len(self._lines)
            and following - number <= BLANKS_BEFORE_QUOTE_MAX
            and (self._marked[following] or _PREFIX.match(self._lines[following].body) is not None)
        )

    def _mark_prefixed(self, number: int, *, least: int) -> bool:
        """Mark lines that are quoted with a name or a bar, if at least so many start here."""
        if number == len(self._lines) or self._marked[number]:
            return False
        prefix = _PREFIX.match(self._lines[number].body)
        if prefix is None:
            return False
        end = number
        while end < len(self._lines) and self._lines[end].body.startswith(prefix[0]):
            end += 1
        if end - number < least:
            return False
        self._marked[number:end] = [True] * (end - number)
        return True

    def _quote_at(self, start: int) -> Block:
        """Return the quote that starts here, and what it turns out to be."""
        if attribution.is_between_marks(self._lines[start]):
            return Block(Part.INTRO, start, start + 1)
        end = self._quote_end(start)
        bodies = [line.body for line in self._lines[start:end] if line.body][
            : attribution.LINES_MAX
        ]
        is_alone = len(bodies) < attribution.LINES_MAX and attribution.is_whole(bodies)
        following = next_words(self._lines, end)
        if is_alone and following < len(self._lines):
            return Block(Part.INTRO, start, end)
        return Block(Part.MARKED, start, end)

    def _quote_end(self, start: int) -> int:
        """Return the end of a quote: blank lines in it count, and wrapped ones without a mark."""
        number = end = start
        while number < len(self._lines):
            if self._marked[number]:
                number = end = number + 1
            elif self._lines[number].is_blank and number - end < BLANKS_BEFORE_QUOTE_MAX:
                number += 1
            else:
                continued = self._continued(number) if number == end else None
                if continued is None:
                    break
                number = end = continued
        return end

    def _continued(self, start: int) -> int | None:
        """Return the end of lines that a program wrapped out of the quote and forgot to mark.

        They stand between marked lines, without blank lines, and below one that would be too long
        with the next word. Else they are an answer.
        """
        if start in self._fenced:
            return None
        for end in range(start, min(start + CONTINUED_LINES_MAX, len(self._lines))):
            if self._marked[end]:
                return end
            if not self._is_continuation(end):
                return None
        end = start + CONTINUED_LINES_MAX
        return end if end < len(self._lines) and self._marked[end] else None

    def _is_continuation(self, number: int) -> bool:
        above = self._lines[number - 1]
        body = self._lines[number].body
        if _LINK.match(body) or (body and _OPEN_LINK.search(above.body)):
            return True
        first = body.partition(" ")[0]
        if not body or len(above.text.rstrip()) + 1 + len(first) <= WRAP_COLUMN:
            return False
        if above.body.endswith(_QUESTIONS):
            return False
        return body[0].islower() or not above.body.endswith(_SENTENCE_ENDS)


def introduces(lines: Sequence[Line]) -> Part | None:
    """Return whether quoted lines start with an introduction, and of which kind."""
    first = next((number for number, line in enumerate(lines) if line.body), None)
    if first is None:
        return None
    title = banner.of(lines[first])
    if title is Banner.FORWARD:
        return Part.FORWARD
    bodies = [line.body for line in lines[first:] if line.body][: attribution.LINES_MAX]
    if title is Banner.ORIGINAL or attribution.starts_quote(bodies):
        return Part.INTRO
    return Part.INTRO if header_block.end_of(lines, first) is not None else None
