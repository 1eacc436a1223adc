"""`maitred ledger`, `maitred journey ID`, `maitred conversation ID`."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Annotated, Final

import typer

from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.errors import MaitredError
from maitred.contracts.routing import Decision, RoutingDoc
from maitred.gateway import reading
from maitred.gateway.cli.feeling import mood_lines
from maitred.gateway.cli.printing import columns, one_line, one_line_after, when
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.cli.telling import INDENT, counted, journey_lines
from maitred.gateway.ledger import balance
from maitred.router.explaining.explain import sentences

_ID_SHOWN: Final = 40


def known_id(*prefixes: str) -> typer.models.ArgumentInfo:
    """Return the argument of an id that begins with one of `prefixes`."""

    def check(value: str) -> str:
        if not reading.is_id(value, *prefixes):
            kinds = " or ".join(f"{prefix}…" for prefix in prefixes)
            said = f"an id looks like {kinds}, not {value[:_ID_SHOWN]!r}"
            if ":" in value and "cus_" in prefixes:
                said += "; `maitred identity show` finds it by an address or a number"
            raise typer.BadParameter(said)
        return value

    info: typer.models.ArgumentInfo = typer.Argument(
        metavar="ID", help=f"As in {' or '.join(f'{each}…' for each in prefixes)}", callback=check
    )
    return info


def ledger(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Print the balance of all messages; exit with 1 at a gap.

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


IdsOption = Annotated[
    bool, typer.Option("--ids", help="Print the ids of messages too, for split and revoke.")
]


def journey(
    name: Annotated[str, known_id("cus_", "cnv_")],
    last: Annotated[
        int, typer.Option("--last", "-n", min=1, help="How many of the latest to print.")
    ] = 100,
    everything: Annotated[
        bool, typer.Option("--all", help="Print everything, however long it is.")
    ] = False,
    versions: Annotated[
        bool, typer.Option("--versions", help="Print what was said before it was changed.")
    ] = False,
    ids: IdsOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print what a customer wrote and was answered, everywhere.

    Example: maitred journey cus_lknq3gvlyljwv4p2pqg7i3gcxe
    """

    async def work(session: Session) -> reading.Journey:
        newest = None if everything else max(reading.NEWEST, last)
        return await reading.journey(session.connection, session.subjects, name, newest=newest)

    found = run(config, work)
    if as_json:
        print_json(found)
        return
    shown = None if everything else last
    for line in journey_lines(found, columns(), last=shown, versions=versions, ids=ids):
        typer.echo(line)


def conversation(
    name: Annotated[str, known_id("cnv_")],
    ids: IdsOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print what was said, where it stands, how it was decided.

    Example: maitred conversation cnv_3dw6nq2zkkqj7ws6pq5xuhkx4e
    """

    async def work(session: Session) -> reading.ConversationStory:
        return await reading.story(session.connection, session.subjects, name)

    found = run(config, work)
    if as_json:
        print_json(found)
        return
    for line in story_lines(found, columns(), ids=ids):
        typer.echo(line)


def story_lines(
    found: reading.ConversationStory, width: int, *, ids: bool = False
) -> Iterator[str]:
    """Yield a conversation: what it is, what was said, and why it went where it went.

    `ids` adds those of the messages.
    """
    said, routing = found.conversation, found.routing
    yield one_line_after(f"{said.id}  ", said.subject or "(no subject)", width)
    yield one_line_after(f"customer   {said.customer}  ", said.name or "(no name)", width)
    yield f"trust      {said.trust.name.lower()}"
    yield from mood_lines(said, routing, width)
    yield f"needs      {_needs(said)}"
    yield f"state      {state_of(routing)}"
    if said.joined_into is not None:
        yield f"stands in  {said.joined_into}"
    yield ""
    yield "said"
    turns: list[Turn] = [*said.turns, *(routing.replies if routing else ())]
    if said.left_out > 0:
        earlier = counted(said.left_out, "earlier message")
        yield f"  … {earlier}; `maitred journey {said.id}` has all"
    for turn in sorted(turns, key=lambda each: each.at):
        who = turn.agent if turn.speaker is Speaker.AGENT else turn.name or "customer"
        claimed = "(claimed) " if turn.speaker is Speaker.CLAIMED else ""
        head = f"  {when(turn.at)}  {turn.channel:<6}  {claimed}{one_line(who or 'agent', 20)}: "
        yield one_line_after(head, _words(turn), width).rstrip()
        if ids and turn.message is not None:
            yield from (f"{INDENT}{each}" for each in (turn.message, *turn.parts))
    yield ""
    yield "decided"
    if not found.decisions:
        yield "  nothing yet"
    for decision in found.decisions:
        yield f"  {when(decision.at)}  {_outcome(decision)}"
        for sentence in sentences(decision):
            yield from wrap(
                one_line(sentence), width, initial_indent="    ", subsequent_indent="      "
            )


def _words(turn: Turn) -> str:
    if turn.deleted:
        return "(deleted)"
    files = f" [{', '.join(turn.attachments)}]" if turn.attachments else ""
    return f"{'(edited) ' if turn.edited_at else ''}{turn.text}{files}"


def _needs(said: Conversation) -> str:
    needs = said.needs
    parts = [f"{need.skill} ≥ {need.level:g}" for need in needs.skills]
    parts += [f"language {said.language}"] if said.language else []
    parts += ["a human"] if needs.human_only else []
    parts += [f"tier {said.tier}"] if said.tier != "standard" else []
    return ", ".join(parts) or "nothing special"


def state_of(routing: RoutingDoc | None) -> str:
    """Return where a conversation stands, in a few words."""
    if routing is None:
        return "not routed yet"
    holder = f" ({routing.agent})" if routing.agent else ""
    reason = f", {routing.closed_reason}" if routing.closed_reason else ""
    return f"{routing.state.value}{holder}, epoch {routing.epoch}{reason}"


def _outcome(decision: Decision) -> str:
    agent = f" to {decision.agent}" if decision.agent and decision.outcome == "offered" else ""
    return f"{decision.outcome.value}{agent}, epoch {decision.epoch}"
