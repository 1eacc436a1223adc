"""Dates of mail headers, in the forms of RFC 5322, of its forebears, and of careless senders."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from typing import Final

_CHARACTERS_MAX: Final = 200
# What nearly all mails have, and what no zone moves out of the calendar.
_USUAL: Final = re.compile(
    r"(?:[A-Za-z]{3}, {0,2})?(\d{1,2}) ([A-Za-z]{3}) ((?!9999)\d{4}) (\d\d):(\d\d):([0-5]\d) "
    r"(?:([+-])([01]\d)([0-5]\d)|GMT|UTC)(?: \([^()]{0,60}\))?"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(),  # noqa: SIM905  (legible)
        start=1,
    )
}
_COMMENT: Final = re.compile(r"\([^()]*+\)")
_ISO: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d{1,9})?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_PREFIXED_ZONE: Final = re.compile(r"\b(?:GMT|UTC)\s*(?=[+-]\d)", re.IGNORECASE)
_COLON_IN_ZONE: Final = re.compile(r"([+-]\d{2}):(\d{2})\b")
_SMALL_ZONE: Final = re.compile(r"([+-])(\d{1,3})$")
_SPACED_TIME: Final = re.compile(r"(?<=\d)\s{0,20}:\s{0,20}(?=\d)")
_SHORT_YEAR: Final = re.compile(r"\b(1\d\d)(?=\s+\d{1,2}:)")
_AFTERNOON: Final = re.compile(r"\b(\d{1,2})(:\d{2}(?::\d{2})?)\s?([AP])M\b", re.IGNORECASE)
_NAMED_ZONE: Final = re.compile(r"\b([A-Z]{3,4})$")
# Names in mail that mean one zone only; those of RFC 5322 are known to the standard library.
_ZONES: Final = {
    "WET": "+0000", "WEST": "+0100", "BST": "+0100",
    "CET": "+0100", "MET": "+0100", "MEZ": "+0100",
    "CEST": "+0200", "MEST": "+0200", "MESZ": "+0200",
    "EET": "+0200", "EEST": "+0300", "MSK": "+0300",
    "HKT": "+0800", "SGT": "+0800", "AWST": "+0800",
    "JST": "+0900", "KST": "+0900",
    "AEST": "+1000", "AEDT": "+1100", "NZST": "+1200", "NZDT": "+1300",
}  # fmt: skip
_ZONE_MINUTES_MAX: Final = 24 * 60


def sent_at(value: str) -> int | None:
    """Return a Date field in UTC milliseconds; None if it is broken or before 1970.

    Without a zone it is UTC; so are zones that are not known (RFC 5322, section 4.3).
    """
    try:
        seconds = _usual(value)
        if seconds is None:
            text = _COMMENT.sub(" ", value[:_CHARACTERS_MAX]).strip()
            moment = _iso(text) or _mail(text)
            seconds = int(moment.timestamp()) if moment is not None else -1
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return seconds * 1_000 if seconds >= 0 else None


def _usual(value: str) -> int | None:
    """Return a date as nearly all mails have it in seconds, None if it is another."""
    match = _USUAL.fullmatch(value)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    moment = datetime(
        int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6]), tzinfo=UTC
    )
    seconds = int(moment.timestamp())
    if match[7] is None:
        return seconds
    offset = int(match[8]) * 3_600 + int(match[9]) * 60
    return seconds + offset if match[7] == "-" else seconds - offset


def _iso(text: str) -> datetime | None:
    match = _ISO.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(each or 0) for each in match.groups()[:6])
    zone = match[7] or ""
    offset = 0
    if zone[:1] in {"+", "-"}:
        offset = int(zone[1:3]) * 60 + int(zone[-2:])
        offset = -offset if zone[0] == "-" else offset
    moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    return moment - timedelta(minutes=offset)


def _mail(text: str) -> datetime | None:
    text = _COLON_IN_ZONE.sub(r"\1\2", _PREFIXED_ZONE.sub("", text))
    text = _SMALL_ZONE.sub(_four_digits, _SPACED_TIME.sub(":", text))
    text = _AFTERNOON.sub(_in_24_hours, _SHORT_YEAR.sub(_full_year, text))
    text = _NAMED_ZONE.sub(lambda match: _ZONES.get(match[1], match[1]), text)
    parsed = parsedate_tz(text)
    if parsed is None:
        return None
    year, month, day, hour, minute, second = parsed[:6]
    zone = parsed[9] or 0
    if abs(zone) >= _ZONE_MINUTES_MAX * 60:
        return None
    # RFC 5322 allows second 60, the leap second; the calendar here does not.
    moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    return moment - timedelta(seconds=zone)


def _full_year(match: re.Match[str]) -> str:
    """Return a year of three digits in four (RFC 5322, section 4.3)."""
    return str(1900 + int(match[1]))


def _in_24_hours(match: re.Match[str]) -> str:
    hour = int(match[1]) % 12 + (12 if match[3] in "pP" else 0)
    return f"{hour}{match[2]}"


def _four_digits(match: re.Match[str]) -> str:
    """Return a zone of one to three digits in four: `+2` and `+02` are hours, `-330` is -0330."""
    digits = match[2]
    return match[1] + (digits.zfill(4) if len(digits) > len("02") else digits.zfill(2) + "00")
