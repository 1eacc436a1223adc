"""`maitred deliveries`: replies that wait, failed, or of which nobody knows.

Neither addresses nor texts are shown: `maitred conversation` tells who was to read what.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from maitred.contracts.outbound import DeliveryDoc, DeliveryState
from maitred.gateway.cli.moment import moment, parsed
from maitred.gateway.cli.printing import columns, one_line, when, wrapped
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.delivery.listing import TROUBLED, Listed, since_when, troubled

_SHOWN: Final = 100
_SHOWN_MOST: Final = 10_000
_SINCE: Final = "7d"
_INDENT: Final = 4
_CELL_COLUMNS_MAX: Final = 64
HEADS: Final = ("outbound", "conversation", "channel", "account", "state", "error", "since")


class State(StrEnum):
    """What replies may be asked for."""

    WAITING = "waiting"
    FAILED = "failed"
    UNKNOWN = "unknown"


def deliveries(
    channel: Annotated[str, typer.Option(help="Only of this channel, as in sms.")] = "",
    state: Annotated[
        State | None, typer.Option(help="Only in this state.", show_default=False)
    ] = None,
    since: Annotated[
        str,
        typer.Option(
            help="Only what became so from then on: 2026-11-01, or 36h (ago).", callback=moment
        ),
    ] = _SINCE,
    most: Annotated[
        int,
        typer.Option(
            "--most", "-n", min=1, max=_SHOWN_MOST, help="How many of the newest to print."
        ),
    ] = _SHOWN,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List replies that wait, failed or are unknown.

    Example: maitred deliveries --channel sms --state waiting
    """
    states = TROUBLED if state is None else frozenset({DeliveryState(state.value)})

    async def work(session: Session) -> Listed:
        return await troubled(
            session.connection,
            session.subjects,
            since=parsed(since) or 0,
            most=most,
            states=states,
            channel=channel,
        )

    found = run(config, work)
    if as_json:
        print_json({"shown": list(map(plain, found.shown)), "has_older": found.has_older})
        return
    for line in lines(found, columns()):
        typer.echo(line)


def plain(doc: DeliveryDoc) -> dict[str, Any]:
    """Return what programs are told of one reply; times are UTC milliseconds."""
    return {
        "outbound": doc.id,
        "conversation": doc.conversation,
        "channel": doc.channel,
        "account": doc.account,
        "agent": doc.agent,
        "state": doc.state.value,
        "error": doc.error,
        "since": since_when(doc),
        "attempts": doc.attempts,
    }


def lines(found: Listed, width: int) -> Iterator[str]:
    """Yield the replies as a table, a line each or as many as it takes to cut no id."""
    if not found.shown:
        yield "No such reply."
        return
    rows: list[Sequence[str]] = [HEADS, *map(_cells, found.shown)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=True))
        yield wrapped("  ".join(padded).rstrip(), width, _INDENT)
    if found.has_older:
        yield f"… and older ones; `--most {_SHOWN_MOST}` shows more"


def _cells(doc: DeliveryDoc) -> tuple[str, ...]:
    told = (doc.id, doc.conversation, doc.channel, doc.account, doc.state.value, doc.error)
    return (*(one_line(cell, _CELL_COLUMNS_MAX) or "-" for cell in told), when(since_when(doc)))
