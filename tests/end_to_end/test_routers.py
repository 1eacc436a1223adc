"""Several routers on one store, and whoever leads is killed: the log shows one house."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from demo.house import House
from demo.verdict import (
    nobody_is_over_capacity,
    one_holder_at_a_time,
    read_entries,
    read_inside,
    wait_quiet,
)
from demo.writers import send_sms
from examples.agent import Agent
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.entry import MessageEntry
from maitred.contracts.routing import RoutingState
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus import reads
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import Endpoint
from maitred.gateway.bus.lease import LeaseDoc
from tests.end_to_end.conftest import OpenHouse

ROUTERS = 3
CUSTOMERS = 30
ROOM = {"ann": 2.0, "bo": 2.0, "cy": 1.0}
ROUTING = "[routing]\noffer_seconds = 5.0\n" + "".join(
    f'[[routing.agents]]\nid = "{name}"\ncapacity = {room}\n' for name, room in ROOM.items()
)


class Routers:
    """Houses that only route, and which of them leads."""

    def __init__(self, bus: Connection, houses: list[House]) -> None:
        self.houses = houses
        self._bus = bus
        self._subject = houses[0].subjects.lease("dispatch", 0)

    async def leader(self, *, after: str = "") -> House:
        """Return who holds the lease, once it is another process than `after`."""
        pids = {str(h.process.pid): h for h in self.houses if h.process is not None}
        async with asyncio.timeout(20):
            while True:
                stored = await reads.get_last(self._bus, JOURNAL, self._subject, leader=True)
                doc = msgspec.json.decode(stored.data, type=LeaseDoc) if stored else None
                pid = doc.holder.split("-")[-2] if doc else ""
                if pid in pids and pid != after:
                    return pids[pid]
                await asyncio.sleep(0.05)  # polling: the lease is a document, which tells nobody

    async def kill_leader(self) -> None:
        """Kill it, and wait until another one leads."""
        house = await self.leader()
        assert house.process is not None
        pid = str(house.process.pid)
        await house.kill()
        await self.leader(after=pid)


@pytest.fixture
async def nats_server(tmp_path: Path) -> AsyncIterator[Endpoint]:
    server = EmbeddedServer(tmp_path / "bus")
    yield await server.start()
    await server.stop()


@pytest.fixture
async def shared_bus(nats_server: Endpoint) -> AsyncIterator[Connection]:
    connection = await Connection.connect(nats_server, name="test", on_closed=lambda _: None)
    yield connection
    await connection.close()


class Crew:
    """Agents at work, until they are told to stop."""

    def __init__(self) -> None:
        self.agents = [Agent(name) for name in ROOM]
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, server: Endpoint) -> None:
        login: dict[str, Any] = {
            "servers": list(server.urls),
            "user": server.user,
            "password": server.password,
        }
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(a.run(self._stop, **login)) for a in self.agents]

    async def stop(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)


async def open_houses(open_house: OpenHouse, server: Endpoint) -> tuple[House, list[House]]:
    """Open a house with the doors, and some that only route, on one server."""
    nats = (
        f'[nats]\nstore = "store"\nurls = ["{server.urls[0]}"]\nuser = "{server.user}"\n'
        'password = "file:nats"\nallow_lazy_sync = true\n'
    )
    houses = []
    for roles in ("doors,intake,delivery", *["dispatch"] * ROUTERS):
        house = await open_house(routing=ROUTING, up=False, nats=nats)
        (house.folder / "nats").write_text(server.password or "")
        (house.folder / "nats").chmod(0o600)
        house.roles = roles
        await house.up()
        houses.append(house)
    return houses[0], houses[1:]


async def test_routers_of_which_the_leader_is_killed_route_as_one(
    open_house: OpenHouse,
    nats_server: Endpoint,
    shared_bus: Connection,
    session: aiohttp.ClientSession,
) -> None:
    door, houses = await open_houses(open_house, nats_server)
    routers, crew = Routers(shared_bus, houses), Crew()
    await routers.leader()
    crew.start(nats_server)

    async def write(numbers: range) -> None:
        for number in numbers:
            phone, sid = f"+1555{2_300_000 + number}", f"SM{number:032x}"
            sent = await send_sms(door, session, number=phone, text=f"Invoice {number}?", sid=sid)
            assert sent == 200

    await write(range(10))
    for first in (10, 20):
        async with asyncio.TaskGroup() as group:
            group.create_task(write(range(first, first + 10)))
            group.create_task(routers.kill_leader())
    assert await wait_quiet(shared_bus, door.subjects, 30, looks=15)
    await crew.stop()
    assert await wait_quiet(shared_bus, door.subjects, 10)
    inside = await read_inside(shared_bus, door.subjects)
    entries = await read_entries(shared_bus, door.subjects, "message", MessageEntry)
    assert len(entries) == CUSTOMERS
    assert {each.conversation for each in entries} == set(inside.routing), "one was lost"
    assert {doc.state for doc in inside.routing.values()} == {RoutingState.CLOSED}
    assert nobody_is_over_capacity(inside.told, ROOM) == []
    assert one_holder_at_a_time(inside.told, inside.routing) == []
    offers = [each for each in inside.told if each.state is AssignmentState.OFFERED]
    assert len({(each.conversation, each.epoch) for each in offers}) == len(offers)
