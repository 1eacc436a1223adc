"""The command line: `maitred up`, and what operators ask a running gateway.

Exit codes: 0 done, 1 it could not be done, 2 the command or the configuration is wrong.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer

from maitred.contracts.errors import ConfigurationError, MaitredError
from maitred.gateway.cli import (
    attachments,
    configuring,
    deliveries,
    explaining,
    identity,
    mood,
    normalizing,
    policy,
    quarantine,
    replaying,
    running,
    showing,
    simulating,
    waiting,
    watching,
)

FAILED: Final = 1
WRONG: Final = 2
_INTERRUPTED: Final = 130
"""What typer makes of Ctrl-C."""

app = typer.Typer(
    name="maitred",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("up")(running.up)
app.command("check")(configuring.check)
app.command("init")(configuring.init)
app.command("watch")(watching.watch)
app.command("ledger")(showing.ledger)
app.command("journey")(showing.journey)
app.command("conversation")(showing.conversation)
app.command("explain")(explaining.explain)
app.command("waiting")(waiting.waiting)
app.command("deliveries")(deliveries.deliveries)
app.command("attachment")(attachments.attachment)
app.command("normalize")(normalizing.normalize)
app.command("replay")(replaying.replay)
app.command("simulate")(simulating.simulate)
app.add_typer(mood.app, name="mood")
app.add_typer(policy.app, name="policy")
app.add_typer(quarantine.app, name="dead")
app.add_typer(identity.app, name="identity")


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.")
    ] = False,
) -> None:
    """Maitred takes in what customers write and hands each conversation to the right agent.

    Example: maitred init . && maitred check && maitred up
    """
    if show_version:
        typer.echo(f"maitred {version('maitred')}")
        raise typer.Exit(0)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(WRONG)


def main() -> None:
    """Run the command line; every fault is told in a line of its own, never as a traceback."""
    if sys.stdin is None:
        # Whoever started this closed it; nothing is to be read then.
        with Path(os.devnull).open(encoding="utf-8") as nothing:
            sys.stdin = nothing
            sys.exit(_run())
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(prog_name="maitred", standalone_mode=False)
    except ConfigurationError as error:
        return _say(*error.faults, code=WRONG)
    except typer.TyperException as error:
        place = getattr(getattr(error, "ctx", None), "command_path", "maitred")
        said = " ".join(error.format_message().split()).rstrip(".")
        return _say(f"{said}; `{place} --help` shows how", code=WRONG)
    except MaitredError as error:
        return _say(str(error), code=FAILED)
    except (typer.Abort, KeyboardInterrupt):
        return FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"{where}{error.strerror or type(error).__name__}", code=FAILED)
    return FAILED if code == _INTERRUPTED else int(code or 0)


def _say(*lines: str, code: int) -> int:
    for line in lines:
        typer.echo(f"maitred: {' '.join(line.split())}", err=True)
    return code
