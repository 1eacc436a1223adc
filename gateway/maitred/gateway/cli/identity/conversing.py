"""`maitred identity split` and `maitred identity join`: which messages are one conversation."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from maitred.contracts.ids import ConversationId, MessageId
from maitred.contracts.operations import OperationDoc
from maitred.gateway import clock, reading
from maitred.gateway.cli.identity.desk import conversing_of
from maitred.gateway.cli.identity.operating import ByOption, WhyOption
from maitred.gateway.cli.printing import columns, wrapped
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.cli.telling import counted
from maitred.identity.operators.orders import Order

_INDENT: Final = 4


def _id(prefix: str, name: str, text: str) -> typer.models.ArgumentInfo:
    def one(value: str) -> str:
        if not reading.is_id(value, prefix):
            raise typer.BadParameter(f"an id looks like {prefix}…")
        return value

    def check(value: str | list[str]) -> str | list[str]:
        return [one(each) for each in value] if isinstance(value, list) else one(value)

    info: typer.models.ArgumentInfo = typer.Argument(metavar=name, help=text, callback=check)
    return info


def split(
    conversation: Annotated[str, _id("cnv_", "CONVERSATION", "Where the messages stand.")],
    messages: Annotated[list[str], _id("msg_", "MESSAGE", "What is another matter.")],
    why: WhyOption,
    by: ByOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Let messages of a conversation stand in one of their own.

    They must stand among its last turns; `maitred conversation … --ids` shows them.
    Somebody is asked to answer the new one, with the age that its first message has;
    later answers to these messages go there.

    Example: maitred identity split cnv_4d msg_7a msg_7b --why "two matters"
    """

    async def work(session: Session) -> OperationDoc:
        named = [MessageId(each) for each in messages]
        return await conversing_of(session).split(
            Order(by, why, clock.now_ms()), ConversationId(conversation), named
        )

    record = run(config, work)
    if as_json:
        print_json(record)
        return
    verb = "stands" if len(record.moved) == 1 else "stand"
    several = f"{counted(len(record.moved), 'message')} of {record.conversation}"
    _tell(f"{several} now {verb} in {record.other}.")
    _tell_undo(record)


def join(
    conversation: Annotated[str, _id("cnv_", "CONVERSATION", "What goes up into the other.")],
    into: Annotated[str, _id("cnv_", "INTO", "What takes it in.")],
    why: WhyOption,
    by: ByOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Let two conversations of one customer be one.

    Who has the other one sees both from now on; later answers in either go there.

    Example: maitred identity join cnv_4d cnv_91 --why "the same parcel"
    """

    async def work(session: Session) -> OperationDoc:
        return await conversing_of(session).join(
            Order(by, why, clock.now_ms()), ConversationId(conversation), ConversationId(into)
        )

    record = run(config, work)
    if as_json:
        print_json(record)
        return
    _tell(f"{record.conversation} now stands in {record.other}.")
    _tell_undo(record)


def _tell(line: str) -> None:
    typer.echo(wrapped(line, columns(), _INDENT))


def _tell_undo(record: OperationDoc) -> None:
    typer.echo(f"undo: maitred identity undo {record.id}")
