"""The generic channel on a real gateway: a system's people are heard, and answered, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from demo.house import House
from maitred.connectors.testing.http import Provider
from maitred.connectors.webhook.standard import key_of, proven_id, signed_headers
from maitred.gateway import clock
from tests.end_to_end.conftest import OpenHouse, TakeSeat

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEYS = (key_of(SECRET),)


class System:
    """A system with people of its own, and the address to which they are answered."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self.receiver = Provider(self._take)

    def section(self) -> str:
        """Return its account."""
        return (
            f'[channels.webhook.accounts.app]\nsecrets = ["file:webhook"]\n'
            f'url = "{self.receiver.url}/replies"\nallow_private = true\n'
        )

    def _take(self, request: web.Request, body: bytes) -> web.Response:
        name = proven_id(KEYS, request.headers, body, clock.now_ms())
        self.came.put_nowait((name, orjson.loads(body)))
        return web.Response(status=204)


@pytest.fixture
async def system() -> AsyncIterator[System]:
    made = System()
    await made.receiver.start()
    yield made
    await made.receiver.stop()


async def post(
    house: House, session: aiohttp.ClientSession, event: dict[str, Any], name: str
) -> int:
    body = orjson.dumps(event)
    headers = {
        "Content-Type": "application/json",
        **signed_headers(KEYS, name, clock.now_ms(), body),
    }
    url = f"{house.http}/v1/webhooks/generic/app"
    async with session.post(url, data=BytesIO(body), headers=headers) as response:
        return response.status


async def test_what_a_system_posts_is_answered_there_and_its_report_is_kept(
    open_house: OpenHouse,
    take_seat: TakeSeat,
    session: aiohttp.ClientSession,
    system: System,
) -> None:
    house = await open_house(up=False, webhook=system.section())
    (house.folder / "webhook").write_text(SECRET)
    (house.folder / "webhook").chmod(0o600)
    await house.up()
    ann = await take_seat(house)
    event = {"type": "message", "sender": {"id": "user-77"}, "text": "Where is my order?"}
    for _ in range(2):
        assert await post(house, session, event, "msg-1") == 202
    offer = await ann.wait("offered")
    assert offer["brief"]["turns"][-1]["text"] == "Where is my order?"
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("reply", offer, text="On its way.")
    name, reply = await asyncio.wait_for(system.came.get(), 15)
    assert reply["id"] == name
    assert (reply["to"], reply["text"]) == ({"id": "user-77"}, "On its way.")
    status = {"type": "status", "reply": name, "state": "delivered"}
    assert await post(house, session, status, "status-1") == 202
    assert system.came.empty()
