"""One command's connection to a running gateway's NATS, and how its answer is printed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
import orjson
import typer

from maitred.contracts.subjects import Subjects
from maitred.gateway import logs
from maitred.gateway.backbone import endpoint_of
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.settings.load import Configuration, read

T = TypeVar("T")
DEFAULT_CONFIG: Final = Path("maitred.toml")
ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with."""

    configuration: Configuration
    connection: Connection
    subjects: Subjects
    publisher: Publisher


def run(config: Path, work: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
    """Run one command against the gateway that `config` describes, and return its result.

    Raises:
        ConfigurationError: the configuration is wrong, or no gateway runs with it.
        StoreUnavailable: NATS does not answer.
    """
    logs.configure("error", "text")
    configuration = read(config)

    async def inside() -> T:
        async with _open(configuration) as session:
            return await work(session)

    return asyncio.run(inside())


@asynccontextmanager
async def _open(configuration: Configuration) -> AsyncIterator[Session]:
    nats = configuration.settings.nats
    endpoint = endpoint_of(nats) if nats.urls else read_connection(nats.store)
    connection = await Connection.connect(
        endpoint, name="maitred-cli", on_closed=lambda _reason: None
    )
    publisher = Publisher(connection)
    await publisher.start()
    try:
        yield Session(configuration, connection, Subjects(configuration.settings.tenant), publisher)
    finally:
        await publisher.stop()
        await connection.close()


def print_json(value: object) -> None:
    """Print a value of ours as indented JSON."""
    plain = orjson.loads(msgspec.json.encode(value))
    typer.echo(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())
