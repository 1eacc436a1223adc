"""Signals on real gateways: to whoever has the conversation, at whichever door the socket is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from demo.cast import nats_login
from demo.house import House
from maitred.gateway.bus import streams
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import Endpoint
from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.end_to_end.seat import Event, Seat
from tests.end_to_end.signalling import Signals, signals
from tests.end_to_end.test_two_gateways import two_houses


@pytest.fixture
async def nats_server(tmp_path: Path) -> AsyncIterator[Endpoint]:
    server = EmbeddedServer(tmp_path / "bus")
    yield await server.start()
    await server.stop()


class Visitor:
    """A visitor's socket, frame by frame."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def wait(self, kind: str) -> dict[str, Any]:
        """Return the next frame of a type."""
        async with asyncio.timeout(15):
            while (frame := await self.socket.receive_json())["type"] != kind:
                pass
        return dict(frame)

    async def write(self, text: str, name: str) -> str:
        """Write a message and return what we call it."""
        await self.socket.send_json({"type": "message", "id": name, "text": text})
        return str((await self.wait("ack"))["message"])


async def visit(house: House, session: aiohttp.ClientSession) -> Visitor:
    visitor = Visitor(await session.ws_connect(f"{house.http}/v1/chat/shop"))
    await visitor.socket.send_json({"type": "hello", "token": None})
    await visitor.wait("welcome")
    return visitor


async def accept(ann: Seat) -> Event:
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    return await ann.wait("assigned")


async def _both_ways(visitor: Visitor, message: str, held: Event, ann: Signals) -> None:
    await visitor.socket.send_json({"type": "typing"})
    heard = await ann.next()
    about = (heard["kind"], heard["conversation"], heard["epoch"])
    assert about == ("typing", held["conversation"], held["epoch"])
    await ann.say("read", held, message=message)
    assert await visitor.wait("read") == {"type": "read", "message": message}
    await ann.say("typing", held)
    assert await visitor.wait("typing") == {"type": "typing"}


async def test_signals_go_both_ways_and_nothing_of_them_is_stored(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    ann = await take_seat(house)
    visitor = await visit(house, session)
    message = await visitor.write("Where is my lamp?", "m1")
    held = await accept(ann)
    before = await streams.info(bus, "JOURNAL")
    async with signals(nats_login(house, "ann")) as signalling:
        await _both_ways(visitor, message, held, signalling)
        await ann.about("reply", held, text="On its way.")
        await visitor.wait("reply")
        await ann.about("complete", held)
        await ann.wait("closed")
        # Nobody has the conversation any more: what its last holder signals reaches nobody.
        await signalling.say("typing", held)
        await visitor.socket.send_json({"type": "typing"})
        await visitor.socket.send_json({"type": "ping"})
        assert (await visitor.socket.receive_json())["type"] == "pong"
        assert signalling.heard.empty()
    subjects = await bus.api("STREAM.INFO.JOURNAL", {"subjects_filter": "maitred.v1.main.signal.>"})
    assert not subjects["state"].get("subjects")
    assert (await streams.info(bus, "JOURNAL")).messages > before.messages


async def test_a_signal_finds_the_socket_at_the_other_gateway(
    open_house: OpenHouse, nats_server: Endpoint, session: aiohttp.ClientSession
) -> None:
    first, second = await two_houses(open_house, nats_server)
    login: dict[str, Any] = {
        "servers": list(nats_server.urls),
        "user": nats_server.user,
        "password": nats_server.password,
    }
    ann = Seat("ann")
    await ann.sit(login)
    # One of the two dispatches; both have doors.
    visitors = [await visit(house, session) for house in (first, second)]
    try:
        async with signals(login) as signalling:
            for number, visitor in enumerate(visitors):
                message = await visitor.write(f"Question {number}?", "m1")
                held = await accept(ann)
                await _both_ways(visitor, message, held, signalling)
    finally:
        await ann.leave()
