"""`maitred policy replay`: recorded decisions made again, and a draft held against them."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from maitred.contracts.errors import ConfigurationError
from maitred.gateway import clock
from maitred.gateway.cli.moment import moment, parsed
from maitred.gateway.cli.policy.comparing import plain_whatif, print_whatif
from maitred.gateway.cli.policy.limits import limited
from maitred.gateway.cli.policy.telling import plain_verdict, verdict_lines
from maitred.gateway.cli.printing import columns
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.policies import policy_named
from maitred.gateway.settings.drafts import read_draft
from maitred.gateway.settings.load import read
from maitred.gateway.whatif.asking import Span, WhatIf, compared, replayed
from maitred.gateway.whatif.eras import in_force
from maitred.gateway.whatif.retrace import Verdict
from maitred.gateway.whatif.tape import Tape
from maitred.router.replaying.replay import Rules
from maitred.router.settings import Budgets

Found = tuple[Verdict, WhatIf | None]


def replay(
    since: Annotated[
        str, typer.Option("--since", help="From when: 2026-11-01, or 36h (ago).", callback=moment)
    ] = "",
    until: Annotated[
        str, typer.Option("--until", help="Up to when; now without it.", callback=moment)
    ] = "",
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="DRAFT.toml", help="Ask this draft too: a [routing]."),
    ] = None,
    budget: Annotated[
        list[str] | None,
        typer.Option("--budget", metavar="NAME=VALUE", help="A limit: moved=0.2, sla.chat=0.9."),
    ] = None,
    examples: Annotated[
        int, typer.Option("--examples", "-n", min=0, help="How many to print of what differs.")
    ] = 10,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Make recorded decisions again; say what another policy had done.

    Each must come out as it was recorded, bit for bit, under the settings that decided
    then; exits with 1 where one does not. With --policy it tells what had gone elsewhere,
    models waits and loads under both, and exits with 1 where a budget of
    [routing.budgets] or --budget is broken. Nothing is written.

    Example: maitred policy replay --since 7d --policy draft.toml --budget moved=0.2
    """
    settings = read(config).settings
    draft = read_draft(policy, settings) if policy is not None else None
    if draft is None and budget:
        raise ConfigurationError("--budget: is about a draft; name one with --policy")
    span = Span(parsed(since) or 0, parsed(until) or clock.now_ms())
    if span.since_ms >= span.until_ms:
        upto = f"--until {until}" if until else "now"
        raise ConfigurationError(f"--since {since}: is not before {upto}; name an earlier time")
    active = in_force(settings)
    if draft is None:
        work = partial(_replayed, active, span)
    else:
        made = policy_named(draft.policy, draft.routing)
        other = Rules(draft.routing, made, active.closed_ms)
        work = partial(_compared, active, other, span, limited(draft.routing, budget or ()))
    verdict, whatif = run(config, work)
    if as_json:
        asked = plain_whatif(whatif, examples) if whatif is not None else None
        print_json({"replay": plain_verdict(verdict, examples), "draft": asked})
    else:
        for line in verdict_lines(verdict, active.label, columns(), examples):
            typer.echo(line)
        if whatif is not None:
            print_whatif(whatif, examples)
    _end(verdict, whatif)


async def _replayed(active: Rules, span: Span, session: Session) -> Found:
    tape, tenant = Tape(session.connection, session.subjects), session.subjects.tenant
    with _bar() as progress:
        task = progress.add_task("replaying", total=await tape.length())
        return await replayed(tape, tenant, active, span, partial(progress.advance, task)), None


async def _compared(
    active: Rules, draft: Rules, span: Span, budgets: Budgets, session: Session
) -> Found:
    tape, tenant = Tape(session.connection, session.subjects), session.subjects.tenant
    with _bar() as progress:
        task = progress.add_task("replaying", total=await tape.length())
        advanced = partial(progress.advance, task)
        return await compared(tape, tenant, active, draft, span, budgets, advanced)


def _end(verdict: Verdict, whatif: WhatIf | None) -> None:
    said = list(whatif.broken) if whatif is not None else []
    if verdict.different:
        said.insert(0, f"{verdict.different:,} answers are not what was recorded")
    for sentence in said:
        typer.echo(f"maitred: {sentence}", err=True)
    if said:
        raise typer.Exit(1)


def _bar() -> Progress:
    """Show how far it is to whoever waits before a terminal."""
    console = Console(stderr=True)
    return Progress(console=console, disable=not sys.stderr.isatty(), transient=True)
