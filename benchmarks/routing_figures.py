"""The figures of the routing benchmark: means over replications, their errors, and the targets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Final

import msgspec

from benchmarks.routing_contenders import FIFO, HOLD, REC
from maitred.router.simulation.report import Report, Waits

NAMES: Final = (
    "calm_mean",
    "calm_p95",
    "angry_mean",
    "angry_p95",
    "calm_left",
    "angry_left",
    "live_left",
    "chat_sla",
    "live_sla",
    "email_sla",
    "email_oldest",
    "fit",
    "angry_fit",
    "sticky",
    "cost",
    "load",
    "load_cv",
)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """The mean over replications and its standard error; the same over the first policy's."""

    mean: float
    error: float
    ratio: float
    ratio_error: float


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio to FIFO that must be reached; `most` or `least` says which way."""

    workload: str
    policy: str
    figure: str
    ratio: float
    error: float
    most: float | None = None
    least: float | None = None
    reached: bool = False


Table = dict[str, dict[str, Figure]]
"""Figures by policy and name."""


def flat(report: Report) -> dict[str, float]:
    """Return what the tables show of one run.

    Moods are told of live channels, as in the notes: there earliest deadline first shortens the
    wait of every mood, which no order can while email, which it lets wait, counts as well.
    """
    calm, angry = report.live_by_mood["calm"], report.live_by_mood["angry"]
    email: Waits = report.by_channel["email"]
    values = (
        calm.mean,
        calm.p95,
        angry.mean,
        angry.p95,
        calm.abandoned,
        angry.abandoned,
        report.live.abandoned,
        report.by_channel["chat"].in_sla,
        report.live.in_sla,
        email.in_sla,
        report.oldest_email,
        report.fit,
        report.angry_fit,
        report.sticky,
        report.delay_cost,
        report.load,
        report.load_cv,
    )
    return {name: value or 0.0 for name, value in zip(NAMES, values, strict=True)}


def table(runs: Mapping[str, Sequence[Report]]) -> Table:
    """Return the figures of one workload; `runs` are by policy, a report for each seed."""
    rows = {policy: [flat(each) for each in reports] for policy, reports in runs.items()}
    base = rows[FIFO]
    return {
        policy: {
            name: _figure([each[name] for each in found], [each[name] for each in base])
            for name in NAMES
        }
        for policy, found in rows.items()
    }


def _figure(values: Sequence[float], base: Sequence[float]) -> Figure:
    """Return a figure; the error of its ratio is that of the pairs, which share their chance."""
    pairs = [value / other if other else 0.0 for value, other in zip(values, base, strict=True)]
    below = mean(base)
    return Figure(
        mean=mean(values),
        error=standard_error(values),
        ratio=mean(values) / below if below else 0.0,
        ratio_error=standard_error(pairs),
    )


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of a mean; 0 where there is one value alone."""
    return stdev(values) / math.sqrt(len(values)) if values[1:] else 0.0


def targets(tables: Mapping[str, Table]) -> list[Target]:
    """Return what the issue asks for against FIFO in the same run, and whether it is reached.

    Where service is the same whoever serves, nothing was promised: that is an ablation.
    """
    found = []
    for workload, rows in tables.items():
        if workload == "same for all":
            continue
        held = 2.0 if workload == "overload" else 4.0
        for policy, angry, sticky in ((REC, 0.60, 2.0), (HOLD, 0.70, held)):
            asked = {
                "live_left": (0.65, None),
                "angry_mean": (angry, None),
                "cost": (0.45, None),
                "sticky": (None, sticky),
                "fit": (None, 1.03),
            }
            for name, (most, least) in asked.items():
                figure = rows[policy][name]
                found.append(
                    Target(
                        workload=workload,
                        policy=policy,
                        figure=name,
                        ratio=figure.ratio,
                        error=figure.ratio_error,
                        most=most,
                        least=least,
                        reached=(most is None or figure.ratio <= most)
                        and (least is None or figure.ratio >= least),
                    )
                )
    return found
