"""`maitred waiting`: everybody who waits, why, and for how long still."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from textwrap import wrap
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from maitred.gateway.cli.housing import names_of, present
from maitred.gateway.cli.printing import columns, console, one_line
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.router.explaining.wording import CAUSES, span
from maitred.router.waits.estimate import HORIZON_MS, Range
from maitred.router.waits.waiting import SHOWN_MAX, Queue, Waiter
from maitred.router.waits.waiting import waiting as who_waits

_MOODS: Final = {"frustrated": "yellow", "angry": "red"}
_SHOWN_MOST: Final = 10_000
_INDENT: Final = 6
_TABLE_COLUMNS_MIN: Final = 160
"""In less, a table leaves no room for why somebody waits."""


def waiting(
    most: Annotated[
        int,
        typer.Option(
            "--most", "-n", min=1, max=_SHOWN_MOST, help="How many of the most urgent to print."
        ),
    ] = SHOWN_MAX,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print who waits, why, and how long it will still take.

    Example: maitred waiting --most 10
    """

    async def work(session: Session) -> Queue:
        now = await present(session)
        names = names_of(session.configuration)
        return who_waits(now.house, now.policy, now.settings, now.at, names, most=most)

    found = run(config, work)
    if as_json:
        print_json(plain(found))
    elif sys.stdout.isatty() and columns() >= _TABLE_COLUMNS_MIN:
        console().print(picture(found))
    else:
        for line in lines(found, columns()):
            typer.echo(line)


def plain(found: Queue) -> dict[str, Any]:
    """Return a queue as plain values; a wait beyond the horizon is null within its range."""
    value: dict[str, Any] = msgspec.to_builtins(found)
    for row, waiter in zip(value["shown"], found.shown, strict=True):
        if waiter.estimate is not None:
            row["estimate"] = {
                f"{name}_ms": round(at) if math.isfinite(at) else None
                for name, at in waiter.estimate._asdict().items()
            }
    return value


def lines(found: Queue, width: int) -> Iterator[str]:
    """Yield a queue in lines: a summary, and two lines for each who is told."""
    yield summary(found)
    for each in found.shown:
        yield ""
        head = f"{each.place:>4}  {each.conversation}  "
        told = [about(each), f"waits {span(each.age_ms)}", left(each), still(each.estimate)]
        for text, lead in ((", ".join(told), head), (one_line(each.why), " " * _INDENT)):
            yield from wrap(text, width, initial_indent=lead, subsequent_indent=" " * _INDENT)
    if hidden := found.count - len(found.shown):
        yield ""
        yield f"… {hidden:,} less urgent; `--most {_SHOWN_MOST}` shows more"


def picture(found: Queue) -> RenderableType:
    """Return a queue as a table."""
    table = Table(box=None)
    for name in ("", "conversation", "what", "waits", "SLA", "still"):
        table.add_column(name, no_wrap=True, justify="right" if name == "" else "left")
    table.add_column("why", overflow="fold")
    for each in found.shown:
        table.add_row(
            str(each.place),
            each.conversation,
            Text(about(each), style=_MOODS.get(each.mood.value, "default")),
            span(each.age_ms),
            Text(left(each), style="red" if each.left_ms < 0 else "default"),
            still(each.estimate),
            each.why,
        )
    return Group(Text(summary(found)), table) if found.shown else Text(summary(found))


def summary(found: Queue) -> str:
    """Return how many wait, and for what."""
    if not found.count:
        return "Nobody waits."
    causes = ", ".join(f"{count:,} {CAUSES[cause]}" for cause, count in found.causes.items())
    return f"{found.count:,} {'waits' if found.count == 1 else 'wait'}: {causes}"


def about(waiter: Waiter) -> str:
    """Return what kind of conversation it is."""
    tier = [waiter.tier] if waiter.tier != "standard" else []
    return " ".join([waiter.channel, *tier, waiter.mood.value])


def left(waiter: Waiter) -> str:
    """Return what is left of the time in which it should be served."""
    word = "left" if waiter.left_ms >= 0 else "late"
    return f"SLA {span(abs(waiter.left_ms))} {word}"


def still(estimate: Range | None) -> str:
    """Return how long it will still take, from the middle to where nine in ten are served."""
    if estimate is None:
        return "nobody knows how long still"
    if not math.isfinite(estimate.p50):
        return f"more than {span(HORIZON_MS)} still"
    if not math.isfinite(estimate.p90):
        return f"{span(estimate.p50)} still, or much more"
    middle, most = span(estimate.p50), span(estimate.p90)
    return f"at most {most} still" if middle == most else f"{middle} to {most} still"
