"""A real server for every test: it starts in a twentieth of a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from maitred.contracts.ids import Tenant
from maitred.contracts.limits import INBOUND_AGE_MS
from maitred.contracts.subjects import Subjects
from maitred.gateway.bus import streams
from maitred.gateway.bus.committer import Committer
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import Endpoint, read_connection
from maitred.gateway.bus.publisher import Publisher

Connect = Callable[[Endpoint], Awaitable[Connection]]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def subjects() -> Subjects:
    return Subjects(Tenant("t"))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
async def server(store: Path) -> AsyncIterator[EmbeddedServer]:
    running = EmbeddedServer(store)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    made: list[Connection] = []

    async def dial(endpoint: Endpoint) -> Connection:
        made.append(await Connection.connect(endpoint, name="test", on_closed=lambda _: None))
        return made[-1]

    yield dial
    for each in made:
        await each.close()


@pytest.fixture
async def connection(server: EmbeddedServer, store: Path, connect: Connect) -> Connection:
    """A connection to a server on which the streams are declared."""
    connected = await connect(read_connection(store))
    await streams.declare(connected, replicas=1, inbound_age_ms=INBOUND_AGE_MS)
    return connected


@pytest.fixture
async def publisher(connection: Connection) -> AsyncIterator[Publisher]:
    started = Publisher(connection)
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def committer(connection: Connection) -> AsyncIterator[Committer]:
    started = Committer(connection)
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
def until() -> Until:
    """Ask a server again and again until it says so; servers have no event for it."""

    async def wait(holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(10):
            while not await holds():  # noqa: ASYNC110  (the event is in another process)
                await asyncio.sleep(0.02)  # polling: a server is another process

    return wait
