"""One command's connection to a running gateway's NATS, and how its answer is printed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
import orjson
import typer

from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.subjects import Subjects
from maitred.gateway import logs
from maitred.gateway.backbone import endpoint_of
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import CONNECTION_FILE, Endpoint, read_connection
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.settings.load import Configuration, read
from maitred.gateway.settings.shapes import NatsSettings

T = TypeVar("T")
DEFAULT_CONFIG: Final = Path("maitred.toml")
ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
_KNOCK_SECONDS: Final = 5.0
_NATS_PORT: Final = 4222


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
        ConfigurationError: the configuration is wrong.
        StoreUnavailable: no gateway runs with it, or NATS does not answer.
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
    endpoint = endpoint_of(nats) if nats.urls else _own_server(nats)
    if not await _anybody(endpoint.urls):
        where = "at nats.urls" if nats.urls else f"where {nats.store / CONNECTION_FILE} says"
        raise StoreUnavailable(
            f"no gateway is running (nobody answers {where}); start `maitred up`"
        )
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


def _own_server(nats: NatsSettings) -> Endpoint:
    path = nats.store / CONNECTION_FILE
    if not path.exists():
        raise StoreUnavailable(f"no gateway has run here ({path} is missing); start `maitred up`")
    return read_connection(nats.store)


async def _anybody(urls: tuple[str, ...]) -> bool:
    """Tell whether anybody answers at once; NATS' own client would go on trying for a while."""
    for url in urls:
        try:
            address = urlsplit(url if "://" in url else f"nats://{url}")
            async with asyncio.timeout(_KNOCK_SECONDS):
                _, writer = await asyncio.open_connection(
                    address.hostname, address.port or _NATS_PORT
                )
        except (OSError, ValueError):
            continue
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True
    return False


def print_json(value: object) -> None:
    """Print a value of ours as indented JSON."""
    plain = orjson.loads(msgspec.json.encode(value))
    typer.echo(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())
