"""What a draft would have changed, as tables and as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import typer
from rich.table import Table

from maitred.contracts.policies import ShadowAnswer, Standing
from maitred.gateway.cli.comparing import print_table
from maitred.gateway.cli.printing import console, when
from maitred.gateway.whatif.asking import WhatIf
from maitred.gateway.whatif.model import Modelled
from maitred.gateway.whatif.tally import Tally
from maitred.router.simulation.report import Report

_ROWS_MAX: Final = 10
_PIPED_COLUMNS: Final = 200
_AGENTS_SHOWN: Final = 20


def print_whatif(whatif: WhatIf, examples: int) -> None:
    """Print what a draft would have changed."""
    stepping = whatif.stepping
    share = f" ({stepping.share:.1%})" if stepping.share is not None else ""
    moved = f"{stepping.tally.moved:,} of {stepping.decisions:,} decisions{share}"
    typer.echo(
        f"\nUnder {whatif.label}, {moved} would have been made otherwise, "
        f"each from where everything stood{':' if stepping.tally.moved else '.'}"
    )
    print_tally(stepping.tally, examples)
    typer.echo("")
    if whatif.modelled is None:
        typer.echo(
            "Waits and loads cannot be modelled: nothing was finished, or nobody was at hand."
        )
    else:
        _print_model(whatif.modelled)


def print_tally(tally: Tally, examples: int) -> None:
    """Print what would have been decided otherwise: how many by what, and some of them."""
    table = _table("by", "", "decisions")
    for name, counts in tally.counts().items():
        for number, (key, count) in enumerate(_top(counts)):
            table.add_row("" if number else name, key, f"{count:,}")
    if table.row_count:
        _out(table)
    if not tally.examples or not examples:
        return
    listed = _table("when", "conversation", "channel", "decided", "instead")
    for each in tally.examples[:examples]:
        listed.add_row(
            when(each.at),
            each.conversation,
            each.channel,
            _standing(each.active),
            _standing(each.shadow),
        )
    _out(listed)


def _print_model(found: Modelled) -> None:
    print_table(found.reports)
    typer.echo("")
    loads = _table("load of agent", *(each.policy for each in found.reports))
    for agent in _agents(found.reports)[:_AGENTS_SHOWN]:
        loads.add_row(agent, *(_load(each, agent) for each in found.reports))
    _out(loads)
    for note in found.notes:
        typer.echo(note)


def _agents(reports: Sequence[Report]) -> list[str]:
    """Return whose load changes most first."""

    def change(agent: str) -> float:
        one, other = (each.by_agent.get(agent) for each in reports[:2])
        return -abs((one.load if one else 0.0) - (other.load if other else 0.0))

    known = {agent for each in reports for agent in each.by_agent}
    return sorted(known, key=lambda agent: (change(agent), agent))


def _load(report: Report, agent: str) -> str:
    found = report.by_agent.get(agent)
    return f"{found.load:.1%} ({found.served:,})" if found is not None else "-"


def _top(counts: Counter[str]) -> list[tuple[str, int]]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    rest = sum(count for _, count in ordered[_ROWS_MAX:])
    return [*ordered[:_ROWS_MAX], *([("(others)", rest)] if rest else [])]


def _standing(standing: Standing) -> str:
    whom = f" {', '.join(standing.agents)}" if standing.agents else ""
    why = f" ({standing.rule})" if standing.rule else ""
    return f"{standing.state}{whom}{why}"


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for head in heads:
        right = head == "decisions"
        # An id that is cut is of no use to whoever wants to look it up.
        whole = head == "conversation"
        table.add_column(head, justify="right" if right else "left", no_wrap=whole)
    return table


def _out(table: Table) -> None:
    console(piped_columns=_PIPED_COLUMNS).print(table)


def plain_whatif(whatif: WhatIf, examples: int) -> dict[str, Any]:
    """Return what a draft would have changed as plain values."""
    stepping, found = whatif.stepping, whatif.modelled
    return {
        "policy": whatif.label,
        "decisions": stepping.decisions,
        "share": stepping.share,
        **plain_tally(stepping.tally, examples),
        "model": {each.policy: each for each in found.reports} if found is not None else None,
        "notes": list(found.notes) if found is not None else [],
        "budgets_broken": list(whatif.broken),
    }


def plain_tally(tally: Tally, examples: int) -> dict[str, Any]:
    """Return counts and examples as plain values."""
    listed: list[ShadowAnswer] = tally.examples[:examples]
    return {
        "moved": tally.moved,
        "by": {name: dict(_all(counts)) for name, counts in tally.counts().items()},
        "examples": listed,
    }


def _all(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))
