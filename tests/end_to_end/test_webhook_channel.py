"""The generic channel on a real gateway: a system's people are heard, and answered, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.end_to_end.peers import System, keep_secrets, post_event


@pytest.fixture
async def system() -> AsyncIterator[System]:
    made = System()
    await made.start()
    yield made
    await made.stop()


async def test_what_a_system_posts_is_answered_there_and_its_report_is_kept(
    open_house: OpenHouse,
    take_seat: TakeSeat,
    session: aiohttp.ClientSession,
    system: System,
) -> None:
    house = await open_house(up=False, webhook=system.section())
    keep_secrets(house.folder)
    await house.up()
    ann = await take_seat(house)
    event = {"type": "message", "sender": {"id": "user-77"}, "text": "Where is my order?"}
    for _ in range(2):
        assert await post_event(house, session, event, "msg-1") == 202
    offer = await ann.wait("offered")
    assert offer["brief"]["turns"][-1]["text"] == "Where is my order?"
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("reply", offer, text="On its way.")
    name, reply = await asyncio.wait_for(system.came.get(), 15)
    assert reply["id"] == name
    assert (reply["to"], reply["text"]) == ({"id": "user-77"}, "On its way.")
    status = {"type": "status", "reply": name, "state": "delivered"}
    assert await post_event(house, session, status, "status-1") == 202
    assert system.came.empty()
