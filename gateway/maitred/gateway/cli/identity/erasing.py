"""`maitred identity erase` and `maitred identity certificate`: nothing is left, and the proof."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from maitred.contracts.errors import ConfigurationError, MaitredError, Permanent
from maitred.contracts.identifiers import Identifier
from maitred.contracts.ids import CustomerId, IdentifierKey
from maitred.contracts.operations import ErasureDoc, ErasureState, PendingPurge
from maitred.gateway import clock, reading
from maitred.gateway.cli.identity.desk import identifiers_of, operating_of
from maitred.gateway.cli.identity.naming import name, named, shown
from maitred.gateway.cli.identity.operating import ByOption, DryRunOption, WhyOption
from maitred.gateway.cli.identity.receipts import masks
from maitred.gateway.cli.printing import columns, one_line_after, when
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.cli.telling import counted
from maitred.gateway.erasure.belongings import Belongings
from maitred.gateway.erasure.purging import remaining
from maitred.gateway.erasure.record import ErasureRecord, find_record, order
from maitred.gateway.erasure.seeding import belongings_of
from maitred.identity.operators.ground import Target

CUSTOMER: Final = "cus_"
_LOOK_S: Final = 0.2


def somebody(value: str) -> str:
    """Return an argument that names a customer or an identifier.

    Raises:
        typer.BadParameter: it does neither.
    """
    if value.startswith(CUSTOMER):
        if not reading.is_id(value, CUSTOMER):
            raise typer.BadParameter("an id looks like cus_…")
        return value
    return name(value)


def about(session: Session, who: str) -> CustomerId | Target:
    """Return whom an argument names."""
    if who.startswith(CUSTOMER):
        return CustomerId(who)
    region = session.configuration.settings.normalizer.region
    return named(who, operating_of(session).tools.keys, region)


Who = Annotated[
    str,
    typer.Argument(metavar="WHO", help="cus_…, or as in email:ann@example.com.", callback=somebody),
]


@dataclass(frozen=True, slots=True)
class _Meant:
    """What there is of somebody, and the record of his erasure; either may be missing."""

    found: Belongings | None
    record: ErasureDoc | None
    names: Mapping[IdentifierKey, Identifier] = field(default_factory=dict)
    """What he is known by, for whoever is asked whether he is meant."""

    @property
    def is_under_way(self) -> bool:
        """Whether he is being erased already: then it is only waited for."""
        return self.record is not None and self.record.state is not ErasureState.DONE


def erase(
    who: Who,
    why: WhyOption,
    by: ByOption = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Erase all that is known of a customer, for good.

    A running gateway does it, in every stream; Ctrl-C only ends the waiting. Printed is the
    certificate. Keep names and addresses out of --why, since it stays.

    Example: maitred identity erase email:ann@example.com --why "asked on 2026-11-03"
    """
    meant = run(config, lambda session: _meant(session, who))
    if meant.found is None and not meant.is_under_way:
        if meant.record is None:
            raise Permanent("nothing is known of anybody under that name", code="not_found")
        if not as_json:
            typer.echo("He was erased before, and nothing is known of him any more.", err=True)
        _print(meant.record, (), as_json=as_json)
        return
    if meant.found is not None and not meant.is_under_way:
        if dry_run:
            _preview(meant.found, meant.names, as_json=as_json)
            return
        if not yes:
            _ask(meant.found, meant.names)
    elif dry_run:
        raise Permanent("he is being erased already", code="under_way")
    _print(run(config, lambda session: _erased(session, meant, by, why)), (), as_json=as_json)


def certificate(
    who: Who, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Print an erasure's certificate, and whether it still holds.

    It ends with 1 when something stands there again, as when the customer came back.

    Example: maitred identity certificate cus_d192
    """

    async def work(session: Session) -> tuple[ErasureDoc, tuple[PendingPurge, ...]]:
        record = await _record(session, who)
        if record is None:
            raise Permanent("no erasure is known under that name", code="not_found")
        return record, await remaining(session.connection, operating_of(session).tools, record)

    record, found = run(config, work)
    _print(record, found, as_json=as_json)
    if record.state is not ErasureState.DONE:
        raise MaitredError("the erasure is still under way")
    if found:
        raise MaitredError(f"{counted(_total(found), 'message')} of him came since, or came back")


async def _meant(session: Session, who: str) -> _Meant:
    named_ = about(session, who)
    record = await _record(session, who)
    try:
        found = await belongings_of(
            session.connection, operating_of(session).tools, named_, clock.now_ms()
        )
    except Permanent as error:
        if error.code != "not_found":
            raise
        return _Meant(None, record)
    return _Meant(found, record, await identifiers_of(session, found.person.holding.whole))


async def _record(session: Session, who: str) -> ErasureDoc | None:
    named_ = about(session, who)
    key = named_.key if isinstance(named_, Target) else named_
    return await find_record(session.connection, session.subjects, key)


async def _erased(session: Session, meant: _Meant, by: str, why: str) -> ErasureDoc:
    """Ask for it, unless that was done, and wait until a gateway has carried it out."""
    keeping, now = operating_of(session).keeping, clock.now_ms()
    tenant = session.configuration.settings.tenant
    if meant.record is not None and meant.is_under_way:
        doc = meant.record
        record = ErasureRecord(session.connection, session.subjects, keeping, doc.customer)
    elif meant.found is not None:
        person = meant.found.person
        record = ErasureRecord(session.connection, session.subjects, keeping, person.customer)
        asked = order(tenant, person.customer, by=by, why=why, at=now, keys=person.keys)
        doc = await record.ask(asked, now)
    else:
        raise Permanent("nothing is known of anybody under that name", code="not_found")
    with _progress() as progress:
        task = progress.add_task("waiting for a gateway", total=None)
        while doc.state is not ErasureState.DONE:
            await asyncio.sleep(_LOOK_S)
            doc = await record.read() or doc
            if doc.state is ErasureState.PURGING:
                purged = sum(each.count for each in doc.subjects)
                progress.update(task, description=f"{counted(purged, 'message')} purged")
    return doc


def _progress() -> Progress:
    """Show that it goes on, where a person looks on."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def _ask(found: Belongings, names: Mapping[IdentifierKey, Identifier]) -> None:
    if not sys.stdin.isatty():
        raise ConfigurationError("there is nobody to ask whether it is meant: say so with --yes")
    for line in _preview_lines(found, names):
        typer.echo(line, err=True)
    typer.confirm("Erase all of it? It cannot be taken back.", abort=True, err=True)


def _preview(
    found: Belongings, names: Mapping[IdentifierKey, Identifier], *, as_json: bool
) -> None:
    if as_json:
        known_by = {"known_by": masks(names, reveal=False)}
        print_json({**_preview_json(found), **known_by, "dry_run": True})
        return
    for line in _preview_lines(found, names):
        typer.echo(line)
    typer.echo("Nothing was written.")


def _preview_json(found: Belongings) -> dict[str, object]:
    person = found.person
    return {
        "customer": person.customer,
        "identifiers": len(person.holding.whole),
        "shared": len(person.holding.shared),
        "messages": found.messages + len(found.written),
        "conversations": sorted(person.conversations),
        "in_conversations_of_others": sorted(found.parts),
    }


def _preview_lines(found: Belongings, names: Mapping[IdentifierKey, Identifier]) -> Iterator[str]:
    person = found.person
    yield f"customer   {person.customer}"
    yield f"known by   {counted(len(person.holding.whole), 'identifier')} of his own"
    yield from (f"           {shown(each, reveal=False)}" for each in names.values())
    if person.holding.shared:
        shared = counted(len(person.holding.shared), "endpoint")
        yield f"           and {shared} that others use too: only his messages go"
    yield f"wrote      {counted(found.messages + len(found.written), 'message')}"
    yield f"had        {counted(len(person.conversations), 'conversation')}"
    if found.parts:
        yield f"wrote in   {counted(len(found.parts), 'conversation')} of others, which stay"


def _total(found: Sequence[PendingPurge]) -> int:
    return sum(each.count for each in found)


def _print(record: ErasureDoc, found: Sequence[PendingPurge], *, as_json: bool) -> None:
    if as_json:
        print_json({"certificate": record, "found": found})
        return
    for line in certificate_lines(record, found, columns()):
        typer.echo(line)


def certificate_lines(
    record: ErasureDoc, found: Sequence[PendingPurge], width: int
) -> Iterator[str]:
    """Yield a certificate, line by line, and what stands there again."""
    yield f"customer   {record.customer}"
    for before in record.earlier:
        head = f"erased     {when(before.verified_at)} UTC, asked by {before.by}: "
        yield one_line_after(head, before.why, width)
    yield one_line_after(
        f"asked      {when(record.asked_at)} UTC by {record.by}: ", record.why, width
    )
    if record.state is ErasureState.DONE:
        yield f"verified   {when(record.verified_at)} UTC: nothing was left"
    else:
        yield "verified   not yet: it is under way"
    keys, conversations = len(record.keys), len(record.conversations)
    yield f"about      {counted(keys, 'key')}, {counted(conversations, 'conversation')}"
    purged = sum(each.count for each in record.subjects)
    yield f"purged     {counted(purged, 'message')}"
    for each in record.subjects:
        yield f"  {each.count:>8,}  {each.stream:<8}  {each.subject}"
    if record.rewritten:
        yield f"rewritten  {counted(len(record.rewritten), 'document')} of others"
        yield from (f"            JOURNAL   {subject}" for subject in record.rewritten)
    if found:
        yield f"now there  {counted(_total(found), 'message')}"
        yield from (f"  {each.count:>8,}  {each.stream:<8}  {each.subject}" for each in found)
