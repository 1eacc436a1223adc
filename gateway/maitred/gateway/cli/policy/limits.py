"""Limits on the command line: `--budget moved=0.2`, over those of the draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from maitred.contracts.errors import ConfigurationError
from maitred.router.faults import faults
from maitred.router.settings import Budgets, RoutingSettings

_SINGLE: Final = ("moved", "abandoned", "load")
_BY_CHANNEL: Final = ("sla", "wait_p95_seconds")
_NAME_CHARACTERS_MAX: Final = 60


def limited(routing: RoutingSettings, given: Sequence[str]) -> Budgets:
    """Return a draft's budgets, with those that are given over them.

    Raises:
        ConfigurationError: one cannot be read, or is out of bounds.
    """
    budgets = routing.budgets
    for text in given:
        budgets = _with(budgets, text)
    if found := faults(replace(routing, budgets=budgets)):
        raise ConfigurationError(
            *(each.replace("routing.budgets.", "--budget: ") for each in found)
        )
    return budgets


def _with(budgets: Budgets, text: str) -> Budgets:
    name, _, written = text.partition("=")
    table, _, channel = name.partition(".")
    try:
        value = float(written)
    except ValueError:
        raise _unread(text) from None
    if name in _SINGLE:
        return replace(budgets, **{name: value})
    if table not in _BY_CHANNEL or not channel:
        raise _unread(text)
    return replace(budgets, **{table: {**getattr(budgets, table), channel: value}})


def _unread(text: str) -> ConfigurationError:
    return ConfigurationError(
        f"--budget: {text[:_NAME_CHARACTERS_MAX]!r}: write moved=0.2, abandoned=0.05, load=0.9, "
        "sla.chat=0.9 or wait_p95_seconds.chat=60"
    )
