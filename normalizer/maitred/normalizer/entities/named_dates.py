"""Dates with the name of the month, in 40 languages."""


# ruff: noqa: RUF001  (letters of many scripts look alike, and each is meant)

from __future__ import annotations

import re
from typing import Final

from maitred.normalizer.entities.dates import Calendar, full_year, note, on, read_digits
from maitred.normalizer.entities.month_names import ABBREVIATIONS, AMBIGUOUS, COMMON, NAMES
from maitred.normalizer.entities.sought import Sought
from maitred.normalizer.entities.words import fold, listed

_NAME: Final = r"([^\W\d_][^\s0-9.,;:!?()/'’-]{1,15})"
_SUFFIX: Final = r"(?:(?:st|nd|rd|th|er|ère|º|ª|o|:?e|:te|-?го|-?е|\.) ?| )?"
_OF: Final = r"(?:(?:of|de|del|di|din|da) |d['’])?"
_DAY_FIRST: Final = re.compile(
    rf"([0-9]{{1,2}}){_SUFFIX}[-/]?{_OF}{_NAME}"
    r"(?:\.?(?: ?[-/,.]? ?|,? (?:de|del|of|din|van|พ\.ศ\.|ค\.ศ\.) )([0-9]{4})(?![0-9])"
    r"|\.?[-/ ]'([0-9]{2})(?![0-9])|\.?[-/]([0-9]{2})(?![0-9]))?",
    re.IGNORECASE,
)
_DAY_LAST: Final = re.compile(
    r"([0-9]{1,2})(?:(?P<ordinal>st|nd|rd|th)\b)?\.?"
    r"(?:,? ([0-9]{4})(?![0-9])|(?P<end>(?=\Z|[\n,.;:!?)])))?",
    re.IGNORECASE,
)
_YEAR_FIRST: Final = re.compile(
    rf"([0-9]{{4}})(?:\. gada ([0-9]{{1,2}})\. {_NAME}"
    rf"|\.?(?:-| m\. | )?{_NAME}\.?[- ]([0-9]{{1,2}})(?![0-9]))",
    re.IGNORECASE,
)
_VIETNAMESE_MONTH: Final = "tháng"
_VIETNAMESE: Final = re.compile(
    rf"([0-9]{{1,2}}) {_VIETNAMESE_MONTH} ([0-9]{{1,2}})(?:,? năm ([0-9]{{4}}))?", re.IGNORECASE
)
_YEAR_DIGITS: Final = 4
_DAY_DIGITS: Final = 2
_BEFORE_CHARACTERS: Final = 24
_ENGLISH: Final = listed("jan feb mar apr jun jul aug sep sept oct nov dec")
"""Short names that stand before the day; no other language writes so."""
_HEBREW_IN: Final = "ב"


def find_dates(sought: Sought) -> None:
    """Note the dates of a text as ISO 8601 days; what looks like one and is none is taken."""
    calendar = Calendar(sought)
    is_vietnamese = _VIETNAMESE_MONTH in sought.text
    for start, end in sought.free_runs():
        if end - start > _YEAR_DIGITS or read_digits(sought, start, end, calendar):
            continue
        if end - start == _YEAR_DIGITS:
            _year_first(sought, start)
        elif end - start <= _DAY_DIGITS and not sought.text[max(0, start - 1) : start].isalnum():
            (
                _month_first(sought, start, calendar)
                or _day_first(sought, start, calendar)
                or (is_vietnamese and _vietnamese(sought, start, calendar))
            )


def _year_first(sought: Sought, start: int) -> None:
    """Note `2026. március 12.`, `2026 m. kovo 12 d.`, `2026. gada 12. marts`, `2026-Mar-12`."""
    match = _YEAR_FIRST.match(sought.text, start)
    month = _month(match[3] or match[4], sought, has_year=True) if match else 0
    if match and month:
        note(sought, *match.span(), on(int(match[1]), month, int(match[2] or match[5])))


def _day_first(sought: Sought, start: int, calendar: Calendar) -> bool:
    """Note `12 March 2026`, `12th of March`, `12. März`, `12 de marzo de 2026`, `12-Mar-26`."""
    match = _DAY_FIRST.match(sought.text, start)
    if match is None:
        return False
    digits = match[3] or match[4] or match[5]
    month = _month(match[2], sought, has_year=bool(digits))
    if not month:
        return False
    day = int(match[1])
    said = on(full_year(digits), month, day) if digits else calendar.nearest(month, day)
    return note(sought, *match.span(), said)


def _month_first(sought: Sought, start: int, calendar: Calendar) -> bool:
    """Note `March 12, 2026`, `March 12th`; without either, only where a clause ends behind it."""
    text = sought.text
    if text[max(0, start - 1) : start] != " ":
        return False
    before = text[max(0, start - _BEFORE_CHARACTERS) : start]
    words = before.removesuffix("the ").rstrip(" .").rsplit(maxsplit=1)
    name = words[-1].lstrip("(\"'") if words else ""
    month = _month(name, sought, has_year=True)
    match = _DAY_LAST.match(text, start) if month else None
    if match is None or (fold(name) in ABBREVIATIONS and fold(name) not in _ENGLISH):
        return False
    if match[3]:
        said = on(int(match[3]), month, int(match[1]))
    elif (match["ordinal"] or match["end"] is not None) and _month(name, sought, has_year=False):
        said = calendar.nearest(month, int(match[1]))
    else:
        return False
    return note(sought, start - len(before) + before.rindex(name), match.end(), said)


def _vietnamese(sought: Sought, start: int, calendar: Calendar) -> bool:
    """Note `12 tháng 3 năm 2026`, where months have numbers."""
    match = _VIETNAMESE.match(sought.text, start)
    if match is None:
        return False
    day, month = int(match[1]), int(match[2])
    said = on(int(match[3]), month, day) if match[3] else calendar.nearest(month, day)
    return note(sought, *match.span(), said)


def _month(word: str, sought: Sought, *, has_year: bool) -> int:
    """Return the month of a name, 0 if it is none or, without a year, may be another word."""
    name = fold(word)
    if name in AMBIGUOUS:
        return AMBIGUOUS[name].get(sought.habits.language, 0)
    month = NAMES.get(name) or NAMES.get(name.removeprefix(_HEBREW_IN), 0)
    if has_year:
        return month or ABBREVIATIONS.get(name, 0)
    return 0 if name in COMMON and word.islower() else month
