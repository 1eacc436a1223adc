"""Retry-After: how long a peer asks us to wait (RFC 9110, section 10.2.3)."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Final

from maitred.contracts.limits import HOUR_MS, SECOND_MS

WAIT_MS_MAX: Final = HOUR_MS
"""No peer's word makes us wait longer before we look again."""
_DIGITS_MAX: Final = 9


def retry_after_ms(value: str, now: int) -> int | None:
    """Return how long the header asks to wait as of `now`, in milliseconds; None if it does not.

    It is seconds or a date; a date that has passed asks for nothing.
    """
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return min(int(text[:_DIGITS_MAX]) * SECOND_MS, WAIT_MS_MAX) or None
    try:
        at = parsedate_to_datetime(text).timestamp() * SECOND_MS
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(round(at) - now, 0), WAIT_MS_MAX) or None
