"""The command line: `maitred up`, and what operators ask a running gateway.

Exit codes: 0 done, 1 it could not be done, 2 the command or the configuration is wrong.
"""

from __future__ import annotations

import sys
from typing import Final

import click
import typer

from maitred.contracts.errors import ConfigurationError, MaitredError
from maitred.gateway.cli import configuring, quarantine, running, showing, watching

FAILED: Final = 1
WRONG: Final = 2

app = typer.Typer(
    name="maitred",
    help="Maitred takes in what customers write and hands each conversation to the right agent.",
    no_args_is_help=True,
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
app.add_typer(quarantine.app, name="dead")


def main() -> None:
    """Run the command line; every fault is told in a line of its own, never as a traceback."""
    try:
        code = app(standalone_mode=False)
    except ConfigurationError as error:
        for fault in error.faults:
            _say(fault)
        sys.exit(WRONG)
    except click.ClickException as error:
        error.show()
        sys.exit(WRONG)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(FAILED)
    except MaitredError as error:
        _say(str(error))
        sys.exit(FAILED)
    except BrokenPipeError:
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _say(text: str) -> None:
    sys.stderr.write(f"maitred: {text}\n")
