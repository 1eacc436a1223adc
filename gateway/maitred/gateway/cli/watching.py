"""`maitred watch`: the live table."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live as Screen
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.ids import AgentId
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.pull import Pull
from maitred.gateway.cli.printing import console
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.ledger import Ledger, balance
from maitred.gateway.live import Live, subjects_of

_REFRESH_SECONDS = 0.5
_MOODS = {"delighted": "green", "calm": "default", "frustrated": "yellow", "angry": "red"}


def watch(
    config: ConfigOption = DEFAULT_CONFIG,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, help="Stop after so long; 0: go on until Ctrl-C.")
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Watch journeys, moods, queues and assignments, live.

    Example: maitred watch --seconds 60 --json
    """
    live = Live()

    async def work(session: Session) -> None:
        timeout = seconds or None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                if as_json:
                    await follow(session, live)
                else:
                    await _show(session, live)

    # Ctrl-C is how a watch without an end is ended.
    with contextlib.suppress(KeyboardInterrupt):
        run(config, work)
    if as_json:
        print_json(summary(live))


async def follow(session: Session, live: Live) -> None:
    """Fold the journal into `live` from now on, until cancelled."""
    pull = Pull(
        session.connection, JOURNAL, subjects_of(session.subjects), after=None, name="watch"
    )
    try:
        async for received in pull.batches():
            for item in received:
                live.fold(item)
    finally:
        await pull.close()


async def _show(session: Session, live: Live) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(follow(session, live))
            with Screen(console=console(piped_columns=100), refresh_per_second=4) as screen:
                while True:
                    ledger: Ledger | None = None
                    with contextlib.suppress(StoreUnavailable):
                        ledger = await balance(session.connection, session.subjects)
                    screen.update(picture(live, ledger))
                    await asyncio.sleep(_REFRESH_SECONDS)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


def summary(live: Live) -> dict[str, object]:
    """Return what was seen, as plain values."""
    return {
        "messages": dict(live.messages),
        "journeys": live.journey_count(),
        "crossed_channels": live.crossed(),
        "conversations": dict(live.states()),
        "queues": dict(live.queues()),
        "offers": dict(live.offered),
        "assignments": dict(live.accepted),
        "acceptance_to_offer_ms": {"p50": live.percentile(0.5), "p99": live.percentile(0.99)},
    }


def picture(live: Live, ledger: Ledger | None) -> RenderableType:
    """Return the live table."""
    journeys = _table("customer", "channels", "mood", "messages", "state", "holder")
    for line in live.latest():
        routing = live.routing.get(line.conversation) if line.conversation else None
        journeys.add_row(
            line.customer[4:14],
            " → ".join(line.channels),
            Text(line.mood, style=_MOODS.get(line.mood, "default")),
            str(line.messages),
            routing.state.value if routing else "",
            (routing.agent or "") if routing else "",
        )
    agents = _table("agent", "presence", "holds", "offered", "accepted", "completed")
    holding = live.held_by()
    for name in sorted({*live.presence, *live.offered}):
        presence = live.presence.get(AgentId(name))
        agents.add_row(
            name,
            presence.value if presence else "",
            str(holding[name]),
            str(live.offered[name]),
            str(live.accepted[name]),
            str(live.completed[name]),
        )
    return Group(
        Panel(journeys, title="journeys", title_align="left"),
        Panel(agents, title="agents", title_align="left"),
        _footer(live, ledger),
    )


def _table(*names: str) -> Table:
    table = Table(box=None)
    for name in names:
        numbers = name in {"messages", "holds", "offered", "accepted", "completed"}
        table.add_column(
            name, no_wrap=True, overflow="ellipsis", justify="right" if numbers else "left"
        )
    return table


def _footer(live: Live, ledger: Ledger | None) -> Text:
    channels = "  ".join(f"{name} {count}" for name, count in sorted(live.messages.items()))
    states = "  ".join(f"{name} {count}" for name, count in sorted(live.states().items()))
    queues = "  ".join(f"{name} {count}" for name, count in live.queues().most_common(5))
    p50, p99 = live.percentile(0.5), live.percentile(0.99)
    lines = [
        f"messages  {channels or 'none yet'}",
        f"journeys  {live.journey_count()}, {live.crossed()} across channels",
        f"states    {states or 'none yet'}",
        f"queues    {queues or 'empty'}",
    ]
    if p50 is not None:
        lines.append(f"offered   p50 {p50} ms, p99 {p99} ms after acceptance")
    if ledger is not None:
        lines.append(f"ledger    accepted {ledger.accepted}, gap {ledger.gap}")
    return Text("\n".join(lines))
