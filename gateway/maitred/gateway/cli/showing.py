"""`maitred ledger`, `maitred journey ID`, `maitred conversation ID`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from maitred.contracts.conversation import Speaker, Turn
from maitred.contracts.errors import MaitredError
from maitred.gateway import reading
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.ledger import balance
from maitred.router.explain import sentences

_LINE_CHARACTERS_MAX = 100


def ledger(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Print the balance of all accepted messages; exit with 1 if the gap is not 0.

    Example: maitred ledger --json
    """
    found = run(config, lambda session: balance(session.connection, session.subjects))
    rows = {
        "accepted": found.accepted,
        "journalled": found.journalled,
        "suppressed": found.suppressed,
        "dead": found.dead,
        "in_flight": found.in_flight,
        "gap": found.gap,
    }
    if as_json:
        print_json(rows)
    else:
        for name, count in rows.items():
            typer.echo(f"{name.replace('_', ' '):<12}{count:>12,}")
    if found.gap:
        raise MaitredError(f"{found.gap} accepted messages are nowhere")


def journey(
    name: Annotated[str, typer.Argument(metavar="ID", help="A customer (cus_…) or cnv_….")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print a customer's journey: everything he wrote, over all channels.

    Example: maitred journey cus_lknq3gvlyljwv4p2pqg7i3gcxe
    """

    async def work(session: Session) -> reading.Journey:
        return await reading.journey(session.connection, session.subjects, name)

    found = run(config, work)
    if as_json:
        print_json(found)
        return
    customer = found.customer
    typer.echo(
        f"{customer.id}  {customer.name or 'no name'}  since {_when(customer.first_seen_at)}  "
        f"{len(found.identifiers)} identifiers  channels: {', '.join(customer.channels)}"
    )
    table = Table("when", "channel", "kind", "conversation", "mood", "text", box=None)
    for entry in found.entries:
        message = entry.message
        table.add_row(
            _when(message.received_at),
            message.channel,
            message.kind.value,
            entry.conversation or "-",
            message.affect.label.value if message.affect else "-",
            _line(message.text),
        )
    Console().print(table)


def conversation(
    name: Annotated[str, typer.Argument(metavar="ID", help="A conversation (cnv_…).")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print a conversation: what was said, where it stands, how it was decided.

    Example: maitred conversation cnv_3dw6nq2zkkqj7ws6pq5xuhkx4e
    """

    async def work(session: Session) -> reading.ConversationStory:
        return await reading.story(session.connection, session.subjects, name)

    found = run(config, work)
    if as_json:
        print_json(found)
        return
    said, routing = found.conversation, found.routing
    needs = ", ".join(f"{need.skill} ≥ {need.level:g}" for need in said.needs.skills) or "none"
    typer.echo(f"{said.id}  {said.subject or 'no subject'}")
    typer.echo(f"customer {said.customer}  trust {said.trust.name.lower()}  mood {said.mood.label}")
    typer.echo(f"needs {needs}  language {said.language or 'unknown'}  tier {said.tier}")
    if routing is not None:
        holder = routing.agent or "nobody"
        typer.echo(f"state {routing.state.value}  holder {holder}  epoch {routing.epoch}")
    turns: list[Turn] = [*said.turns, *(routing.replies if routing else ())]
    for turn in sorted(turns, key=lambda each: each.at):
        who = turn.agent if turn.speaker is Speaker.AGENT else turn.name or "customer"
        typer.echo(f"  {_when(turn.at)}  {turn.channel:<6} {who}: {_line(turn.text)}")
    for decision in found.decisions:
        for sentence in sentences(decision):
            typer.echo(f"  why: {sentence}")


def _when(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LINE_CHARACTERS_MAX else flat[: _LINE_CHARACTERS_MAX - 1] + "…"
