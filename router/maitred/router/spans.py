"""Spans of the day in which a house is open, such as `09:00-17:30`, and the days of a week."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
_SPAN: Final = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)\Z", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)


class Span(NamedTuple):
    """From when to when, in minutes since the midnight of the day it begins on.

    A span that ends on the next day has `until` above `DAY_MINUTES`.
    """

    since: int
    until: int


def span_of(text: str) -> Span | None:
    """Return the span that a text names, over midnight where it ends before it begins."""
    match = _SPAN.match(text)
    if match is None:
        return None
    first_hour, first_minute, last_hour, last_minute = map(int, match.groups())
    since, until = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if since >= DAY_MINUTES or until > DAY_MINUTES or since == until:
        return None
    return Span(since, until if until > since else until + DAY_MINUTES)


def date_of(text: str) -> date | None:
    """Return the date that `2026-12-25` names."""
    try:
        return date.fromisoformat(text) if _DATE.match(text) else None
    except ValueError:
        return None
