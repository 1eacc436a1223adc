"""Dates in digits, and what both ways of writing one have in common.

A day that is only said in relation to another one (`tomorrow`, `am Freitag`) is not told: whose
midnight counts is not known.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final

from maitred.contracts.message import Entity, EntityKind
from maitred.normalizer.entities.sought import Habits, Sought
from maitred.normalizer.entities.words import listed

YEARS: Final = range(1900, 2101)
SURE_DAYS: Final = 120
"""A day without a year is the one next to the message, if it is so near; else it is not told."""
_YEAR_DIGITS: Final = 4
_DAY_DIGITS: Final = 2
_CENTURY_TURN: Final = 70
"""Two digits of a year below are of this century."""
_MONTHS: Final = 12
_THAI_YEARS: Final = range(2443, 2644)
_THAI_AHEAD: Final = 543
_REIWA_AHEAD: Final = 2018
"""The Japanese era since 2019."""

# Month before day: the United States and where their ways are followed (CLDR 48, short formats).
_MONTH_FIRST: Final = listed("US PH PR GU VI AS MP UM BZ FM MH PW")
_DAY_FIRST_ENGLISH: Final = listed("GB IE AU NZ IN PK ZA SG MY NG KE GH MT CY JM TT")

_YEAR_FIRST: Final = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})-|/([0-9]{1,2})/|\.([0-9]{2})\.|\. ([0-9]{1,2})\. )([0-9]{1,2})"
    r"(?![0-9]|[-/.][0-9])"
)
_YEAR_LAST: Final = re.compile(
    r"([0-9]{1,2})([-/.]) ?([0-9]{1,2})\2 ?([0-9]{4}|[0-9]{2})(?![0-9]|[-/.][0-9])"
)
_EASTERN: Final = re.compile(
    r"([0-9]{4}|[0-9]{1,2}(?=年))[年년] ?([0-9]{1,2})[月월] ?([0-9]{1,2})[日号號일]"
)
_EASTERN_DAY: Final = re.compile(r"([0-9]{1,2})[月월] ?([0-9]{1,2})[日号號일]")
_EASTERN_MARKS: Final = "年년月월"
_MARKS: Final = "-/."
# `am 12.03.` without a year: two points alone are a number of a section or a version.
_DOTTED_DAY: Final = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\.(?![0-9])")
_BEFORE_DOTTED: Final = re.compile(
    r"\b(?:am|vom|bis|seit|ab|zum|dem|der|den|dne|do|od|dnia|dana) \Z", re.IGNORECASE
)


class Calendar:
    """How one text is likely to write its dates, and when it was written."""

    def __init__(self, sought: Sought) -> None:
        self._text = sought.text
        self._habits = sought.habits

    @cached_property
    def order(self) -> str:
        """`dmy` or `mdy`, or nothing where three numbers may be either."""
        said = {
            "dmy" if int(match[1]) > _MONTHS else "mdy"
            for match in _YEAR_LAST.finditer(self._text)
            if match[2] == "/" and (int(match[1]) > _MONTHS) != (int(match[3]) > _MONTHS)
        }
        return said.pop() if len(said) == 1 else _order(self._habits)

    def nearest(self, month: int, day: int) -> date | None:
        """Return the day of this name that is next to the message, if it is surely meant."""
        if self._habits.at is None:
            return None
        try:
            today = datetime.fromtimestamp(self._habits.at / 1_000, UTC).date()
        except (ValueError, OverflowError, OSError):
            return None
        days = (on(today.year + ahead, month, day) for ahead in (-1, 0, 1))
        return next((each for each in days if each and _near(each, today)), None)


def _near(one: date, other: date) -> bool:
    return abs(one - other) <= timedelta(days=SURE_DAYS)


def _order(habits: Habits) -> str:
    if habits.language and habits.language != "en":
        return "dmy"
    if habits.region in _MONTH_FIRST:
        return "mdy"
    if habits.language:
        return "dmy" if habits.region in _DAY_FIRST_ENGLISH else ""
    # Canada writes all three ways.
    return "dmy" if habits.region not in {"", "CA"} else ""


def on(year: int, month: int, day: int) -> date | None:
    """Return a day of the calendar, if there is it; Buddhist years are counted as ours."""
    year -= _THAI_AHEAD if year in _THAI_YEARS else 0
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def full_year(digits: str) -> int:
    """Return the year that two or four digits say."""
    year = int(digits)
    if len(digits) == _YEAR_DIGITS:
        return year
    return year + (2_000 if year < _CENTURY_TURN else 1_900)


def note(sought: Sought, start: int, end: int, day: date | None) -> bool:
    """Take what looks like a date, and note it if it is one."""
    if not sought.free(start, end):
        return False
    if day is None:
        sought.take(start, end)
    else:
        sought.add(start, end, Entity(kind=EntityKind.DATE, value=day.isoformat()))
    return True


def read_digits(sought: Sought, start: int, end: int, calendar: Calendar) -> bool:
    """Note the date in digits that starts at a run, and tell whether there was one."""
    text = sought.text
    mark = text[end : end + 1]
    if mark in _EASTERN_MARKS:
        return bool(mark) and _read_eastern(sought, start, end, calendar)
    if mark not in _MARKS:
        return False
    before = text[max(0, start - 2) : start]
    if before[-1:].isalnum() or (before[-1:] in {".", "/", "-"} and before[:1].isalnum()):
        return False
    if end - start == _YEAR_DIGITS:
        match = _YEAR_FIRST.match(text, start)
        if match is None:
            return False
        month = next(int(each) for each in match.group(2, 3, 4, 5) if each)
        return note(sought, start, match.end(), on(int(match[1]), month, int(match[6])))
    if end - start > _DAY_DIGITS:
        return False
    if match := _YEAR_LAST.match(text, start):
        return _year_last(sought, match, calendar)
    match = _DOTTED_DAY.match(text, start)
    if match and _BEFORE_DOTTED.search(text, max(0, start - 6), start):
        return note(sought, start, match.end(), calendar.nearest(int(match[2]), int(match[1])))
    return False


def _read_eastern(sought: Sought, start: int, end: int, calendar: Calendar) -> bool:
    if match := _EASTERN.match(sought.text, start):
        year = int(match[1])
        if end - start < _YEAR_DIGITS:
            year += _REIWA_AHEAD if sought.text.endswith("令和", 0, start) else 2_000
        return note(sought, start, match.end(), on(year, int(match[2]), int(match[3])))
    if match := _EASTERN_DAY.match(sought.text, start):
        day = calendar.nearest(int(match[1]), int(match[2]))
        return note(sought, start, match.end(), day)
    return False


def _year_last(sought: Sought, match: re.Match[str], calendar: Calendar) -> bool:
    first, mark, second, digits = match.groups()
    if len(digits) == _DAY_DIGITS and (
        mark == "-" or (mark == "." and (len(first) < _DAY_DIGITS or len(second) < _DAY_DIGITS))
    ):
        return False
    year = full_year(digits)
    day_first = on(year, int(second), int(first))
    month_first = on(year, int(first), int(second)) if mark != "." else None
    both = day_first and month_first and day_first != month_first
    order = calendar.order if both else ""
    day = {"dmy": day_first, "mdy": month_first}.get(order) if both else day_first or month_first
    return note(sought, *match.span(), day)
