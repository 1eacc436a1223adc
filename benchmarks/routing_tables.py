"""The figures of the routing benchmark, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table as Rich

from benchmarks.routing_contenders import FIFO
from benchmarks.routing_figures import Figure, Table, Target


def show(tables: Mapping[str, Table], said: Mapping[str, str], console: Console) -> None:
    """Print each workload's figures, then its ratios to FIFO."""
    for workload, rows in tables.items():
        console.print(f"\n{workload}: {said[workload]}")
        console.print(_figures(rows))
        console.print(_ratios(rows))


def _figures(rows: Table) -> Rich:
    heads = (
        "calm mean / p95",
        "angry mean / p95",
        "left calm / angry / live",
        "chat SLA",
        "live SLA",
        "email SLA",
        "oldest email",
        "fit",
        "angry fit",
        "sticky",
        "cost",
        "load (cv)",
    )
    table = Rich("policy", *heads, box=None)
    for policy, each in rows.items():
        left = (_point(each[name]) for name in ("calm_left", "angry_left", "live_left"))
        table.add_row(
            policy,
            f"{each['calm_mean'].mean:.1f} / {each['calm_p95'].mean:.1f}",
            f"{each['angry_mean'].mean:.1f} / {each['angry_p95'].mean:.1f}",
            f"{' / '.join(left)} ±{_point(each['live_left'], error=True)}",
            *(_point(each[name]) for name in ("chat_sla", "live_sla", "email_sla")),
            f"{each['email_oldest'].mean:,.0f}",
            *(_point(each[name]) for name in ("fit", "angry_fit", "sticky")),
            f"{each['cost'].mean:.3f} ±{each['cost'].error:.3f}",
            f"{_point(each['load'])} ({_point(each['load_cv'])})",
        )
    return table


def _ratios(rows: Table) -> Rich:
    names = ("calm_mean", "angry_mean", "live_left", "cost", "sticky", "fit", "angry_fit")
    table = Rich("over FIFO", *names, box=None)
    for policy, each in rows.items():
        if policy != FIFO:
            table.add_row(policy, *(_ratio(each[name]) for name in names))
    return table


def show_targets(targets: Sequence[Target], console: Console) -> None:
    """Print what had to be reached, and what was."""
    table = Rich("workload", "policy", "over FIFO", "asked", "found", "", box=None)
    for each in targets:
        asked = f"≤ {each.most:.2f}" if each.most is not None else f"≥ {each.least:.2f}"
        table.add_row(
            each.workload,
            each.policy,
            each.figure,
            asked,
            f"{each.ratio:.3f} ±{each.error:.3f}",
            "reached" if each.reached else "MISSED",
        )
    console.print(table)


def _point(figure: Figure, *, error: bool = False) -> str:
    return f"{figure.error if error else figure.mean:.3f}".removeprefix("0")


def _ratio(figure: Figure) -> str:
    return f"{figure.ratio:.2f} ±{figure.ratio_error:.2f}"
