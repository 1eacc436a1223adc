"""Moments on the command line: a day, a time, or so long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

import typer

from maitred.contracts.limits import DAY_MS, HOUR_MS, MINUTE_MS
from maitred.gateway import clock

_AGO: Final = re.compile(r"(\d{1,6})([mhd])")
_UNITS: Final = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}


def moment(value: str) -> str:
    """Return an option's value if it is a moment, or empty.

    Raises:
        typer.BadParameter: it is neither.
    """
    if value and parsed(value) is None:
        raise typer.BadParameter(
            "give a day (2026-11-01), a time in UTC (2026-11-01T08:00), or 36h (ago)"
        )
    return value


def parsed(value: str) -> int | None:
    """Return a moment in UTC milliseconds: so long ago, or a day or time as ISO 8601 has it.

    Nothing is older than 1970.
    """
    if not value:
        return None
    if ago := _AGO.fullmatch(value):
        return max(0, clock.now_ms() - int(ago[1]) * _UNITS[ago[2]])
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return max(0, int(found.timestamp() * 1_000))
