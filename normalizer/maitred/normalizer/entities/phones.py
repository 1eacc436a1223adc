"""Telephone numbers, in E.164."""


# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import re
from typing import Final

import phonenumbers

from maitred.contracts.message import Entity, EntityKind
from maitred.normalizer.entities.label_words import NOUNS, OTHER, PHONE
from maitred.normalizer.entities.labels import label
from maitred.normalizer.entities.sought import Sought
from maitred.normalizer.entities.words import fold

PHONE_CANDIDATES_MAX: Final = 32

# Up to 17 digits (E.164 has 15, and a prefix to dial abroad) in groups, as ITU-T E.123 and people
# write them.
_PHONE: Final = re.compile(
    r"[0-9](?:[ ()./–\u2010\u2011-]{0,3}[0-9]){6,16}+(?![0-9A-Za-z_]|[.,:/-][0-9])"
)
_OPENING: Final = re.compile(r"(?:\+ ?\(?|\()\Z")
_INSIDE: Final = re.compile(r"\w")
_ABROAD: Final = re.compile(r"00 ?(?=[1-9])")
_MARKED: Final = re.compile(r"0|\([0-9]{1,5}\)")
"""A zero to dial inside the country, or an area code in brackets."""
_GROUP: Final = re.compile("[0-9]+")
_WORD: Final = re.compile(r"[^\W\d_]{2,20}")
_NEAR: Final = 40
_TRUNK: Final = "1"
"""What North Americans dial, and write, before a number (others write a zero)."""
_GROUP_DIGITS: Final = range(2, 5)
_GROUPS_BY_CHANCE: Final = 2


def find_phones(sought: Sought) -> None:
    """Note the telephone numbers of a text.

    National ones are read with the tenant's regions, in their order. Digits that nothing marks
    as a number to call (no plus, no leading zero, no word for it, and not grouped as the
    country's numbers are) are left alone: they are more likely to be something else.
    """
    done = tried = 0
    for start, _ in sought.free_runs():
        if start < done:
            continue
        match = _PHONE.match(sought.text, start)
        if match is None:
            continue
        opening = _OPENING.search(sought.text, max(0, start - 3), start)
        first = opening.start() if opening else start
        if not sought.free(first, match.end()) or _INSIDE.match(
            sought.text, max(0, first - 1), first
        ):
            continue
        if tried == PHONE_CANDIDATES_MAX:
            return
        tried += 1
        number = _number(sought, first, sought.text[first : match.end()])
        if number is not None:
            done = match.end()
            value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            sought.add(first, done, Entity(kind=EntityKind.PHONE, value=value))


def _number(sought: Sought, start: int, written: str) -> phonenumbers.PhoneNumber | None:
    said = label(sought, start)
    if said and said.sort not in {"", PHONE} and (said.numbered or said.sort == OTHER):
        return None
    abroad = _ABROAD.sub("+", written, count=1) if written.startswith("00") else written
    if abroad.startswith("+"):
        return _valid(abroad, None)
    called = (said is not None and said.sort == PHONE) or _is_called(sought.text, start, written)
    for region in sought.habits.regions:
        number = _valid(written, region)
        if number and (called or _MARKED.match(written) or _is_grouped(number, written)):
            return number
    return None


def _valid(written: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _is_called(text: str, start: int, written: str) -> bool:
    """Tell whether a word close by says that this is a number to call."""
    near = text[max(0, start - _NEAR) : start], text[start + len(written) :][:_NEAR]
    return any(NOUNS.get(fold(word)) == PHONE for part in near for word in _WORD.findall(part))


def _is_grouped(number: phonenumbers.PhoneNumber, written: str) -> bool:
    """Tell whether the digits stand in groups as the country has them, or as a mobile phone's."""
    groups = _GROUP.findall(written)
    if len(groups) <= 1:
        return False
    if phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE and all(
        len(group) in _GROUP_DIGITS for group in groups
    ):
        return len(groups) > _GROUPS_BY_CHANCE
    usual = _GROUP.findall(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    )[1:]
    return groups == usual or (groups[0] == _TRUNK and groups[1:] == usual)
