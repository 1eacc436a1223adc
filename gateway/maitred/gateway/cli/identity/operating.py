"""`maitred identity link | unlink | cannot-link | shared | block | revoke | undo | preview`."""

from __future__ import annotations

import getpass
from enum import StrEnum
from typing import Annotated, Final

import typer

from maitred.contracts.errors import Permanent
from maitred.contracts.ids import IdentifierKey, MessageId, OperationId, operation_id
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.gateway import clock, reading
from maitred.gateway.cli.identity.answering import (
    Asked,
    tell,
    tell_against,
    tell_already,
    tell_record,
    tell_undone,
)
from maitred.gateway.cli.identity.desk import conversing_of, operating_of
from maitred.gateway.cli.identity.naming import name, named
from maitred.gateway.cli.identity.receipts import COMMANDS
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    run,
)
from maitred.identity.operators.ground import Target
from maitred.identity.operators.operations import ABOUT_IDENTIFIERS, ABOUT_TWO, Order, Outcome
from maitred.identity.operators.orders import Order as ConversationOrder
from maitred.identity.operators.receipts import Receipt

WHY_CHARACTERS_MAX: Final = 1_000


class What(StrEnum):
    """What can be previewed, by the name of its command."""

    LINK = "link"
    UNLINK = "unlink"
    CANNOT_LINK = "cannot-link"
    SHARED = "shared"
    BLOCK = "block"
    REVOKE = "revoke"


_KINDS: Final = {command: kind for kind, command in COMMANDS.items()}


def _text(value: str) -> str:
    if not value.strip() or not value.isprintable() or len(value) > WHY_CHARACTERS_MAX:
        raise typer.BadParameter(f"give a line of 1 to {WHY_CHARACTERS_MAX:,} characters")
    return value.strip()


def _who(value: str) -> str:
    try:
        return _text(value or getpass.getuser())
    except (OSError, KeyError, ImportError):
        raise typer.BadParameter("this machine does not know your name; give one") from None


def _id(prefix: str, text: str) -> typer.models.ArgumentInfo:
    def check(value: str) -> str:
        if not reading.is_id(value, prefix):
            raise typer.BadParameter(f"an id looks like {prefix}…")
        return value

    info: typer.models.ArgumentInfo = typer.Argument(
        metavar=text, help=f"As in {prefix}…", callback=check
    )
    return info


A = Annotated[
    str,
    typer.Argument(metavar="A", help="As in email:ann@example.com, or a key.", callback=name),
]
B = Annotated[
    str, typer.Argument(metavar="B", help="As in phone:+15552000001, or a key.", callback=name)
]
Message = Annotated[str, _id("msg_", "MESSAGE")]
WhyOption = Annotated[
    str, typer.Option("--why", help="Why: it stands in the record.", callback=_text)
]
ByOption = Annotated[
    str, typer.Option("--by", help="Who wants it; you, without it.", callback=_who)
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what it would do.")]


def link(
    a: A,
    b: B,
    why: WhyOption,
    by: ByOption = "",
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say that two identifiers are one person.

    Neither needs to have been seen yet. Nothing is done where a limit, a cannot-link or
    a shared identifier is against it.

    Example: maitred identity link email:ann@example.com slack:T1:U2 --why "she said so"
    """
    _say(OperationKind.LINK, [a, b], Asked(by, why, config, dry=dry_run, as_json=as_json))


def unlink(
    a: A,
    b: B,
    why: WhyOption,
    by: ByOption = "",
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Take back what showed two identifiers together so far.

    What shows them together from the next day (UTC) on counts again.

    Example: maitred identity unlink email:ann@example.com visitor:v1 --why "a guest's phone"
    """
    _say(OperationKind.UNLINK, [a, b], Asked(by, why, config, dry=dry_run, as_json=as_json))


def cannot_link(
    a: A,
    b: B,
    why: WhyOption,
    by: ByOption = "",
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say that two identifiers are different people for ever.

    Example: maitred identity cannot-link account:4711 account:4712 --why "twins"
    """
    _say(OperationKind.CANNOT_LINK, [a, b], Asked(by, why, config, dry=dry_run, as_json=as_json))


def shared(
    a: A,
    why: WhyOption,
    by: ByOption = "",
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say that several people use an identifier.

    It holds nobody together any more: what is written from there belongs to its own
    conversation and to nothing else.

    Example: maitred identity shared phone:+15552000001 --why "the front desk"
    """
    _say(OperationKind.SHARED, [a], Asked(by, why, config, dry=dry_run, as_json=as_json))


def block(
    a: A,
    why: WhyOption,
    by: ByOption = "",
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say that an identifier is a placeholder and names nobody.

    Example: maitred identity block email:none@example.com --why "our till's default"
    """
    _say(OperationKind.BLOCKED, [a], Asked(by, why, config, dry=dry_run, as_json=as_json))


def revoke(
    message: Message,
    why: WhyOption,
    by: ByOption = "",
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Let what one message showed count as never seen.

    The message itself stays where it is; `maitred journey … --ids` shows its id.

    Example: maitred identity revoke msg_7a --why "sent from a shop's tablet"
    """
    asked = Asked(by, why, config, dry=dry_run, as_json=as_json)
    _say(OperationKind.REVOKED, [message], asked)


def preview(
    what: Annotated[What, typer.Argument(metavar="WHAT", help=", ".join(What))],
    about: Annotated[list[str], typer.Argument(metavar="A [B]", help="As the command takes them.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Show identifiers whole.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show what an operation would move; nothing is written.

    Besides, who could be told more because of it, and what is against it.

    Example: maitred identity preview link email:ann@example.com slack:T1:U2
    """
    kind = _KINDS[what.value]
    wanted = 2 if kind in ABOUT_TWO else 1
    if len(about) != wanted:
        raise typer.BadParameter(f"{what} is about {wanted}, not {len(about)}")
    if kind is not OperationKind.REVOKED:
        about = [name(each) for each in about]
    elif not reading.is_id(about[0], "msg_"):
        raise typer.BadParameter("an id looks like msg_…")
    _say(kind, about, Asked("preview", "", config, dry=True, reveal=reveal, as_json=as_json))


def undo(
    operation: Annotated[str, _id("op_", "OPERATION")],
    why: WhyOption,
    by: ByOption = "",
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Take an operation back, however long ago it was.

    Everything stands as if it had never been, whatever came in between.

    Example: maitred identity undo op_3f --why "the wrong Ann"
    """

    async def work(session: Session) -> Outcome | OperationDoc:
        desk, now = operating_of(session), clock.now_ms()
        record = await desk.find(OperationId(operation))
        if record.kind in ABOUT_IDENTIFIERS:
            return await desk.undo(record, by, why, now, dry=dry_run)
        if record.undone_at:
            return Outcome(Receipt(kind=record.kind), already=record)
        if dry_run:
            raise Permanent("a split or a join has no preview", code="no_preview")
        conversing = conversing_of(session)
        return await conversing.undo(ConversationOrder(by, why, now), record)

    found = run(config, work)
    asked = Asked(by, why, config, dry=dry_run, as_json=as_json)
    if isinstance(found, OperationDoc):
        tell_record(found, asked)
    elif found.already is not None:
        tell_undone(found.already, asked)
    else:
        tell(found, f"{'would undo' if dry_run else 'undone'} {operation}", asked)


def _say(kind: OperationKind, about: list[str], asked: Asked) -> None:
    """Have an operator's word said, or previewed, and print what came of it."""

    async def work(session: Session) -> Outcome:
        desk, now = operating_of(session), clock.now_ms()
        if kind is OperationKind.REVOKED:
            targets = [Target(IdentifierKey(""))]
        else:
            region = session.configuration.settings.normalizer.region
            targets = [named(each, desk.tools.keys, region) for each in about]
        order = Order(
            id=operation_id(asked.by, kind.value, now, *(each.key for each in targets), *about[:1]),
            kind=kind,
            by=asked.by,
            why=asked.why,
            at=now,
            a=targets[0],
            b=targets[1] if len(targets) > 1 else None,
        )
        if kind is OperationKind.REVOKED:
            return await desk.revoke(order, MessageId(about[0]), dry=asked.dry)
        return await desk.say(order, dry=asked.dry)

    outcome = run(asked.config, work)
    command = COMMANDS[kind]
    if outcome.already is not None:
        tell_already(outcome.already, asked)
    elif outcome.receipt.obstacles:
        tell_against(outcome, asked)
    else:
        tell(outcome, f"{command}: {'preview' if asked.dry else 'done'}", asked)
