"""`maitred dead`: what could not be handled, and what to do with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from maitred.contracts.errors import Permanent
from maitred.gateway.bus.dead import DeadLetter, DeadLetters
from maitred.gateway.cli.printing import columns, one_line, one_line_after, plain, when
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)

_LIST_MAX: Final = 1_000
_SHOWN_CHARACTERS_MAX: Final = 4_096
_NUMBER_MAX: Final = 2**53
"""Every JSON reader between here and the server takes so much."""
Number = Annotated[
    int,
    typer.Argument(min=1, max=_NUMBER_MAX, help="The number that `maitred dead list` shows."),
]

app = typer.Typer(
    name="dead",
    help="Look at the quarantine; replay or drop what is in it.\n\nExample: maitred dead list",
    rich_markup_mode=None,
)


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List what is quarantined, the oldest first, up to 1,000.

    Example: maitred dead list --json
    """
    letters = run(config, lambda session: _letters(session).list(_LIST_MAX))
    if as_json:
        print_json([_summary(each) for each in letters])
        return
    if not letters:
        typer.echo("The quarantine is empty.")
        return
    for line in list_lines(letters, columns()):
        typer.echo(line)


def list_lines(letters: Sequence[DeadLetter], width: int) -> Iterator[str]:
    """Yield the letters as a table whose last column takes what is left of a line."""
    rows = [("number", "when", "stage", "code", "reason")]
    rows += [
        (str(each.seq), when(each.at_ms), each.stage, each.reason_code, each.reason)
        for each in letters
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        head = "".join(f"{row[column]:<{widths[column]}}  " for column in range(4))
        yield one_line_after(head, row[4], width)


@app.command()
def show(
    number: Number, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Show one quarantined message whole. It holds what a customer wrote.

    Example: maitred dead show 3
    """
    letter = run(config, lambda session: _find(session, number))
    text = letter.data.decode(errors="backslashreplace")
    if as_json:
        print_json({**_summary(letter), "headers": dict(letter.headers), "data": text})
        return
    for name, value in _summary(letter).items():
        shown = f"{when(value)} UTC" if name == "at" and isinstance(value, int) else value
        typer.echo(f"{name:<9} {one_line(str(shown))}")
    typer.echo()
    typer.echo(plain(text[:_SHOWN_CHARACTERS_MAX], lines=True))
    if len(text) > _SHOWN_CHARACTERS_MAX:
        typer.echo(f"… {len(text) - _SHOWN_CHARACTERS_MAX:,} more characters; --json shows all")


@app.command()
def replay(number: Number, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Put one quarantined message back to where it came from.

    Example: maitred dead replay 3
    """

    async def work(session: Session) -> None:
        await _find(session, number)
        await _letters(session).replay(number)

    run(config, work)
    typer.echo(f"Replayed {number}.")


@app.command()
def drop(number: Number, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Delete one quarantined message for good.

    Example: maitred dead drop 3
    """
    if not run(config, lambda session: _letters(session).drop(number)):
        raise Permanent(f"nothing is quarantined under number {number}", code="not_found")
    typer.echo(f"Dropped {number}.")


def _letters(session: Session) -> DeadLetters:
    return DeadLetters(session.connection, session.publisher, session.subjects)


async def _find(session: Session, number: int) -> DeadLetter:
    letter = await _letters(session).show(number)
    if letter is None:
        raise Permanent(f"nothing is quarantined under number {number}", code="not_found")
    return letter


def _summary(letter: DeadLetter) -> dict[str, str | int]:
    return {
        "number": letter.seq,
        "at": letter.at_ms,
        "stage": letter.stage,
        "code": letter.reason_code,
        "reason": letter.reason,
        "stream": letter.stream,
        "subject": letter.subject,
        "sequence": letter.input_seq,
    }
