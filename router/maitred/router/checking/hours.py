"""Faults of the business hours; whether there is such a time zone only the gateway can tell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from maitred.router.checking.values import filled
from maitred.router.spans import DAY_MINUTES, DAYS, Span, date_of, span_of

if TYPE_CHECKING:
    from maitred.router.settings import Hours

SPANS_MAX: Final = 12
HOLIDAYS_MAX: Final = 2_000
_WEEK_MINUTES: Final = DAY_MINUTES * len(DAYS)


class _Open(NamedTuple):
    """One span in minutes since Monday's midnight, and how it was written."""

    since: int
    until: int
    said: str


def hours(given: Hours) -> Iterator[str]:
    """Find what is wrong with the hours of a house."""
    week: list[_Open] = []
    for day, words in given.days.items():
        path = f"hours.days.{day}"
        if day not in DAYS:
            yield f"{path}: there is no such day; write one of {', '.join(DAYS)}"
            continue
        texts = filled(words)
        if len(texts) > SPANS_MAX:
            yield f"{path}: {len(texts)} spans; at most {SPANS_MAX} are allowed"
        for text in texts:
            span = span_of(text)
            if span is None:
                yield (
                    f"{path} = {text[:40]!r}: is no span; write two times of day, such as "
                    "`09:00-17:30`, or `22:00-06:00` over midnight"
                )
            else:
                week.append(_in_week(day, text, span))
    if given.days and not any(filled(words) for words in given.days.values()):
        yield "hours.days: it would never open; write spans, or leave `days` out to be always open"
    yield from _overlaps(sorted(week))
    yield from _holidays(given)


def _in_week(day: str, text: str, span: Span) -> _Open:
    midnight = DAYS.index(day) * DAY_MINUTES
    return _Open(midnight + span.since, midnight + span.until, f"{day} {text}")


def _overlaps(week: list[_Open]) -> Iterator[str]:
    if len(week) < 2:  # noqa: PLR2004  (it takes two)
        return
    first = week[0]
    again = first._replace(since=first.since + _WEEK_MINUTES, until=first.until + _WEEK_MINUTES)
    for earlier, later in pairwise([*week, again]):
        if later.since < earlier.until:
            yield (
                f"hours.days: {earlier.said} and {later.said} overlap; "
                "write one span, or end the first before the other begins"
            )


def _holidays(given: Hours) -> Iterator[str]:
    if given.holidays and not given.days:
        yield "hours.holidays: without `days` the house never closes; write them, such as mon"
    if len(given.holidays) > HOLIDAYS_MAX:
        yield f"hours.holidays: {len(given.holidays)} of them; at most {HOLIDAYS_MAX} are allowed"
    for number, text in enumerate(given.holidays):
        if date_of(text) is None:
            yield f"hours.holidays[{number}] = {text[:40]!r}: is no date; write `2026-12-25`"
