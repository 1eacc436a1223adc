"""A backbone on a real server, for all that works on the journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from maitred.contracts import limits
from maitred.contracts.ids import Tenant
from maitred.contracts.subjects import Subjects
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import streams
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.highwater import HighWater
from tests.gateway.lodge import SECRET, Lodge

OpenBackbone = Callable[[], Awaitable[Backbone]]
Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    running = EmbeddedServer(tmp_path / "store")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def open_backbone(nats: EmbeddedServer, tmp_path: Path) -> AsyncIterator[OpenBackbone]:
    """Open a backbone as one process has it; a second one is a second process."""
    opened: list[Backbone] = []

    async def open_() -> Backbone:
        connection = await Connection.connect(
            read_connection(tmp_path / "store"), name="test", on_closed=lambda _: None
        )
        await streams.declare(connection, replicas=1, inbound_age_ms=limits.INBOUND_AGE_MS)
        backbone = Backbone(
            connection, Subjects(Tenant("t")), alone=True, mark=HighWater(tmp_path / "mark.json")
        )
        await backbone.start()
        opened.append(backbone)
        return backbone

    yield open_
    for each in opened:
        await each.committer.stop()
        await each.publisher.stop()
        await each.connection.close()


@pytest.fixture
async def backbone(open_backbone: OpenBackbone) -> Backbone:
    return await open_backbone()


@pytest.fixture
def eventually() -> Eventually:
    """Ask the store again and again until it says so."""

    async def wait(holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(20):
            while not await holds():  # noqa: ASYNC110  (the event is in another process)
                await asyncio.sleep(0.01)  # polling: the store tells nobody what stands in it

    return wait


@pytest.fixture
async def lodge(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lodge]:
    """A small gateway in this process, with an agent at her desk."""
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    opened = Lodge(backbone, tmp_path)
    opened.start()
    await opened.say("presence", presence="online")
    yield opened
    await opened.stop()
