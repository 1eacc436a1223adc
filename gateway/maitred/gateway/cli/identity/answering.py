"""Answering: what the commands about identities print."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from maitred.contracts.errors import Permanent
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.gateway.cli.identity.receipts import COMMANDS, LINE_INDENT, Told
from maitred.gateway.cli.printing import columns, one_line, plain, when, wrapped
from maitred.gateway.cli.session import print_json
from maitred.identity.operators.operations import Outcome


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants something said, why, and how it is answered."""

    by: str
    why: str
    config: Path
    dry: bool = False
    reveal: bool = False
    as_json: bool = False


def tell(outcome: Outcome, head: str, asked: Asked) -> None:
    """Print what an operation did, or would do, under `head`."""
    told = Told(outcome.receipt, reveal=asked.reveal)
    if asked.as_json:
        done = {"operation": None} if asked.dry else {}
        print_json({**told.json(), **done, "dry_run": asked.dry})
        return
    typer.echo(head)
    for line in told.lines():
        typer.echo(wrapped(plain(line), columns(), LINE_INDENT))
    operation = outcome.receipt.operation
    if asked.dry:
        typer.echo("Nothing was written.")
    elif not head.startswith("undone"):
        typer.echo(f"undo: maitred identity undo {operation}")


def tell_against(outcome: Outcome, asked: Asked) -> None:
    """Tell that a link would be none.

    Raises:
        Permanent: it was meant to be done, and was not.
    """
    told = Told(outcome.receipt, reveal=asked.reveal)
    why = "; ".join(told.against())
    if asked.as_json:
        print_json({**told.json(), "dry_run": asked.dry})
    elif asked.dry:
        typer.echo(wrapped(f"would not merge: {why}", columns(), LINE_INDENT))
    if not asked.dry:
        raise Permanent(f"not linked: {why}", code="against")


def tell_already(record: OperationDoc, asked: Asked) -> None:
    """Print that it was said before, and by whom."""
    if asked.as_json:
        print_json({"already": record})
        return
    by = f"{record.by}, {when(record.at)}: {record.why}"
    typer.echo(one_line(f"already said by {by}", columns()))
    typer.echo(f"undo: maitred identity undo {record.id}")


def tell_undone(record: OperationDoc, asked: Asked) -> None:
    """Print that it was undone before, and how to have it again."""
    if asked.as_json:
        print_json({"already": record})
        return
    by = f"{record.undone_by}, {when(record.undone_at)}: {record.undone_why}"
    typer.echo(one_line(f"undone already by {by}", columns()))
    about: list[str | None]
    match record.kind:
        case OperationKind.SPLIT:
            about = [record.conversation, *record.moved]
        case OperationKind.JOIN:
            about = [record.conversation, record.other]
        case _:
            about = [record.message or record.a, record.b]
    again = " ".join([COMMANDS[record.kind], *(each for each in about if each)])
    typer.echo(f"to have it again: maitred identity {again} --why …")


def tell_record(record: OperationDoc, asked: Asked) -> None:
    """Print that a split or a join is undone."""
    if asked.as_json:
        print_json(record)
        return
    typer.echo(f"undone {record.id}: {COMMANDS[record.kind]} of {record.conversation}")
