"""Slack's dates, which each reader sees in his own time zone, written out in UTC.

Tokens: docs.slack.dev/reference/block-kit/block-elements/date-element. What Slack words by the
reader's day or clock (`today`, `two hours ago`, AM and PM) stands here as the full date and the
time of 24 hours, so that a message reads the same whenever it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

SECONDS_MAX: Final = 253_402_300_799
"""The last second of the year 9999."""
_TOKEN: Final = re.compile(r"\{([a-z_]{1,30})\}")
_MONTHS: Final = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905  (legible)
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SUFFIXES: Final = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def shown(seconds: int, template: str) -> str:
    """Return the template with its tokens filled in; `seconds` count from 1970 in UTC.

    A template without a token that Slack knows, and a time that no calendar holds, give an
    empty text.
    """
    if not 0 <= seconds <= SECONDS_MAX:
        return ""
    moment = datetime.fromtimestamp(seconds, UTC)
    known = 0

    def fill(match: re.Match[str]) -> str:
        nonlocal known
        form = _FORMS.get(match[1])
        if form is None:
            return match[0]
        known += 1
        return form(moment)

    filled = _TOKEN.sub(fill, template)
    return filled if known else ""


def _number(moment: datetime) -> str:
    return moment.date().isoformat()


def _slash(moment: datetime) -> str:
    return f"{moment.day:02}/{moment.month:02}/{moment.year:04}"


def _full(moment: datetime) -> str:
    return f"{_month(moment)} {moment.day}, {moment.year}"


def _ordinal(moment: datetime) -> str:
    return f"{_month(moment)} {moment.day}{_SUFFIXES.get(moment.day, 'th')}, {moment.year}"


def _short(moment: datetime) -> str:
    return f"{_month(moment)[:3]} {moment.day}, {moment.year}"


def _long(moment: datetime) -> str:
    return f"{_DAYS[moment.weekday()]}, {_ordinal(moment)}"


def _time(moment: datetime) -> str:
    return f"{moment.hour:02}:{moment.minute:02} UTC"


def _time_with_seconds(moment: datetime) -> str:
    return f"{moment.hour:02}:{moment.minute:02}:{moment.second:02} UTC"


def _moment(moment: datetime) -> str:
    return f"{_number(moment)} {_time(moment)}"


def _month(moment: datetime) -> str:
    return _MONTHS[moment.month - 1]


_FORMS: Final[dict[str, Callable[[datetime], str]]] = {
    "date_num": _number,
    "date_slash": _slash,
    "date": _ordinal,
    "date_pretty": _ordinal,
    "date_short": _short,
    "date_short_pretty": _short,
    "date_long": _long,
    "date_long_pretty": _long,
    "date_long_full": _full,
    "day_divider_pretty": _long,
    "time": _time,
    "time_secs": _time_with_seconds,
    "ago": _moment,
}
