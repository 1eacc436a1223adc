"""Reports of several policies side by side, with ratios to the first one that is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.table import Table

from maitred.gateway.cli.printing import console
from maitred.router.simulation.report import Report

_PIPED_COLUMNS: Final = 200


def print_table(reports: Sequence[Report]) -> None:
    """Print a row for each figure and a column for each policy."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for number, each in enumerate(reports):
        table.add_column(each.policy + " (=1)" * (number == 1), justify="right")
    for path, name, form in _rows(reports[0]):
        values = [_value(each, path) for each in reports]
        table.add_row(name, *_cells(values, form))
    console(piped_columns=_PIPED_COLUMNS).print(table)


def ratios(reports: Sequence[Report]) -> dict[str, dict[str, float | None]]:
    """Return by figure and policy what it is over the first policy that is compared with."""
    if not reports[1:]:
        return {}
    return {
        path: {
            each.policy: _ratio(_value(each, path), _value(reports[1], path)) for each in reports
        }
        for path, _, _ in _rows(reports[0])
    }


def _cells(values: Sequence[float | None], form: str) -> Iterator[str]:
    for number, value in enumerate(values):
        ratio = _ratio(value, values[1]) if number != 1 and values[1:] else None
        times = "" if ratio is None else f" x{ratio:.2f}"
        yield "-" if value is None else f"{value:{form}}{times}"


def _ratio(value: float | None, base: float | None) -> float | None:
    return round(value / base, 6) if value is not None and base else None


def _value(report: Report, path: str) -> float | None:
    found: Any = report
    for key in path.split("/"):
        found = found[key] if isinstance(found, dict) else getattr(found, key)
    return None if found is None else float(found)


def _rows(first: Report) -> Iterator[tuple[str, str, str]]:
    """Return what is compared: where it stands in a report, its name, and how it is written."""
    yield "served", "served", ",.0f"
    yield "left", "left", ",.0f"
    yield "waiting", "still waiting", ",.0f"
    yield "live/abandoned", "live abandoned", ".2%"
    for mood in first.live_by_mood:
        yield f"live_by_mood/{mood}/mean", f"live wait of {mood}, s", ",.1f"
        yield f"live_by_mood/{mood}/p95", "  95 of 100 less than", ",.1f"
    for channel in first.by_channel:
        yield f"by_channel/{channel}/in_sla", f"{channel} within SLA", ".1%"
    yield "oldest_email", "oldest email, s", ",.0f"
    yield "delay_cost", "delay cost", ".3f"
    yield "fit", "fit", ".3f"
    yield "angry_fit", "fit of angry", ".3f"
    yield "sticky", "by previous agent", ".1%"
    yield "load", "load", ".1%"
    yield "load_cv", "spread of load (cv)", ".3f"
