"""`maitred replay`: a newer decoder over the raw messages that are kept."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any, Final

import msgspec
import orjson
import typer
from rich.console import Console
from rich.progress import Progress

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.identifiers import Keys
from maitred.gateway import clock, plugins
from maitred.gateway.cli.moment import moment, parsed
from maitred.gateway.cli.printing import columns, one_line_after, when
from maitred.gateway.cli.session import DEFAULT_CONFIG, ConfigOption, JsonOption, Session, run
from maitred.gateway.decoding import context_of
from maitred.gateway.moods import mood_model
from maitred.gateway.replay import Outcome, Reading, Replay
from maitred.gateway.settings.shapes import keeping_of, token_keys

_SHOWN_LENGTHS: Final = ("text", "quoted", "signature", "html", "subject")


def replay(
    since: Annotated[
        str, typer.Option("--from", help="From when: 2026-11-01, or 36h (ago).", callback=moment)
    ],
    until: Annotated[
        str, typer.Option("--to", help="Up to when; now without it.", callback=moment)
    ] = "",
    channel: Annotated[str | None, typer.Option(help="Only messages of this channel.")] = None,
    decoder: Annotated[
        str | None,
        typer.Option(help="An installed decoder, or module:function; the installed ones without."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Append what changes as new versions.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Read stored raw messages again, and show what would change.

    Nothing is written without --apply, and then nothing is overwritten: each change becomes a
    new version of its message. Routing decisions stay what they were.

    Example: maitred replay --from 7d --channel email
    """
    began = clock.now_ms()
    start, end = parsed(since) or 0, parsed(until) or began

    async def work(session: Session) -> Counter[str]:
        machine = _machine(session, channel, decoder)
        counts: Counter[str] = Counter()
        total = await machine.count(channel, start)
        with _bar() as progress:
            task = progress.add_task("reading again", total=total)
            async for reading in machine.read(channel, start, end):
                progress.advance(task)
                counts[reading.outcome.value] += 1
                if reading.outcome is Outcome.SAME:
                    continue
                applied = 0
                if apply and reading.outcome is Outcome.CHANGED:
                    applied = await machine.apply(reading, clock.now_ms())
                    counts["applied"] += 1
                _print(reading, applied, as_json=as_json)
        return counts

    counts = run(config, work)
    summary = {
        "read": sum(counts[each.value] for each in Outcome),
        **{each.value: counts[each.value] for each in Outcome},
        "applied": counts["applied"],
    }
    if as_json:
        typer.echo(orjson.dumps({"summary": summary}).decode())
    else:
        typer.echo(_sentence(summary, applied=apply))


def _machine(session: Session, channel: str | None, decoder: str | None) -> Replay:
    settings = session.configuration.settings
    names = _decoder_names(channel, decoder)
    return Replay(
        connection=session.connection,
        publisher=session.publisher,
        subjects=session.subjects,
        decoders={each: _loaded(name) for each, name in names.items()},
        decoder_names=names,
        context=context_of(
            settings.normalizer,
            Keys(settings.tenant, settings.identity.secret.reveal().encode()),
            token_keys(settings),
        ),
        mood=mood_model(settings.mood),
        keeping=keeping_of(settings),
    )


def _decoder_names(channel: str | None, decoder: str | None) -> Mapping[str, str]:
    """Return what reads each channel: the installed decoders, or the one that was asked for."""
    installed = plugins.names(plugins.DECODERS)
    if channel is not None and channel not in installed:
        raise ConfigurationError(f"--channel: nothing reads {channel!r}; there are {installed}")
    if decoder is None:
        return {each: each for each in ([channel] if channel else installed)}
    if ":" not in decoder:
        return {channel or decoder: decoder}
    if channel is None:
        raise ConfigurationError(f"--decoder: say with --channel what {decoder} reads")
    return {channel: decoder}


def _loaded(name: str) -> Any:  # noqa: ANN401  (a decoder, as plugins.load has it)
    module, colon, attribute = name.partition(":")
    if not colon:
        return plugins.load(plugins.DECODERS, name, path="--decoder")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"--decoder: {name} cannot be imported: {error}") from None


def _print(reading: Reading, applied: int, *, as_json: bool) -> None:
    after = reading.decoded.message if reading.decoded else None
    if as_json:
        before = msgspec.to_builtins(reading.before) if reading.before else {}
        line = {
            "id": reading.inbound.id,
            "channel": reading.inbound.channel,
            "sequence": reading.sequence,
            "outcome": reading.outcome.value,
            "code": reading.code,
            "changes": {
                name: {"before": before.get(name), "after": msgspec.to_builtins(after)[name]}
                for name in reading.fields
            },
            "applied": applied,
        }
        typer.echo(orjson.dumps(line).decode())
        return
    head = f"{when(reading.inbound.received_at)}  {reading.inbound.channel:<6}  "
    head += f"{reading.inbound.id}  "
    typer.echo(one_line_after(head, _told(reading, applied), columns()))


def _told(reading: Reading, applied: int) -> str:
    if reading.outcome is Outcome.NOT_JOURNALLED:
        return "not in the journal: quarantined, a duplicate, or not handled yet"
    if reading.outcome is Outcome.UNREADABLE:
        return f"could not be read any more ({reading.code})"
    before, after = reading.before, reading.decoded.message if reading.decoded else None
    parts = []
    for name in reading.fields:
        old, new = getattr(before, name), getattr(after, name)
        if name in _SHOWN_LENGTHS:
            parts.append(f"{name} {len(old)} → {len(new)} characters")
        elif name in {"kind", "target"}:
            parts.append(f"{name} {old} → {new}")
        else:
            parts.append(name)
    return ", ".join(parts) + (f"; version {applied}" if applied else "")


def _sentence(summary: Mapping[str, int], *, applied: bool) -> str:
    changed = f"{summary['changed']:,} {'changed' if applied else 'would change'}"
    return (
        f"{summary['read']:,} read: {summary['same']:,} the same, {changed}, "
        f"{summary['unreadable']:,} could not be read any more, "
        f"{summary['not_journalled']:,} not in the journal; "
        f"{summary['applied']:,} new versions written"
    )


def _bar() -> Progress:
    """Show how far it is, where a person looks on while the lines go elsewhere."""
    shown = sys.stderr.isatty() and not sys.stdout.isatty()
    return Progress(console=Console(stderr=True), disable=not shown, transient=True)
