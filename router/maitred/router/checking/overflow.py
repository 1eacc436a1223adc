"""Faults of overflow and of the forecast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from maitred.router.checking.numbers import SECONDS_MAX
from maitred.router.checking.values import (
    NAME,
    NAME_RULE,
    channels,
    filled,
    languages,
    levels,
    tokens,
    within,
)

if TYPE_CHECKING:
    from maitred.router.settings import Forecast, Hours, Overflow

OVERFLOW_MAX: Final = 16
FORECASTS_MAX: Final = 64
PER_HOUR_MAX: Final = 10_000_000.0


def overflow(given: tuple[Overflow, ...], hours: Hours) -> Iterator[str]:
    """Find what is wrong with overflow in a house with such hours."""
    if len(given) > OVERFLOW_MAX:
        yield f"overflow: {len(given)} of them; at most {OVERFLOW_MAX} are allowed"
    seen: set[str] = set()
    for number, each in enumerate(given):
        path = f"overflow[{number}] ({each.name})"
        if not NAME.match(each.name):
            yield f"{path}.name: write {NAME_RULE}"
        if each.name in seen:
            yield f"{path}.name: another overflow has this name; names must differ"
        seen.add(each.name)
        yield from within((f"{path}.after", each.after, 0, 100))
        yield from tokens(f"{path}.skills", each.skills)
        yield from channels(f"{path}.channels", each.channels)
        yield from tokens(f"{path}.instead", each.instead)
        yield from levels(f"{path}.instead", each.instead)
        if not (each.skills or each.instead or each.any_agent):
            yield f"{path}: changes nothing; add skills with `instead`, or `any_agent`"
        if each.closed and not hours.days:
            yield f"{path}.closed: the house never closes; add [routing.hours] or leave it out"


def forecast(given: tuple[Forecast, ...]) -> Iterator[str]:
    """Find what is wrong with a forecast."""
    if len(given) > FORECASTS_MAX:
        yield f"forecast: {len(given)} rows; at most {FORECASTS_MAX} are allowed"
    for number, row in enumerate(given):
        path = f"forecast[{number}]"
        yield from channels(f"{path}.channel", [row.channel])
        yield from within(
            (f"{path}.per_hour", row.per_hour, 0, PER_HOUR_MAX),
            (f"{path}.handling_seconds", row.handling_seconds, 1, 90 * SECONDS_MAX),
        )
        yield from tokens(f"{path}.skills", row.skills)
        yield from languages(f"{path}.language", filled(row.language))
