"""`maitred attachment MESSAGE INDEX`: a file that came with a message."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.ids import MessageId
from maitred.contracts.limits import ATTACHMENTS_MAX
from maitred.gateway import reading
from maitred.gateway.attachments import Attachments, File, fetchers
from maitred.gateway.bus.endpoint import write_private
from maitred.gateway.cli.printing import one_line
from maitred.gateway.cli.session import DEFAULT_CONFIG, ConfigOption, Session, run

_PREFIX: Final = "msg_"


def _message_id(value: str) -> str:
    if not reading.is_id(value, _PREFIX):
        raise typer.BadParameter(f"an id looks like {_PREFIX}…")
    return value


def attachment(
    message: Annotated[
        str,
        typer.Argument(metavar="MESSAGE", help=f"As in {_PREFIX}…", callback=_message_id),
    ],
    index: Annotated[
        int,
        typer.Argument(
            metavar="INDEX",
            help="Which of its attachments, counted from 0.",
            min=0,
            max=ATTACHMENTS_MAX - 1,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write to this file, which must be new."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write out a file that came with a message.

    One that stayed at its provider is fetched the first time, and kept.

    Example: maitred attachment msg_4f1c 0 --out photo.jpg
    """
    if out is None and sys.stdout.isatty():
        raise ConfigurationError("a file is not for the screen: name one with --out")
    if out is not None and out.exists():
        raise ConfigurationError(f"{out}: exists already, and is not overwritten")

    async def work(session: Session) -> File:
        attachments = Attachments(
            session.publisher, session.subjects, fetchers(session.configuration)
        )
        return await attachments.read(MessageId(message), index)

    found = run(config, work)
    if out is None:
        sys.stdout.buffer.write(found.data)
        sys.stdout.buffer.flush()
        return
    write_private(out, found.data)
    # Name and type are a stranger's words: shown, and never taken for the file's name.
    said = one_line(f"{found.name} ({found.content_type or 'no type'})")
    typer.echo(f"Wrote {len(found.data):,} bytes to {out}: {said}")
