"""`maitred identity export`: all that is known of one customer, in one archive."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from maitred.contracts.errors import ConfigurationError
from maitred.gateway import clock
from maitred.gateway.cli.identity.desk import operating_of
from maitred.gateway.cli.identity.erasing import Who, about
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.erasure.seeding import belongings_of
from maitred.gateway.export.exporting import Export


def export(
    who: Who,
    out: Annotated[Path, typer.Option("--out", "-o", help="The archive, a ZIP; must be new.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Write all that is known of a customer into one archive.

    README.txt in it says what is what; what others wrote is left out. Only you can read
    the file: it holds everything in plain.

    Example: maitred identity export email:ann@example.com --out ann.zip
    """
    if out.exists():
        raise ConfigurationError(f"{out}: exists already, and is not overwritten")

    async def work(session: Session) -> Counter[str]:
        tools, now = operating_of(session).tools, clock.now_ms()
        found = await belongings_of(
            session.connection, tools, about(session, who), now, claims=False
        )
        with _progress() as progress:
            tasks = {name: progress.add_task(name, total=None) for name in ("reading", "files")}

            def advance(what: str, done: int, of: int) -> None:
                progress.update(tasks[what], completed=done, total=of)

            return await Export(session.connection, tools, found, now, advance).write(out)

    counts = run(config, work)
    if as_json:
        print_json({"file": str(out), "counts": counts})
        return
    typer.echo(f"Wrote {out.stat().st_size:,} bytes to {out}:")
    for what, count in counts.items():
        typer.echo(f"{count:>8,}  {what}")


def _progress() -> Progress:
    """Show how far it is, where a person looks on."""
    shown = sys.stderr.isatty()
    return Progress(console=Console(stderr=True), disable=not shown, transient=True)
