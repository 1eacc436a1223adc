"""`maitred check` and `maitred init`: the configuration, examined and begun."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

import typer

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.bus.endpoint import write_private
from maitred.gateway.cli.session import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json
from maitred.gateway.settings.load import read
from maitred.router.rules.testing import failures

SECRETS: Final = ("identity", "chat")


def check(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Examine a configuration: name every fault, test its rules.

    Example: maitred check --config maitred.toml
    """
    warnings: tuple[str, ...] = ()
    try:
        found = read(config)
        warnings = found.warnings
        if failed := failures(found.settings.routing):
            raise ConfigurationError(*failed)
    except ConfigurationError as error:
        if not as_json:
            _warn(warnings)
            raise
        print_json({"ok": False, "faults": list(error.faults), "warnings": list(warnings)})
        raise typer.Exit(2) from None
    if as_json:
        print_json({"ok": True, "faults": [], "warnings": list(warnings)})
        return
    _warn(warnings)
    channels = ", ".join(channel.name for channel in found.channels) or "no channels"
    agents = _counted(len(found.settings.routing.agents), "agent")
    rules = _counted(len(found.settings.routing.rules), "rule")
    typer.echo(f"{config} is good: {channels}; {agents}, {rules}.")
    if tests := found.settings.routing.tests:
        typer.echo(f"{_counted(len(tests), 'test')} of rules passed.")


def init(
    directory: Annotated[Path, typer.Argument(help="Where to write it.")] = Path(),
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the configuration; secrets always stay.")
    ] = False,
) -> None:
    """Write a commented configuration and fresh secrets.

    Example: maitred init . && maitred up
    """
    target = directory / DEFAULT_CONFIG
    if target.exists() and not force:
        raise ConfigurationError(f"{target}: exists already; --force overwrites it")
    directory.mkdir(parents=True, exist_ok=True)
    folder = directory / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    for name in SECRETS:
        path = folder / name
        # Never replaced: every key in the store hangs on the first one.
        if not path.exists() or not path.stat().st_size:
            write_private(path, secrets.token_hex(32).encode() + b"\n")
    start = files("maitred.gateway.settings").joinpath("starting.toml").read_text("utf-8")
    target.write_text(start, encoding="utf-8")
    typer.echo(f"Wrote {target} and {folder}. Next: maitred check, then maitred up.")


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        typer.echo(f"warning: {warning}")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
