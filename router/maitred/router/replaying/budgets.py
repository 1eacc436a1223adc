"""Budgets: what a change of policy may cost at most, and where it costs more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maitred.router.settings import Budgets


@dataclass(frozen=True, slots=True)
class Figures:
    """What a policy comes to, in the measures of budgets; None where there is nothing to measure.

    `sla` is the share served in time and `wait_p95_seconds` what 95 of 100 wait at most, both by
    channel; `load` is by agent.
    """

    moved: float | None = None
    abandoned: float | None = None
    sla: Mapping[str, float | None] = field(default_factory=dict)
    wait_p95_seconds: Mapping[str, float | None] = field(default_factory=dict)
    load: Mapping[str, float | None] = field(default_factory=dict)


def broken(budgets: Budgets, figures: Figures) -> list[str]:
    """Return the budgets that do not hold, one sentence each: path, what it comes to, the limit.

    A budget for what was not measured does not hold: it would say that all is well.
    """
    return [
        *_most("moved", budgets.moved, figures.moved),
        *_most("abandoned", budgets.abandoned, figures.abandoned),
        *(line for key, least in budgets.sla.items() for line in _least(key, least, figures)),
        *(
            line
            for key, most in budgets.wait_p95_seconds.items()
            for line in _most(
                f"wait_p95_seconds.{key}", most, figures.wait_p95_seconds.get(key), "g"
            )
        ),
        *_loads(budgets, figures),
    ]


def _loads(budgets: Budgets, figures: Figures) -> Iterator[str]:
    measured = [(agent, load) for agent, load in sorted(figures.load.items()) if load is not None]
    if not measured:
        yield from _most("load", budgets.load, None)
    for agent, load in measured:
        yield from _most("load", budgets.load, load, of=f" for {agent}")


def _most(
    path: str, most: float | None, value: float | None, form: str = ".4g", of: str = ""
) -> Iterator[str]:
    if most is None:
        return
    if value is None:
        yield f"budgets.{path}: there was nothing to measure it by; the limit is {most:g}"
    elif value > most:
        yield f"budgets.{path}: comes to {value:{form}}{of}; at most {most:g} is allowed"


def _least(channel: str, least: float, figures: Figures) -> Iterator[str]:
    value = figures.sla.get(channel)
    if value is None:
        yield f"budgets.sla.{channel}: there was nothing to measure it by; the least is {least:g}"
    elif value < least:
        yield f"budgets.sla.{channel}: comes to {value:.4g}; at least {least:g} is asked for"
