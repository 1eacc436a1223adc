"""Order, ticket, invoice, return and booking numbers, as customers write them anywhere."""

# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import re
import string
from typing import Final

from maitred.contracts.message import Entity, EntityKind
from maitred.normalizer.entities.label_words import (
    BOOKING,
    INVOICE,
    ORDER,
    OTHER,
    RETURN,
    TICKET,
    TRACKING,
)
from maitred.normalizer.entities.labels import Label, label
from maitred.normalizer.entities.sought import Sought
from maitred.normalizer.entities.words import listed

_SORTS: Final = frozenset({ORDER, TICKET, INVOICE, RETURN, BOOKING})
_TOKEN: Final = re.compile(r"[0-9A-Za-z]{1,24}+(?:(?:[-/_]|\.(?=[0-9]))[0-9A-Za-z]{1,24}+){0,6}")
_JOINTS: Final = "-/_"
_PARTS: Final = string.ascii_letters + string.digits + _JOINTS
_BEHIND: Final = _PARTS + "."
_PREFIX_CHARACTERS: Final = 24
_HASHED: Final = re.compile(r"(?:[A-Z]{1,4}-)?[0-9]{4,20}(?:-[0-9A-Z]{1,12}){0,3}\Z")
_SHAPED: Final = re.compile(
    r"[A-Z]{1,4}-(?:[0-9]{4,20}(?:-[0-9A-Z]{1,12}){0,3}|[0-9]{2,12}(?:-[0-9]{2,12}){1,3})\Z"
)
_AMAZON: Final = re.compile(r"[0-9]{3}-[0-9]{7}-[0-9]{7}\Z")
"""Amazon's order numbers, told without a word before."""
_STANDARDS: Final = listed(
    "ISO DIN EN IEC RFC CVE UTF GMT UTC SHA RTX GTX RX ISBN MIL CP EC UN US COVID SARS HTTP IP"
)
"""What else is named by letters, a hyphen and digits."""
_MEASURE: Final = re.compile(r"[0-9]+[a-z]{1,4}\Z")
"""`100ml`, `2nd`, `1080p`."""
_YEAR: Final = re.compile(r"(?:1[6-9]|20)[0-9]{2}(?:-(?:1[6-9]|20)?[0-9]{2})?\Z")
"""A year, or from one to another."""
_COUNTED: Final = re.compile(
    r" (?:pieces|pcs|units|items|x|times|stück|stk|st|people|persons|pairs|boxes|copies|of|more"
    r"|euros?|dollars?|days?|hours?|minutes?|weeks?|months?|years?|percent)\b|%|[ ]?[x×]",
    re.IGNORECASE,
)
_DIGITS_MIN: Final = 3
_UNNUMBERED_DIGITS_MIN: Final = 4
_CODE_CHARACTERS_MIN: Final = 5
_CHARACTERS_MAX: Final = 40


def find_orders(sought: Sought) -> None:
    """Note order and ticket numbers, in capitals without the hash; what they are is the label."""
    done = 0
    text = sought.text
    for start, end in sought.free_runs():
        if start < done or (end - start < _DIGITS_MIN and _stands_alone(text, start, end)):
            continue
        token_start, token = _token(text, start)
        done = token_start + len(token)
        if not sought.free(token_start, done) or len(token) > _CHARACTERS_MAX:
            continue
        if len(token) < _DIGITS_MIN and "#" not in text[max(0, token_start - 2) : start]:
            continue
        said = label(sought, token_start)
        if _is_number(text, token_start, token, said):
            sort = said.sort if said and said.sort in _SORTS else ORDER
            entity = Entity(kind=EntityKind.ORDER, value=token.upper(), label=sort)
            sought.add(token_start, done, entity)
        elif said and said.sort in {OTHER, TRACKING} and said.numbered:
            # Said to be something else, so it is no telephone number either.
            sought.take(token_start, done)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether digits are all of a word, and no hash says that they are a number."""
    before, behind = text[max(0, start - 2) : start], text[end : end + 1]
    return "#" not in before and before[-1:] not in _PARTS and behind not in _BEHIND


def _token(text: str, start: int) -> tuple[int, str]:
    """Return the word that these digits are a part of (`AB-1234-56`), and where it starts."""
    before = text[max(0, start - _PREFIX_CHARACTERS) : start]
    prefix = before[len(before.rstrip(_PARTS)) :].lstrip(_JOINTS)
    match = _TOKEN.match(text, start - len(prefix))
    return start - len(prefix), match[0] if match else ""


def _is_number(text: str, start: int, token: str, said: Label | None) -> bool:
    if said and said.sort:
        if said.sort not in _SORTS:
            return not said.numbered and _is_shaped(text, start, token)
        return _is_labelled(text, start, token, said) or _is_shaped(text, start, token)
    return _is_hashed(text, start, token) or _is_shaped(text, start, token)


def _is_labelled(text: str, start: int, token: str, said: Label) -> bool:
    """Tell whether a word that is called a number can be one."""
    digits = sum(each.isdigit() for each in token)
    if said.loose or _MEASURE.match(token):
        return False
    if said.hashed:
        return token.isdigit() or digits >= _DIGITS_MIN
    if said.numbered:
        is_code = len(token) >= _CODE_CHARACTERS_MIN and token.upper() == token
        return digits >= _DIGITS_MIN or is_code
    return not (
        (token[0].isdigit() and token.upper() != token)
        or digits < (_UNNUMBERED_DIGITS_MIN if token.isdigit() else _DIGITS_MIN)
        or _YEAR.match(token)
        or _COUNTED.match(text, start + len(token))
    )


def _is_hashed(text: str, start: int, token: str) -> bool:
    """Tell whether it is `#12345`, and no hashtag, entity of HTML or anchor of a page."""
    before = text[max(0, start - 2) : start]
    alone = before[-1:] == "#" and not (
        before[:-1].isalnum() or before[:-1] in {"&", "#", "/", "_"}
    )
    return alone and _HASHED.match(token) is not None


def _is_shaped(text: str, start: int, token: str) -> bool:
    """Tell whether its form alone says that it is a number: `A-12345`, `RE-2026-0012`."""
    if text[max(0, start - 1) : start] in {"-", "/", "_", "."}:
        return False
    if _SHAPED.match(token):
        return token.partition("-")[0] not in _STANDARDS
    return _AMAZON.match(token) is not None
