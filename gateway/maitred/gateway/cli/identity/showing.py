"""`maitred identity show` and `maitred identity audit`: who is who, by whose word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
import typer

from maitred.contracts.identifiers import Identifier
from maitred.contracts.ids import ConversationId, CustomerId, IdentifierKey
from maitred.contracts.operations import OperationDoc
from maitred.contracts.view import View
from maitred.gateway import clock, reading
from maitred.gateway.cli.identity.desk import identifiers_of, operating_of
from maitred.gateway.cli.identity.naming import name, named, shown
from maitred.gateway.cli.identity.receipts import masks, record_line
from maitred.gateway.cli.moment import moment, parsed
from maitred.gateway.cli.printing import columns, one_line_after, plain, when, wrapped
from maitred.gateway.cli.session import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    Session,
    print_json,
    run,
)
from maitred.gateway.cli.telling import counted
from maitred.gateway.journal.transaction import Decision, transact
from maitred.identity.operators.profile import (
    Known,
    Profile,
    customer_of_conversation,
    customer_of_identifier,
    profile_of,
)

_CUSTOMER: Final = "cus_"
_CONVERSATION: Final = "cnv_"
_INDENT: Final = 4
RevealOption = Annotated[bool, typer.Option("--reveal", help="Show identifiers whole.")]


def _anybody(value: str) -> str:
    if value.startswith((_CUSTOMER, _CONVERSATION)):
        if not reading.is_id(value, _CUSTOMER, _CONVERSATION):
            raise typer.BadParameter("an id looks like cus_… or cnv_…")
        return value
    return name(value)


def _customer(value: str) -> str:
    return _anybody(value) if value else value


def show(
    about: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="cus_…, cnv_…, or as in email:ann@example.com.", callback=_anybody
        ),
    ],
    reveal: RevealOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show who somebody is, how surely, and by whose word.

    Example: maitred identity show email:ann@example.com
    """
    profile = run(config, lambda session: _profile(session, about))
    if as_json:
        print_json(_json(profile, reveal=reveal))
        return
    for line in profile_lines(profile, reveal=reveal):
        typer.echo(wrapped(plain(line), columns(), _INDENT))


def audit(
    customer: Annotated[
        str,
        typer.Option(
            help="Only about this one: cus_…, cnv_…, or an identifier.", callback=_customer
        ),
    ] = "",
    since: Annotated[
        str, typer.Option(help="Only from then on: 2026-11-01, or 36h (ago).", callback=moment)
    ] = "",
    reveal: RevealOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List what operators did, the newest first.

    What was undone stands there too, with who undid it and why.

    Example: maitred identity audit --since 7d
    """

    async def work(
        session: Session,
    ) -> tuple[list[OperationDoc], dict[IdentifierKey, Identifier]]:
        records = await operating_of(session).records()
        start = parsed(since) or 0
        records = [each for each in records if max(each.at, each.undone_at) >= start]
        if customer:
            profile = await _profile(session, customer)
            records = [each for each in records if _concerns(each, profile)]
        keys = {key for each in records for key in (each.a, each.b) if key is not None}
        return records, await identifiers_of(session, keys)

    records, identifiers = run(config, work)
    if as_json:
        print_json(
            {
                "operations": records,
                "identifiers": masks(identifiers, reveal=reveal),
            }
        )
        return
    if not records:
        typer.echo("Nothing was done.")
    for record in records:
        line = plain(record_line(record, identifiers, reveal=reveal))
        typer.echo(wrapped(line, columns(), _INDENT))


def profile_lines(profile: Profile, *, reveal: bool) -> Iterator[str]:
    """Yield what is known of a customer, line by line."""
    customer = profile.customer
    yield one_line_after(f"customer   {customer.id}  ", customer.name or "(no name)", columns())
    if customer.unidentified:
        yield "known by   nothing: he cannot be told from others"
    yield f"seen       {when(customer.first_seen_at)} to {when(customer.last_seen_at)} UTC"
    yield f"wrote      {counted(customer.messages, 'message')}, {_open(profile)}"
    if customer.tier != "standard":
        yield f"tier       {customer.tier}"
    for known in profile.identifiers:
        yield ""
        yield f"{shown(known.identifier, reveal=reveal)}  {known.key}"
        yield from (f"  {line}" for line in _known_lines(known))
    if profile.words:
        yield ""
        yield "operators said"
    named = {known.key: known.identifier for known in profile.identifiers} | profile.others
    for record in profile.words:
        yield f"  {record_line(record, named, reveal=reveal)}"
    if profile.possible:
        yield ""
        yield "possibly the same, unproven"
        yield from (f"  {each}" for each in profile.possible)


def _known_lines(known: Known) -> Iterator[str]:
    if known.is_contact_point:
        yield "a contact point: it holds nobody together"
    elif known.level is None:
        yield "never seen together with another"
    else:
        yield f"tied at level {known.level.value} ({known.level.name.lower()})"
    last = f", last {when(known.last_at)} UTC" if known.last_at else ""
    wrote = f", {counted(known.messages, 'message')}" if known.messages else ""
    yield f"named since {when(known.first_at)} UTC{last}{wrote}"
    for epoch in known.epochs:
        since = when(epoch.since) if epoch.since else "the beginning"
        yield f"his from {since} to {when(epoch.until) if epoch.until else 'now'} (UTC)"
    for claimant in known.claimants:
        yield f"merely claimed by {claimant.customer}, {when(claimant.at)}"


def _open(profile: Profile) -> str:
    return f"{counted(len(profile.customer.open_conversations), 'conversation')} listed as open"


def _json(profile: Profile, *, reveal: bool) -> dict[str, Any]:
    identifiers = {known.key: known.identifier for known in profile.identifiers} | profile.others
    values = masks(identifiers, reveal=reveal)
    plain: dict[str, Any] = msgspec.to_builtins(profile)
    for known in plain["identifiers"]:
        known["identifier"] = values[known["key"]]
    plain["others"] = {key: values[key] for key in profile.others}
    return plain


def _concerns(record: OperationDoc, profile: Profile) -> bool:
    keys = {known.key for known in profile.identifiers}
    listed = {*profile.customer.conversations, *profile.customer.open_conversations}
    return not (
        keys.isdisjoint({record.a, record.b})
        and listed.isdisjoint({record.conversation, record.other})
    )


async def _profile(session: Session, about: str) -> Profile:
    operating, now = operating_of(session), clock.now_ms()
    tools, region = operating.tools, session.configuration.settings.normalizer.region
    target = None
    if not about.startswith((_CUSTOMER, _CONVERSATION)):
        target = named(about, tools.keys, region)

    def step(view: View) -> Decision[Profile]:
        if target is not None:
            customer = customer_of_identifier(target.key, view, tools, now)
        elif about.startswith(_CONVERSATION):
            customer = customer_of_conversation(ConversationId(about), view, tools)
        else:
            customer = CustomerId(about)
        return Decision(profile_of(customer, view, tools, now))

    return await transact(session.connection, operating.keeping, step, now)
