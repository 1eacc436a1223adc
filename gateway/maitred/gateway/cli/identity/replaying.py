"""`maitred identity replay`: who would be who, by the evidence in a file alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from maitred.contracts.errors import BadPayload, ConfigurationError
from maitred.contracts.ids import MessageId
from maitred.contracts.limits import MIB
from maitred.gateway import logs, workbench
from maitred.gateway.cli.identity.sightings import History
from maitred.gateway.settings.load import read
from maitred.identity.bulk import Verdict, verdicts
from maitred.identity.policy import Policy

_STDIN: Final = Path("-")
_BAR_FROM_BYTES: Final = MIB
_LINES_A_STEP: Final = 1_000


def replay(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Messages, a line each; - reads standard input.")
    ],
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Take role names and limits from here."),
    ] = None,
) -> None:
    """Tell whose each message of a file is, by its evidence alone.

    A line is {"id", "at", "observed": [{"kind", "value", "level"}, …]}: `at` in seconds,
    the sender first, levels from 0 (claimed) to 4 (signed). Lines {"op": "revoke",
    "message"} and {"op": "cannot_link", "a", "b"} correct them. For each id there is a
    line {"id", "customer", "hint"}. No gateway is needed, and nothing is stored.

    Example: maitred identity replay history.jsonl | jq -r .customer | sort | uniq -c
    """
    logs.configure("error", "text")
    policy = read(config).settings.identity.policy if config else Policy()
    with _opened(file) as (stream, size), _bar(size) as progress:
        history = _history(file, stream, size, progress)
        progress.add_task("resolving", total=None)
        found = verdicts(
            history.sightings.values(),
            workbench.keys(),
            policy,
            revoked=history.revoked,
            cannot_links=history.cannot_links,
        )
    _print(found, history.written)
    if absent := len(history.revoked - found.keys()):
        typer.echo(f"maitred: {absent} of the revoked messages are not in the file", err=True)


def _history(file: Path, stream: BinaryIO, size: int | None, progress: Progress) -> History:
    task = progress.add_task("reading", total=size)
    history, behind = History(), 0
    for number, line in enumerate(stream, 1):
        behind += len(line)
        if number % _LINES_A_STEP == 0:
            progress.update(task, completed=behind)
        try:
            history.read(line)
        except BadPayload as error:
            where = "standard input" if file == _STDIN else file
            raise ConfigurationError(f"{where}: line {number}: {error}") from None
    progress.remove_task(task)
    return history


@contextmanager
def _opened(file: Path) -> Iterator[tuple[BinaryIO, int | None]]:
    if file == _STDIN:
        yield sys.stdin.buffer, None
        return
    with file.open("rb") as stream:
        yield stream, file.stat().st_size


def _bar(size: int | None) -> Progress:
    """Return a bar for whoever waits for a long file before a terminal."""
    is_short = size is not None and size < _BAR_FROM_BYTES
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=is_short or not console.is_terminal)


def _print(found: Mapping[MessageId, Verdict], written: Mapping[MessageId, str | int]) -> None:
    out = sys.stdout.buffer
    for message, verdict in found.items():
        line = {"id": written[message], "customer": verdict.customer, "hint": verdict.hint}
        out.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    out.flush()
