"""Hours: when the house is open, and a clock that all but stands still while it is closed.

A local time that comes twice means the first of both, one that is skipped is read with the
offset before the gap (RFC 5545, section 3.3.5): a house that opens at 02:30 opens an hour later,
by the hands, in the night in which the clocks jump over 02:30.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, Protocol

from maitred.contracts.limits import SECOND_MS
from maitred.router.spans import DAY_MINUTES, DAYS, Span, date_of, span_of

if TYPE_CHECKING:
    from maitred.router.settings import Hours, Words

FIRST_YEAR: Final = 2020
LAST_YEAR: Final = 2099
"""Outside these years a house counts as open: the work is bounded, whatever time is asked for."""
CLOSED_DIVISOR: Final = 1_000
"""How much slower the clock of the house goes while it is closed."""


class Calendar(Protocol):
    """The business hours of one house; times are UTC milliseconds."""

    def is_open(self, at: int) -> bool:
        """Return whether the house is open at a time."""
        ...

    def changes_at(self, after: int) -> int:
        """Return when it opens or closes next; 0 if never."""
        ...

    def worked(self, at: int) -> int:
        """Return the time on the clock of the house, in milliseconds; it never runs backwards.

        While it is closed, each second counts a millisecond, so that what came in keeps its order
        to the second.
        """
        ...

    def when(self, worked: int) -> int:
        """Return the first time at which that clock shows `worked` or more."""
        ...


class AlwaysOpen:
    """A house that never closes; its clock is the time."""

    def is_open(self, at: int) -> bool:  # noqa: ARG002  (part of the port)
        """Return true."""
        return True

    def changes_at(self, after: int) -> int:  # noqa: ARG002  (part of the port)
        """Return 0: it never closes."""
        return 0

    def worked(self, at: int) -> int:
        """Return the time."""
        return at

    def when(self, worked: int) -> int:
        """Return the time."""
        return worked


ALWAYS_OPEN = AlwaysOpen()


class BusinessHours:
    """A house with hours; a call costs a bisection.

    The changes of a year are worked out when a time in it is asked for, and kept: what is found
    does not depend on what was asked for before.
    """

    def __init__(self, hours: Hours, zone: tzinfo) -> None:
        self._zone = zone
        self._week = tuple(_spans(hours.days.get(day, ())) for day in DAYS)
        self._holidays = frozenset(map(date_of, hours.holidays))
        self._year = FIRST_YEAR
        # The house counts as open before the first change; it is closed after every even one and
        # open after every odd one. `_shown` is what its clock shows at each.
        self._changes = [_instant(date(FIRST_YEAR, 1, 1), 0, zone)]
        self._shown = self._changes[:]
        self._last: tuple[int, int] | None = None
        """From when to when it is open next: not among the changes while it may still grow."""

    def is_open(self, at: int) -> bool:
        """Return whether the house is open at a time."""
        self._reach(at)
        return bisect_right(self._changes, at) % 2 == 0

    def changes_at(self, after: int) -> int:
        """Return when it opens or closes next; 0 if never again."""
        self._reach(after)
        number = bisect_right(self._changes, after)
        return self._changes[number] if number < len(self._changes) else 0

    def worked(self, at: int) -> int:
        """Return the time on the clock of the house."""
        self._reach(at)
        number = bisect_right(self._changes, at) - 1
        if number < 0:
            return at
        past = at - self._changes[number]
        return self._shown[number] + (past if number % 2 else past // CLOSED_DIVISOR)

    def when(self, worked: int) -> int:
        """Return the first time at which that clock shows `worked` or more."""
        while self._shown[-1] < worked and self._year <= LAST_YEAR:
            self._add_year()
        number = bisect_left(self._shown, worked) - 1
        if number < 0:
            return worked
        more = worked - self._shown[number]
        return self._changes[number] + (more if number % 2 else more * CLOSED_DIVISOR)

    def _reach(self, at: int) -> None:
        """Work out the changes up to a time, and one after it if there is any."""
        while self._changes[-1] <= at and self._year <= LAST_YEAR:
            self._add_year()

    def _add_year(self) -> None:
        for opens, closes in self._open_in(self._year):
            if self._last is not None and opens <= self._last[1]:
                self._last = min(opens, self._last[0]), max(closes, self._last[1])
            else:
                self._settle()
                self._last = opens, closes
        self._year += 1
        if self._year > LAST_YEAR:
            self._settle()
            self._end(_instant(date(self._year, 1, 1), 0, self._zone))

    def _settle(self) -> None:
        if self._last is not None:
            for change in self._last:
                self._add(change)

    def _end(self, end: int) -> None:
        """Let the house be open from a time on; where it already is, it does not close."""
        if self._changes[-1] < end:
            self._add(end)
        else:
            del self._changes[-1], self._shown[-1]

    def _add(self, change: int) -> None:
        number = len(self._changes) - 1
        past = max(change - self._changes[number], 0)
        self._changes.append(self._changes[number] + past)
        self._shown.append(self._shown[number] + (past if number % 2 else past // CLOSED_DIVISOR))

    def _open_in(self, year: int) -> Iterator[tuple[int, int]]:
        """Yield from when to when it is open on each day of a year."""
        day = date(year, 1, 1)
        while day.year == year:
            following = day + timedelta(days=1)
            for span in () if day in self._holidays else self._week[day.weekday()]:
                until = min(span.until, DAY_MINUTES) if following in self._holidays else span.until
                opens, closes = (_instant(day, each, self._zone) for each in (span.since, until))
                if opens < closes:
                    yield opens, closes
            day = following


def calendar_of(hours: Hours, zone: tzinfo) -> Calendar:
    """Return the calendar of a house in its time zone; of hours without faults."""
    return BusinessHours(hours, zone) if hours.days else ALWAYS_OPEN


def _spans(words: Words) -> tuple[Span, ...]:
    texts = (words,) if isinstance(words, str) else words
    return tuple(sorted(span for text in texts if (span := span_of(text)) is not None))


def _instant(day: date, minutes: int, zone: tzinfo) -> int:
    """Return when the hands of a clock in a zone are so many minutes past a day's midnight."""
    days, minute = divmod(minutes, DAY_MINUTES)
    local = datetime.combine(day + timedelta(days=days), time(*divmod(minute, 60)), tzinfo=zone)
    return round(local.timestamp()) * SECOND_MS
