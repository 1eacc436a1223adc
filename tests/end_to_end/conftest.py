"""A gateway of its own for each test, in a process of its own, on a real nats-server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiosmtpd.smtp import SMTP, Envelope

from demo.cast import ROUTING, nats_login
from demo.house import House
from demo.standins.slack_api import SlackApi
from demo.standins.twilio_api import TwilioApi
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from tests.end_to_end.seat import Seat

OpenHouse = Callable[..., Awaitable[House]]
TakeSeat = Callable[..., Awaitable[Seat]]


class Smarthost:
    """A real SMTP server that takes what the gateway sends."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.port = 0
        self._came = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="smarthost.example"), "127.0.0.1", 0
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def handle_DATA(self, server: SMTP, session: object, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        async with self._came:
            self.mails.append(envelope)
            self._came.notify_all()
        return "250 OK"

    async def wait(self, count: int) -> list[Envelope]:
        async with asyncio.timeout(15), self._came:
            await self._came.wait_for(lambda: len(self.mails) >= count)
        return self.mails


@pytest.fixture
async def smarthost() -> AsyncIterator[Smarthost]:
    server = Smarthost()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def open_house(tmp_path: Path, smarthost: Smarthost) -> AsyncIterator[OpenHouse]:
    """Open a house; `sections` change its configuration."""
    slack, twilio = SlackApi(), TwilioApi()
    await slack.start()
    await twilio.start()
    opened: list[House] = []

    async def open_(*, routing: str = ROUTING, up: bool = True, **sections: str) -> House:
        house = House(
            tmp_path / f"house{len(opened)}",
            slack,
            twilio,
            smarthost_port=smarthost.port,
            routing=routing,
            sections=sections,
        )
        house.write()
        opened.append(house)
        if up:
            await house.up()
        return house

    yield open_
    for house in opened:
        await house.kill()
    await slack.stop()
    await twilio.stop()


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house()


@pytest.fixture
async def take_seat() -> AsyncIterator[TakeSeat]:
    """Seat an agent at a house."""
    seats: list[Seat] = []

    async def take(house: House, name: str = "ann", *, online: bool = True) -> Seat:
        seat = Seat(name)
        await seat.sit(nats_login(house, name), online=online)
        seats.append(seat)
        return seat

    yield take
    for seat in seats:
        await seat.leave()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def bus(house: House) -> AsyncIterator[Connection]:
    connection = await Connection.connect(
        read_connection(house.store), name="test", on_closed=lambda _: None
    )
    yield connection
    await connection.close()
