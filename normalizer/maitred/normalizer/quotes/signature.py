"""Signature: what stands below the words of a mail because it stands below every mail.

Conservative: words become a signature when a delimiter, a mail program's own line, a contact
block or a legal notice says so. A name below a closing is still the sender's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from maitred.normalizer.quotes.folding import fold, words_of
from maitred.normalizer.quotes.lines import Line
from maitred.normalizer.quotes.mobile import is_mobile
from maitred.normalizer.quotes.signature_words import (
    CLOSINGS,
    CONFIDENTIAL,
    DUTY,
    FOOTERS,
    HEADINGS,
    POSITIONS,
)

SIGNATURE_LINES_MAX: Final = 20
"""How many lines may stand below a delimiter that lost its blank, unless a notice is there."""
TAIL_LINES_MAX: Final = 40
"""Among how many lines at the end a signature is looked for."""
BLOCK_LINES_MAX: Final = 10
CONTACT_CHARACTERS_MAX: Final = 80
CLOSING_CHARACTERS_MAX: Final = 40
NAME_WORDS_MAX: Final = 3
SHORT_WORDS_MAX: Final = 5
PROSE_WORDS_MIN: Final = 8
PROSE_LINES_MIN: Final = 3
NOTICE_WORDS_MIN: Final = 10
NOTICE_CHARACTERS_MIN: Final = 16
EVIDENCE_MIN: Final = 2


_CLOSINGS: Final = words_of(*CLOSINGS.values())
_AROUND_CLOSING: Final = " ,.!-*_\uff0c\u3002"
_POSITIONS: Final = words_of(POSITIONS)
_CONFIDENTIAL: Final = tuple(sorted(words_of(CONFIDENTIAL)))
_DUTY: Final = tuple(sorted(words_of(DUTY)))
_FOOTERS: Final = tuple(sorted(words_of(FOOTERS)))
_HEADINGS: Final = words_of(HEADINGS)
# RFC 3676, section 4.3: "-- "; programs that strip blanks at line ends leave "--".
_DASHES: Final = re.compile(r"--$|[\u2013\u2014]$")
_RULE_STARTS: Final = frozenset("-_=*~#+.\u2010\u2011\u2012\u2013\u2014\u2015\u2500")
_RULE: Final = re.compile(r"[-_=*~#+.\u2010-\u2015\u2500\s]{2,}$")
_TRACE: Final = re.compile(
    r"(?:\u1427|\[image: [^\]]{0,120}\]|\[cid:[^\]]{0,120}\]|<image\d{0,6}\.\w{3,4}>|[*_~\s]"
    r"|!\[[^\]]{0,120}\]\([^()\s]{0,800}\))+$"
)
_PHONE: Final = re.compile(r"(?:\+|\b)\(?\d(?:[ ()./\u2011-]{0,3}\d){6,14}(?!\w)")
_LINK: Final = re.compile(r"https?://|\bwww\.|\b[\w-]{2,40}\.(?:com|net|org|de|fr|co\.uk|io|eu)\b")
_ADDRESS: Final = re.compile(r"[^\s@]@[^\s@]{1,120}\.[^\s@]")
_LABEL: Final = re.compile(
    r"(?:t|tel|telefon|tél|phone|m|mob|mobile?|cell|fax|f|e|e-?mail|web|w|skype|direct)\b ?[.:]",
    re.IGNORECASE,
)
_NUMBERED: Final = re.compile(r"#\d|\d[#№]|№|order|bestell|commande|pedido|ordine|zamówien|заказ")
_COMPANY: Final = re.compile(
    r"\b(?:ltd|limited|gmbh|inc|llc|llp|plc|corp|pty|b\.?v|n\.?v|ag|kg|ug|se|sarl|sas|s\.?a|s\.?l"
    r"|s\.?r\.?l|s\.?p\.?a|s\.?r\.?o|sp\. z o\.? ?o|a\.?s|a/s|aps|ab|asa?|oyj?|kft|zrt|d\.?o\.?o"
    r"|ltda)\.?$",
    re.IGNORECASE,
)
"""The legal form at the end of a company's name."""
_WORD: Final = re.compile(r"[\w\"'.-]+")


def start_of(lines: Sequence[Line], start: int, end: int) -> int:
    """Return the number of the line on which the signature of these lines starts, `end` if none.

    The lines are the sender's, up to the end of the mail or to what he quotes.
    """
    delimiter = _delimiter(lines, start, end)
    if delimiter is not None:
        return _with_traces(lines, start, delimiter)
    end = _without_notices(lines, start, end)
    closing = _closing(lines, start, end)
    return end if closing is None else closing


def _delimiter(lines: Sequence[Line], start: int, end: int) -> int | None:
    """Return the number of the first line that delimits a signature.

    The true one does so anywhere, its like only when few lines stand below.
    """
    strict = (
        n for n in range(start, end) if lines[n].text.startswith("-- ") and lines[n].body == "--"
    )
    first = next(strict, None)
    tail = _last_words(lines, start, end if first is None else first)
    for position, number in enumerate(tail):
        body = lines[number].body
        if body[:1] not in _RULE_STARTS:
            continue
        below = [lines[each] for each in tail[position + 1 :]]
        if _DASHES.match(body):
            if not _is_prose(below):
                return number
        elif _RULE.match(body):
            is_underline = number > start and bool(lines[number - 1].body)
            if _is_signature(below, body[0], is_underline=is_underline):
                return number
    return first


def _last_words(lines: Sequence[Line], start: int, end: int) -> list[int]:
    """Return the numbers of the last lines that are not blank, at most `TAIL_LINES_MAX`."""
    numbers = (n for n in range(end - 1, start - 1, -1) if not lines[n].is_blank)
    return list(islice(numbers, TAIL_LINES_MAX))[::-1]


def _is_prose(below: Sequence[Line]) -> bool:
    """Whether the lines below are a text, which a signature is not, but for its legal notice."""
    if len(below) > SIGNATURE_LINES_MAX or any(line.body.endswith("?") for line in below):
        return not _is_notice(below)
    long = sum(len(line.body.split()) >= PROSE_WORDS_MIN for line in below)
    return long >= PROSE_LINES_MIN and not _is_notice(below)


def _is_signature(below: Sequence[Line], rule: str, *, is_underline: bool) -> bool:
    """Whether the lines below a rule are a signature, not the next section of a text.

    `is_underline` tells that the rule stands right below words, as under a heading.
    """
    words = [line for line in below if not _RULE.match(line.body)]
    if not words:
        return True
    if len(words) > BLOCK_LINES_MAX:
        return _is_notice(words)
    if len(words) == 1 and len(words[0].body) <= CLOSING_CHARACTERS_MAX:
        return rule == "_" or _is_name(words[0].body)
    if _is_closing(words[0].body) or _is_notice(words):
        return True
    evidence = _evidence(words)
    if rule == "_" and all(len(line.body.split()) <= SHORT_WORDS_MAX for line in words):
        evidence += any(is_mobile(line.body) for line in words) * EVIDENCE_MIN
    return (rule == "_" or not is_underline) and evidence >= EVIDENCE_MIN


def _with_traces(lines: Sequence[Line], start: int, number: int) -> int:
    """Return where a signature starts when nothing of the sender's stands right above it."""
    while number > start and _is_trace(lines[number - 1]):
        number -= 1
    return number


def _without_notices(lines: Sequence[Line], start: int, end: int) -> int:
    """Return where the legal notices, footers and traces at the end start."""
    number = end
    while number > start:
        while number > start and _is_trace(lines[number - 1]):
            number -= 1
        first = number
        while first > start and not lines[first - 1].is_blank and number - first < BLOCK_LINES_MAX:
            first -= 1
        paragraph = lines[first:number]
        if not paragraph or not (_is_notice(paragraph) or _is_heading(paragraph)):
            break
        number = first
    return number


def _closing(lines: Sequence[Line], start: int, end: int) -> int | None:
    """Return where a closing starts that a contact block stands below."""
    below: list[Line] = []
    for number in range(end - 1, start - 1, -1):
        line = lines[number]
        if line.is_blank:
            continue
        if _is_closing(line.body):
            return number if _is_contact(below) else None
        below.append(line)
        if len(below) > BLOCK_LINES_MAX or not 0 < len(line.body) <= CONTACT_CHARACTERS_MAX:
            return None
    return None


def _is_contact(below: Sequence[Line]) -> bool:
    """Whether a name is not all that stands below a closing, and no word of the matter does."""
    if any("?" in line.body for line in below) or _numbered(below):
        return False
    titled = any(_is_position(line.body) for line in below)
    return len(below) > 1 and (titled or _evidence(below) >= EVIDENCE_MIN)


def _numbered(below: Sequence[Line]) -> bool:
    """Whether a word or number of the matter stands there: an order, a customer's number."""
    return any(_NUMBERED.search(line.body.casefold()) for line in below)


def _evidence(below: Sequence[Line]) -> int:
    """Return how many of the lines only a signature has."""
    return sum(
        _is_position(line.body)
        or any(pattern.search(line.body) for pattern in (_PHONE, _LINK, _ADDRESS, _COMPANY))
        or _LABEL.match(line.body) is not None
        for line in below
        if len(line.body) <= CONTACT_CHARACTERS_MAX
    )


def _is_position(body: str) -> bool:
    words = _WORD.findall(body.casefold())
    return 0 < len(words) <= BLOCK_LINES_MAX and not _POSITIONS.isdisjoint(words)


def _is_closing(body: str) -> bool:
    if len(body) > CLOSING_CHARACTERS_MAX:
        return False
    return any(fold(part.strip(_AROUND_CLOSING)) in _CLOSINGS for part in body.split("/"))


def _is_name(body: str) -> bool:
    words = body.split()
    return len(words) <= NAME_WORDS_MAX and all(word[0].isupper() for word in words)


def _is_notice(paragraph: Sequence[Line]) -> bool:
    """Whether it is a legal notice, or the footer of a scanner or a list."""
    words = fold(" ".join([line.body for line in paragraph]))
    if len(words) < NOTICE_CHARACTERS_MIN:
        return False
    if any(part in words for part in _FOOTERS):
        return True
    if words.isascii() and len(words.split()) < NOTICE_WORDS_MIN:
        return False
    return any(part in words for part in _CONFIDENTIAL) and any(part in words for part in _DUTY)


def _is_heading(paragraph: Sequence[Line]) -> bool:
    return len(paragraph) == 1 and fold(paragraph[0].body.strip(" *:_-")) in _HEADINGS


def _is_trace(line: Line) -> bool:
    """Whether nothing is to be read on the line, or only what a program left there."""
    body = line.body
    if line.is_blank:
        return True
    return bool(body) and (
        _TRACE.match(body) is not None or _RULE.match(body) is not None or is_mobile(body)
    )
