"""Hours: spans over midnight, holidays, the nights in which the clocks change, and the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maitred.router.hours import (
    ALWAYS_OPEN,
    CLOSED_DIVISOR,
    FIRST_YEAR,
    LAST_YEAR,
    BusinessHours,
    Calendar,
    calendar_of,
)
from maitred.router.settings import Hours
from maitred.router.spans import DAYS, Span, date_of, span_of

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
HOUR = 3_600_000
WEEKDAYS = dict.fromkeys(DAYS[:5], ("09:00-12:00", "13:00-17:30"))
ZONES: list[tzinfo] = [
    UTC,
    BERLIN,
    NEW_YORK,
    ZoneInfo("Australia/Lord_Howe"),  # half an hour of summer time
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("Africa/Cairo"),  # the clocks change at midnight
    timezone(timedelta(hours=-3)),
]


def at(text: str, zone: tzinfo = UTC, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp() * 1000)


def house(zone: tzinfo = BERLIN, holidays: tuple[str, ...] = (), **days: Any) -> Calendar:
    return calendar_of(Hours(days=days, holidays=holidays), zone)


def changes(calendar: Calendar, since: int, until: int) -> list[str]:
    """Return when it opens and closes, UTC."""
    found = []
    while 0 < (since := calendar.changes_at(since)) <= until:
        sign = "+" if calendar.is_open(since) else "-"
        found.append(sign + datetime.fromtimestamp(since / 1000, UTC).strftime("%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("09:00-17:30", Span(540, 1050)),
        ("00:00-24:00", Span(0, 1440)),
        ("22:00-06:00", Span(1320, 1800)),
        ("22:00-00:00", Span(1320, 1440)),
        ("23:59-00:01", Span(1439, 1441)),
        ("00:00-00:00", None),
        ("9:00-17:00", None),
        ("09:00-25:00", None),
        ("09:00-24:01", None),
        ("24:00-01:00", None),
        ("09:60-10:00", None),
        ("09:00-17:00\n", None),
        ("09:00 - 17:00", None),
        ("٠٩:00-17:00", None),
        ("", None),
    ],
)
def test_a_span_is_two_times_of_day(text: str, span: Span | None) -> None:
    assert span_of(text) == span


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-01", "20261225", "2026-W01-1", "26-12-25", "2026-12-25\n", ""]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert date_of(text) is None


def test_without_days_the_house_never_closes() -> None:
    assert calendar_of(Hours(), BERLIN) is ALWAYS_OPEN
    assert ALWAYS_OPEN.is_open(0)
    assert ALWAYS_OPEN.changes_at(0) == 0
    assert ALWAYS_OPEN.when(ALWAYS_OPEN.worked(7)) == 7


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-06 08:59:59", False),
        ("2026-07-06 09:00:00", True),
        ("2026-07-06 11:59:59", True),
        ("2026-07-06 12:00:00", False),
        ("2026-07-06 17:29:59", True),
        ("2026-07-06 17:30:00", False),
        ("2026-07-11 10:00:00", False),
    ],
)
def test_it_is_open_in_its_spans_their_ends_not_among_them(text: str, expected: object) -> None:
    assert house(**WEEKDAYS).is_open(at(text, BERLIN)) is expected


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    calendar = house(UTC, fri="22:00-06:00")
    found = changes(calendar, at("2026-07-01"), at("2026-07-12"))
    assert found == ["+03 22:00", "-04 06:00", "+10 22:00", "-11 06:00"]


def test_days_that_touch_at_midnight_are_one_span() -> None:
    calendar = house(UTC, mon="08:00-24:00", tue="00:00-10:00")
    assert changes(calendar, at("2026-07-06"), at("2026-07-08")) == ["+06 08:00", "-07 10:00"]


def test_a_house_open_day_and_night_changes_only_at_holidays() -> None:
    always = dict.fromkeys(DAYS, "00:00-24:00")
    calendar = house(BERLIN, holidays=("2026-12-25",), **always)
    assert changes(calendar, at("2026-01-01"), at("2027-12-31")) == ["-24 23:00", "+25 23:00"]
    assert house(BERLIN, **always).changes_at(at("2026-01-01")) == 0


def test_a_holiday_is_closed_from_midnight_to_midnight_and_no_night_begins_on_it() -> None:
    nights = dict.fromkeys(DAYS, "20:00-04:00")
    calendar = house(UTC, holidays=("2026-07-08",), **nights)
    assert changes(calendar, at("2026-07-07 12:00"), at("2026-07-10 12:00")) == [
        "+07 20:00",
        "-08 00:00",
        "+09 20:00",
        "-10 04:00",
    ]


@pytest.mark.parametrize(
    ("zone", "day", "span", "expected"),
    [
        # The clocks jump from 02:00 to 03:00: a skipped time is read with the offset before.
        (BERLIN, "2026-03-29", "02:30-10:00", ["+29 01:30", "-29 08:00"]),
        (BERLIN, "2026-03-29", "00:00-02:30", ["+28 23:00", "-29 01:30"]),
        (BERLIN, "2026-03-29", "02:15-02:45", ["+29 01:15", "-29 01:45"]),
        (BERLIN, "2026-03-29", "02:30-03:15", []),
        (NEW_YORK, "2026-03-08", "01:00-05:00", ["+08 06:00", "-08 09:00"]),
        # They go back from 03:00 to 02:00: the first of both counts.
        (BERLIN, "2026-10-25", "02:30-10:00", ["+25 00:30", "-25 09:00"]),
        (BERLIN, "2026-10-25", "00:00-02:30", ["+24 22:00", "-25 00:30"]),
        (BERLIN, "2026-10-25", "01:00-04:00", ["+24 23:00", "-25 03:00"]),
    ],
)
def test_the_nights_in_which_the_clocks_change(
    zone: tzinfo, day: str, span: str, expected: list[str]
) -> None:
    calendar = house(zone, sun=span)
    middle = at(f"{day} 12:00", zone)
    assert changes(calendar, middle - 15 * HOUR, middle) == expected


def test_a_day_of_23_hours_has_one_hour_less_on_the_clock_of_the_house() -> None:
    calendar = house(BERLIN, **dict.fromkeys(DAYS, "00:00-24:00"), holidays=("2020-01-01",))
    short = at("2026-03-30", BERLIN) - at("2026-03-29", BERLIN)
    assert short == 23 * HOUR
    assert calendar.worked(at("2026-03-30", BERLIN)) - calendar.worked(
        at("2026-03-29", BERLIN)
    ) == (23 * HOUR)


def test_a_closed_hour_counts_a_thousandth_of_an_open_one() -> None:
    calendar = house(BERLIN, **WEEKDAYS)
    closed, opens = at("2026-07-03 17:30", BERLIN), at("2026-07-06 09:00", BERLIN)
    assert calendar.worked(opens) - calendar.worked(closed) == (opens - closed) // CLOSED_DIVISOR
    assert calendar.worked(opens + HOUR) - calendar.worked(opens) == HOUR


def test_what_came_in_at_night_keeps_its_order_and_does_not_outrank_the_morning() -> None:
    calendar = house(BERLIN, **WEEKDAYS)
    evening, night = at("2026-07-06 18:00", BERLIN), at("2026-07-07 03:00", BERLIN)
    morning, now = at("2026-07-07 09:00", BERLIN), at("2026-07-07 09:01", BERLIN)
    waited = [calendar.worked(now) - calendar.worked(each) for each in (evening, night, morning)]
    assert waited == sorted(waited, reverse=True)
    assert waited[0] - waited[2] < 60_000


@pytest.mark.parametrize("year", [1, 1970, FIRST_YEAR - 1, LAST_YEAR + 1, 9_000])
def test_outside_the_years_that_are_worked_out_it_is_open(year: int) -> None:
    calendar = house(BERLIN, mon="09:00-10:00")
    then = int((datetime(year, 6, 6, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / _MS)
    assert calendar.is_open(then)
    assert calendar.worked(then + 5) - calendar.worked(then) == 5
    assert calendar.when(calendar.worked(then)) == then
    if year > LAST_YEAR:
        assert calendar.changes_at(then) == 0


_MS = timedelta(milliseconds=1)
_times = st.integers(at("2019-12-30"), at("2031-06-01"))
_spans = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(0, 1440))
    .filter(lambda two: two[0] != two[1])
    .map(lambda two: f"{two[0] // 60:02}:{two[0] % 60:02}-{two[1] // 60:02}:{two[1] % 60:02}"),
    max_size=3,
).map(tuple)
_calendars = st.builds(
    lambda days, holidays, zone: BusinessHours(Hours(days=days, holidays=holidays), zone),
    st.dictionaries(st.sampled_from(DAYS), _spans, min_size=1),
    st.lists(st.dates(datetime(2024, 1, 1).date(), datetime(2026, 1, 1).date()).map(str)).map(  # noqa: DTZ001  (a date)
        tuple
    ),
    st.sampled_from(ZONES),
)


@settings(deadline=None)
@given(calendar=_calendars, one=_times, other=_times)
def test_the_clock_never_runs_backwards_nor_faster_than_time(
    calendar: Calendar, one: int, other: int
) -> None:
    one, other = sorted((one, other))
    worked = calendar.worked(other) - calendar.worked(one)
    assert (other - one) // CLOSED_DIVISOR - 1 <= worked <= other - one


@settings(deadline=None)
@given(calendar=_calendars, time=_times, ahead=st.integers(0, 10**12))
def test_when_is_the_first_time_at_which_the_clock_shows_so_much(
    calendar: Calendar, time: int, ahead: int
) -> None:
    assert calendar.when(calendar.worked(time)) <= time
    shown = calendar.worked(time) + ahead
    first = calendar.when(shown)
    assert calendar.worked(first) >= shown
    assert calendar.worked(first - 1) < shown


@settings(deadline=None)
@given(calendar=_calendars, time=st.integers(at("2020-01-03"), at("2031-06-01")))
def test_nothing_changes_before_it_is_said_to(calendar: Calendar, time: int) -> None:
    change = calendar.changes_at(time)
    if change:
        assert time < change
        assert calendar.is_open(time) == calendar.is_open(change - 1) != calendar.is_open(change)
    else:
        assert calendar.is_open(time)


@settings(deadline=None)
@given(data=st.data(), times=st.lists(_times, min_size=2, max_size=6))
def test_what_is_found_does_not_depend_on_what_was_asked_for_before(
    data: st.DataObject, times: list[int]
) -> None:
    days = data.draw(st.dictionaries(st.sampled_from(DAYS), _spans, min_size=1))
    one, other = (BusinessHours(Hours(days=days), BERLIN) for _ in range(2))
    assert [_told(one, each) for each in times] == [_told(other, each) for each in reversed(times)][
        ::-1
    ]


def _told(calendar: Calendar, time: int) -> tuple[bool, int, int, int]:
    worked = calendar.worked(time)
    return calendar.is_open(time), worked, calendar.changes_at(time), calendar.when(worked)


@settings(deadline=None)
@given(
    days=st.dictionaries(st.sampled_from(DAYS), _spans, min_size=1),
    time=st.integers(at("2024-01-01"), at("2026-01-01")),
    zone=st.sampled_from([UTC, ZoneInfo("Asia/Kathmandu")]),
)
def test_where_the_clocks_never_change_it_is_open_as_the_hands_say(
    days: dict[str, tuple[str, ...]], time: int, zone: tzinfo
) -> None:
    local = datetime.fromtimestamp(time / 1000, UTC).astimezone(zone)
    minutes = local.hour * 60 + local.minute
    expected = False
    for day, offset in ((local.weekday(), 0), ((local.weekday() - 1) % 7, 1440)):
        for text in days.get(DAYS[day], ()):
            span = span_of(text)
            assert span is not None
            expected |= span.since <= minutes + offset < span.until
    assert BusinessHours(Hours(days=days), zone).is_open(time) is expected
