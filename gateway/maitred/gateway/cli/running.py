"""`maitred up`: the daemon."""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import Annotated

import structlog
import typer
import uvloop

from maitred.contracts.errors import ConfigurationError, MaitredError
from maitred.gateway import logs
from maitred.gateway.cli.session import DEFAULT_CONFIG, ConfigOption
from maitred.gateway.settings.load import Configuration, read
from maitred.gateway.supervision import ROLES, Gateway
from maitred.router.rules.testing import failures

logger = structlog.get_logger(__name__)


def up(
    config: ConfigOption = DEFAULT_CONFIG,
    roles: Annotated[
        str, typer.Option("--roles", help="Which parts to run, separated by commas.")
    ] = ",".join(ROLES),
    accept_restored_store: Annotated[
        bool,
        typer.Option(
            "--accept-restored-store",
            help="Start although the store went backwards, because you restored it on purpose.",
        ),
    ] = False,
) -> None:
    """Run the gateway, until SIGTERM or Ctrl-C.

    What `check` would warn of stands in the log.

    Example: maitred up --config maitred.toml --roles doors,intake
    """
    configuration = read(config)
    chosen = _roles(roles)
    log = configuration.settings.log
    logs.configure(log.level, log.format)
    for warning in (*configuration.warnings, *failures(configuration.settings.routing)):
        logger.warning("configuration", warning=warning)
    fault = uvloop.run(_run(configuration, chosen, accept_restored_store=accept_restored_store))
    if fault:
        raise MaitredError(fault)


def _roles(text: str) -> frozenset[str]:
    chosen = frozenset(word.strip() for word in text.split(",") if word.strip())
    unknown = sorted(chosen - set(ROLES))
    if unknown or not chosen:
        said = ", ".join(unknown) or "nothing"
        raise ConfigurationError(f"--roles: {said} is no role; choose from {', '.join(ROLES)}")
    return chosen


async def _run(
    configuration: Configuration, roles: frozenset[str], *, accept_restored_store: bool
) -> str:
    gateway = Gateway(configuration, roles=roles, accept_restored_store=accept_restored_store)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gateway.ended.set)
    try:
        await gateway.start()
        _settle_memory()
        await gateway.ended.wait()
    finally:
        await gateway.stop()
    return gateway.fault


def _settle_memory() -> None:
    """Let the collector pass over what lives as long as the process, and look less often.

    A message makes thousands of short-lived objects and no cycles; looking for those after every
    few hundred took a tenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
