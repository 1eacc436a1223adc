"""`maitred policy show` and `maitred policy shadow`: what decides, and what looks on."""

from __future__ import annotations

from typing import Annotated

import typer

from maitred.contracts.policies import PolicyInForce, ShadowAnswer
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.history import scan, sequence_at
from maitred.gateway.cli.moment import moment, parsed
from maitred.gateway.cli.policy.comparing import plain_tally, print_tally
from maitred.gateway.cli.policy.telling import history_lines, plain_history
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.journal.lookup import decoded
from maitred.gateway.whatif.eras import in_force
from maitred.gateway.whatif.recording import history
from maitred.gateway.whatif.tally import Tally


def show(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Print which policy decides, and by which settings since when.

    Example: maitred policy show
    """

    async def work(session: Session) -> tuple[str, list[PolicyInForce]]:
        label = in_force(session.configuration.settings).label
        return label, await history(session.connection, session.subjects)

    label, records = run(config, work)
    if as_json:
        print_json(plain_history(label, records))
        return
    for line in history_lines(label, records):
        typer.echo(line)


def shadow(
    since: Annotated[
        str, typer.Option("--since", help="From when: 2026-11-01, or 36h (ago).", callback=moment)
    ] = "",
    examples: Annotated[
        int, typer.Option("--examples", "-n", min=0, help="How many to print of what differs.")
    ] = 10,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print what the shadow policy would have decided otherwise.

    Example: maitred policy shadow --since 1d
    """
    start = parsed(since) or 0

    async def work(session: Session) -> dict[str, Tally]:
        subject = session.subjects.any("shadow")
        after = await sequence_at(session.connection, JOURNAL, subject, start)
        found: dict[str, Tally] = {}
        async for stored in scan(session.connection, JOURNAL, subject, after=after):
            answer = decoded(stored.data, ShadowAnswer)
            if answer is not None:
                found.setdefault(answer.policy, Tally()).add(answer)
        return found

    found = run(config, work)
    if as_json:
        print_json({label: plain_tally(each, examples) for label, each in found.items()})
        return
    if not found:
        typer.echo("Nothing is recorded. `shadow` in the configuration names a draft to ask.")
    for label, tally in found.items():
        typer.echo(f"{label}: {tally.moved:,} decisions would have been made otherwise.")
        print_tally(tally, examples)
