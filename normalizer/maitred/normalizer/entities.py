"""Entities: what a text names that somebody or something can look up.

Every pattern is linear: no nested repetition, and every repetition has an upper bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

import phonenumbers

from maitred.contracts.limits import ENTITIES_MAX
from maitred.contracts.message import Entity, EntityKind

CHARACTERS_MAX: Final = 16_000
"""Only the start of a text is searched."""
PHONE_CANDIDATES_MAX: Final = 32
LINK_CHARACTERS_MAX: Final = 512

_LINK: Final = re.compile(r"\bhttps?://[^\s<>\"'`|\\^{}]{1,2000}", re.IGNORECASE)
_EMAIL: Final = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_]{2,24}(?![\w-])"
)
_DATE: Final = re.compile(r"(?<![\d-])(\d{4})-(\d{2})-(\d{2})(?![\d-])")
_NUMBER: Final = r"\d{1,12}(?:[.,'\u00a0 ]\d{3}){0,4}(?:[.,]\d{1,2})?"
_SYMBOLS: Final = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₺": "TRY"}
_CODES: Final = "EUR|USD|GBP|CHF|JPY|INR|AUD|CAD|SEK|NOK|DKK|PLN|CZK|TRY|BRL|MXN|CNY"
_AMOUNT: Final = re.compile(
    rf"(?:(?P<before>[€$£¥₹₺]|\b(?:{_CODES}))[ \u00a0]?(?P<first>{_NUMBER})(?![\d.,]*\d)"
    rf"|(?<![\w.,])(?P<second>{_NUMBER})[ \u00a0]?(?P<after>[€$£¥₹₺]|(?:{_CODES})\b))"
)
_ORDER_NUMBER: Final = r"[A-Z]{0,4}-?\d[\dA-Z]{0,19}(?:-[\dA-Z]{1,19}){0,3}"
_ORDER_NAMED: Final = re.compile(
    r"\b(?:order|ticket|invoice|case|bestellung|auftrag|rechnung|commande|facture|pedido|factura"
    r"|ordine|fattura)[ \t]{0,3}(?:number|nummer|num[eé]ro|n[uú]mero|no\.?|nr\.?|n°|id)?"
    rf"[ \t]{{0,3}}[:#]?[ \t]{{0,3}}#?(?P<number>{_ORDER_NUMBER})(?![\w-])",
    re.IGNORECASE,
)
_ORDER_HASH: Final = re.compile(r"(?<![\w&#/])#(?P<number>[A-Z]{0,4}-?\d{3,20})(?![\w-])")
_ORDER_SHAPED: Final = re.compile(r"(?<![\w-])(?P<number>[A-Z]{1,4}-\d{4,20})(?![\w-])")
_ORDER_DIGITS_MIN: Final = 3
_PHONE: Final = re.compile(r"(?<![\w+])\+?\(?\d(?:[ ()./\-\u00a0]{0,3}\d){6,17}(?!\w)")


class _Finder:
    """The text, with a mark on each character that is named already."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._taken = bytearray(len(text))

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Yield matches that touch nothing that is taken, and take them."""
        for match in pattern.finditer(self.text):
            start, end = match.span()
            if 1 not in self._taken[start:end]:
                self._taken[start:end] = b"\1" * (end - start)
                yield match


def find(text: str, region: str | None = None) -> tuple[Entity, ...]:
    """Return what `text` names, each once, at most `ENTITIES_MAX`, in a fixed order of kinds.

    Links keep their spelling, mail addresses are in lower case, amounts read `12.50 EUR`, phone
    numbers are in E.164 (national ones only with a `region`), dates are ISO 8601 days, and order
    numbers are in upper case without the hash.
    """
    finder = _Finder(text[:CHARACTERS_MAX])
    found: dict[Entity, None] = {}
    for entity in _all(finder, region):
        found[entity] = None
        if len(found) == ENTITIES_MAX:
            break
    return tuple(found)


def _all(finder: _Finder, region: str | None) -> Iterator[Entity]:
    for match in finder.matches(_LINK):
        yield Entity(kind=EntityKind.LINK, value=_trimmed_link(match[0]))
    for match in finder.matches(_EMAIL):
        yield Entity(kind=EntityKind.EMAIL, value=match[0].lower())
    yield from _dates(finder)
    for match in finder.matches(_AMOUNT):
        yield Entity(kind=EntityKind.AMOUNT, value=_amount(match))
    yield from _orders(finder)
    yield from _phones(finder, region)


def _trimmed_link(link: str) -> str:
    trimmed = link.rstrip(".,;:!?*_~")
    # A closing bracket belongs to the sentence unless the link opened it.
    while trimmed.endswith((")", "]")) and trimmed.count(")") + trimmed.count("]") > (
        trimmed.count("(") + trimmed.count("[")
    ):
        trimmed = trimmed[:-1].rstrip(".,;:!?")
    return trimmed[:LINK_CHARACTERS_MAX]


def _dates(finder: _Finder) -> Iterator[Entity]:
    for match in finder.matches(_DATE):
        try:
            day = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            continue
        yield Entity(kind=EntityKind.DATE, value=day.isoformat())


def _amount(match: re.Match[str]) -> str:
    symbol = match["before"] or match["after"]
    digits = re.sub(r"[\u00a0 ']", "", match["first"] or match["second"])
    whole, fraction = digits, ""
    position = max(digits.rfind("."), digits.rfind(","))
    # Three digits behind a mark are thousands, one or two are a fraction.
    if position >= 0 and len(digits) - position - 1 <= 2:  # noqa: PLR2004  (see above)
        whole, fraction = digits[:position], digits[position + 1 :]
    whole = re.sub(r"[.,]", "", whole)
    number = f"{int(whole)}.{fraction:0<2}" if fraction else str(int(whole))
    return f"{number} {_SYMBOLS.get(symbol, symbol)}"


def _orders(finder: _Finder) -> Iterator[Entity]:
    for pattern in (_ORDER_NAMED, _ORDER_HASH, _ORDER_SHAPED):
        for match in finder.matches(pattern):
            number = match["number"].upper()
            if sum(character.isdigit() for character in number) >= _ORDER_DIGITS_MIN:
                yield Entity(kind=EntityKind.ORDER, value=number)


def _phones(finder: _Finder, region: str | None) -> Iterator[Entity]:
    for tried, match in enumerate(finder.matches(_PHONE)):
        if tried == PHONE_CANDIDATES_MAX:
            return
        try:
            number = phonenumbers.parse(match[0], region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            yield Entity(kind=EntityKind.PHONE, value=value)
