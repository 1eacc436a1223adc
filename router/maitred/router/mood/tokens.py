"""Tokens: a message as words, marks and signs, with negation, loudness and stretched letters.

What is typed in many ways is brought to one form, so that few examples teach much: `@name`,
addresses of pages and numbers become one token each, `soooo` and `sooo` become `soo`, `#NotHappy`
becomes `not happy`. Negation marks the words after it up to the end of the clause, as in Pang,
Lee and Vaithyanathan (2002).
"""

from __future__ import annotations

import html
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

HEAD_CHARACTERS_MAX: Final = 3_000
TAIL_CHARACTERS_MAX: Final = 1_000
"""Of a longer text its beginning and its end are read."""
WORD_CHARACTERS_MAX: Final = 40
"""Of a longer word only the beginning is read."""
NEGATED_WITHIN: Final = 4
"""So many words after a negation are turned by it, unless the clause ends before."""
ALL_LOUD: Final = 5
"""What `Tokens.loud` is at most, and when most words are in capitals."""

PERSON: Final = "<person>"
PAGE: Final = "<page>"
NUMBER: Final = "<number>"
DOTS: Final = "..."

_TOKEN: Final = re.compile(
    r"(?:https?://|www\.)\S++|@\w++|#\w++"
    r"|</?3|>?[:;=]['\u2019]?-?[)(DPpOo/\\@|*\]\[](?!\w)|\(-?[:;]|\)-?[:;]|\^_?\^|-_-"
    r"|\w++(?:['\u2019]\w++)*+|[!?]++|\.\.++|\u2026"
    r"|[.,;:\n]|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
_GLUED: Final = re.compile(r"(?<=\w)(https?://)")
"""The beginning of a page that a word runs into: `newshttps://` is a word and a page, no face."""
_STRETCHED: Final = re.compile(r"([^\W\d])\1\1++")
_HUMPS: Final = re.compile(r"[A-Z]?[a-z]++|[A-Z]++(?![a-z])|\d++")
_PAGES: Final = ("http://", "https://", "www.")
_PAGE_WORDS: Final = frozenset({"http", "https"})
_UNIMPRESSED: Final = "-_-"
_CLAUSE_ENDS: Final = frozenset((*".,;:!?\n", "!!", "??", "!?!?", DOTS))
_SAME: Final = str.maketrans(
    {"\u2019": None, "'": None, "-": None, "_": None, "p": "P", "o": "O", "=": ":"}
)


@dataclass(slots=True)
class Tokens:
    """A text taken apart; the lists run in parallel, one entry a token."""

    forms: list[str] = field(default_factory=list)
    """One form for all ways of typing it, in lower case."""
    written: list[str] = field(default_factory=list)
    """As the customer wrote it."""
    negated: list[bool] = field(default_factory=list)
    loud: int = 0
    """Words in capitals, up to four; `ALL_LOUD` where most words are."""
    stretched: int = 0
    """Words with a letter three times in a row or more."""


def bounded(text: str) -> str:
    """Return what is read of a text: all of it, or its beginning and its end."""
    if len(text) <= HEAD_CHARACTERS_MAX + TAIL_CHARACTERS_MAX:
        return text
    return f"{text[:HEAD_CHARACTERS_MAX]}\n{text[-TAIL_CHARACTERS_MAX:]}"


def tokens_of(text: str, negations: AbstractSet[str]) -> Tokens:
    """Return the tokens of what is read of a text; `negations` turn the words after them."""
    text = _unescaped(bounded(text))
    tokens = Tokens()
    forms, written, negated = tokens.forms, tokens.written, tokens.negated
    words = capitals = until = 0
    squeezed = _STRETCHED.search(text.lower()) is not None
    for token in _TOKEN.findall(text):
        first = token[0]
        if (first.isalnum() or first == "_") and not token.startswith(_PAGES):
            words += 1
            capitals += len(token) > 1 and token.isupper()
            pieces = [token[:WORD_CHARACTERS_MAX]]
        elif first == "#" and len(token) > 1:
            pieces = _pieces(token[1 : WORD_CHARACTERS_MAX + 1])
        else:
            form = _sign(token, first)
            forms.append(form)
            written.append(token[:WORD_CHARACTERS_MAX])
            negated.append(False)
            if form in _CLAUSE_ENDS:
                until = 0
            continue
        for piece in pieces:
            form = _word(piece)
            if squeezed and form is not NUMBER:
                long, form = form, _STRETCHED.sub(r"\1\1", form)
                tokens.stretched += len(form) < len(long)
            forms.append(form)
            written.append(piece)
            negated.append(until > 0)
            until -= until > 0
            if form in negations:
                until = NEGATED_WITHIN
    if capitals:
        tokens.loud = ALL_LOUD if capitals * 2 > words > 2 else min(capitals, ALL_LOUD - 1)  # noqa: PLR2004  (of one or two words none is most)
    return tokens


def _unescaped(text: str) -> str:
    """Return a text without the escapes of HTML, and with a space before each page."""
    if "&" in text:
        text = html.unescape(text)
    return _GLUED.sub(r" \1", text) if "://" in text else text


def _pieces(tag: str) -> list[str]:
    """Return the words of a tag: `NotHappy` is two."""
    found = _HUMPS.findall(tag) if tag.isascii() and not tag.islower() else []
    return found or [tag]


def _word(piece: str) -> str:
    form = piece.lower()
    if form in _PAGE_WORDS:
        return PAGE
    if form.isalpha():
        return form
    if form[0].isdigit() and form[-1].isdigit():
        return NUMBER
    plain = form.replace("\u2019", "'")
    if plain.isascii() and plain.replace("'", "").isalpha():
        return plain
    return "".join("0" if letter.isdigit() else letter for letter in plain)


def _sign(token: str, first: str) -> str:
    """Return one form for a page, a person, marks of emotion, a face or an emoji."""
    if len(token) == 1:
        return DOTS if first == "\u2026" else token
    if first == "@":
        return PERSON
    if first in "hw":
        return PAGE
    if first in "!?":
        kind = "!?" if "!" in token and "?" in token else first
        return kind + kind
    if first == ".":
        return DOTS
    return token if token == _UNIMPRESSED else token.translate(_SAME)
