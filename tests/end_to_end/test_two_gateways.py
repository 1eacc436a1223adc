"""Two gateways share one NATS server: either takes work, and one goes on when the other dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from demo.cast import ROUTING
from demo.house import House
from demo.verdict import one_holder_at_a_time, read_entries, read_inside
from demo.writers import send_sms
from maitred.contracts.entry import MessageEntry
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import Endpoint
from tests.end_to_end.conftest import OpenHouse
from tests.end_to_end.records import Records
from tests.end_to_end.seat import Seat

TAKEN_OVER_SECONDS = 12.0


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


async def two_houses(open_house: OpenHouse, server: Endpoint) -> tuple[House, House]:
    section = (
        f'[nats]\nstore = "store"\nurls = ["{server.urls[0]}"]\nuser = "{server.user}"\n'
        'password = "file:nats"\nallow_lazy_sync = true\n'
    )
    houses = []
    for _ in range(2):
        house = await open_house(routing=ROUTING, up=False, nats=section)
        (house.folder / "nats").write_text(server.password or "")
        (house.folder / "nats").chmod(0o600)
        await house.up()
        houses.append(house)
    return houses[0], houses[1]


async def test_when_the_gateway_that_works_is_killed_the_other_goes_on(
    open_house: OpenHouse,
    nats_server: Endpoint,
    shared_bus: Connection,
    session: aiohttp.ClientSession,
) -> None:
    first, second = await two_houses(open_house, nats_server)
    login: dict[str, Any] = {
        "servers": list(nats_server.urls),
        "user": nats_server.user,
        "password": nats_server.password,
    }
    ann = Seat("ann")
    await ann.sit(login)
    sids = [f"SM{number:032x}" for number in range(12)]
    acknowledged = 0

    async def write(house: House, number: int) -> None:
        nonlocal acknowledged
        phone = f"+1555{2_200_000 + number}"
        status = await send_sms(house, session, number=phone, text="Invoice?", sid=sids[number])
        acknowledged += status == 200

    try:
        await write(first, 0)
        offer = await ann.wait("offered")
        await ann.about("accept", offer)
        await ann.wait("assigned")
        # The first one came up first and holds the leases; both doors are open.
        await asyncio.gather(*(write((first, second)[n % 2], n) for n in range(1, 6)))
        await first.kill()
        await asyncio.gather(*(write(second, number) for number in range(6, 12)))
        await ann.about("reply", offer, text="Still here.")
        assert acknowledged == 12
        for _ in range(3):
            await ann.wait("offered", seconds=TAKEN_OVER_SECONDS)
        async with asyncio.timeout(TAKEN_OVER_SECONDS):
            (sent,) = await second.twilio.wait_sent(1)
        assert sent["Body"] == "Still here."
        records = Records(shared_bus, second)
        ledger = await records.ledger()
        assert (ledger.accepted, ledger.journalled, ledger.gap) == (12, 12, 0)
        entries = await read_entries(shared_bus, second.subjects, "message", MessageEntry)
        assert len({each.message.id for each in entries}) == len(entries) == 12
        inside = await read_inside(shared_bus, second.subjects)
        assert one_holder_at_a_time(inside.told, inside.routing) == []
        assert len(inside.routing) == 12
        assert len(second.twilio.sent) == 1
    finally:
        await ann.leave()
