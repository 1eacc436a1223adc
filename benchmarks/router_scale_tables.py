"""The figures of the router's scale, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def show(figures: Mapping[str, Any], console: Console) -> None:
    """Print all of them."""
    console.print(
        f"{figures['agents']:,} agents of {figures['profiles']:,} profiles, "
        f"{figures['kinds']:,} classes; microseconds, mean and 99th percentile"
    )
    console.print(_freed(figures["freed"], figures["growth"]))
    table = Table("waiting", "bytes in the queue", "bytes of its document", box=None)
    for row in figures["freed"]:
        table.add_row(
            f"{row['waiting']:,}", f"{row['queue_bytes']:,.0f}", f"{row['document_bytes']:,.0f}"
        )
    console.print(table)
    columns = ("an arrival; idle", "choice", "nearest misses", "whole event")
    table = Table(*columns, "first of its kind", "scan of all agents", box=None)
    for row in figures["arrivals"]:
        names = ("best", "misses", "handle", "first", "naive")
        table.add_row(f"{row['idle']:.1%}", *(_cost(row[name]) for name in names))
    console.print(table)
    table = Table("classes that an agent suits", "loop", "NumPy", box=None)
    for row in figures["crossing"]:
        table.add_row(f"{row['classes']:,}", _cost(row["loop"]), _cost(row["numpy"]))
    console.print(table)


def _freed(rows: list[dict[str, Any]], growth: Mapping[str, Any]) -> Table:
    columns = ("a slot frees; waiting", "choice", "taking", "enqueueing", "whole event")
    table = Table(*columns, "first look", "scan of all", box=None)
    names = ("best", "take", "put", "handle")
    for row in rows:
        costs = [_cost(row[name]) for name in (*names, "first")]
        table.add_row(f"{row['waiting']:,}", *costs, _cost(row.get("naive")))
    table.add_row("a tenfold adds", *(f"{growth[name]['us_a_tenfold']:+.2f}" for name in names))
    table.add_row("exponent of a power", *(f"{growth[name]['exponent']:+.3f}" for name in names))
    return table


def _cost(cost: Mapping[str, float] | None) -> str:
    return "" if cost is None else f"{cost['mean']:,.1f} / {cost['p99']:,.1f}"
