"""The example agents take a real conversation on the gateway's own server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from examples import agent as example
from examples.agent import Agent, Event
from maitred.gateway import clock
from maitred.gateway.bus.endpoint import read_connection
from tests.end_to_end.conftest import OpenHouse
from tests.examples import stage


async def test_the_python_agent_answers_and_leaves_in_order(open_house: OpenHouse) -> None:
    house = await open_house()
    command = stage.python_agent("ann", house.store / "connection.json")
    async with stage.running(command) as agent:
        await stage.converse(house, read_connection(house.store))
        assert await stage.end(agent, ask=True) == ""


async def test_the_javascript_agent_answers_and_leaves_by_itself(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    folder = await stage.install(tmp_path)
    house = await open_house()
    command = stage.javascript_agent(folder, "ann", house.store / "connection.json")
    async with stage.running(command) as agent:
        await stage.converse(house, read_connection(house.store))
        assert '"completed":1' in await stage.end(agent, ask=False)


async def test_the_customer_sees_that_an_answer_is_being_written(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example, "TYPING_SECONDS", 0.05)
    shown, stop = asyncio.Event(), asyncio.Event()

    async def draft(_offer: Event) -> str:
        async with asyncio.timeout(10):
            await shown.wait()
        return "Here you are."

    house = await open_house()
    login = orjson.loads((house.store / "connection.json").read_bytes())
    agent = Agent("ann", answer=draft)
    names = {"servers": [login["url"]], "user": login["user"], "password": login["password"]}
    async with asyncio.TaskGroup() as group, aiohttp.ClientSession() as session:
        group.create_task(agent.run(stop, **names))
        async with session.ws_connect(f"{house.http}/v1/chat/shop") as socket:
            await socket.send_json({"type": "hello"})
            await socket.send_json({"type": "message", "id": "m1", "text": "Where is it?"})
            async with asyncio.timeout(20):
                while (frame := await socket.receive_json())["type"] != "reply":
                    if frame["type"] == "typing":
                        shown.set()
        stop.set()
    assert frame["text"] == "Here you are."


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("rests_on", "may_read", "act_for", "said"),
    [
        ("conversation", False, 0, True),
        ("history", False, HOUR_MS, False),
        ("history", True, 0, True),
        ("act", True, -HOUR_MS, False),
        ("act", True, 0, False),
        ("act", False, HOUR_MS, True),
    ],
)
async def test_the_python_agent_says_nothing_that_the_newest_event_does_not_allow(
    monkeypatch: pytest.MonkeyPatch,
    rests_on: str,
    may_read: bool,  # noqa: FBT001  (a column of the table)
    act_for: int,
    said: bool,  # noqa: FBT001  (a column of the table)
) -> None:
    published: list[dict[str, Any]] = []

    async def publish(_verb: str, body: dict[str, Any]) -> None:
        published.append(body)

    async def nothing(_offer: Event) -> None:
        return

    agent = Agent("ann", answer=nothing)
    monkeypatch.setattr(agent, "_publish", publish)
    offer = {"state": "offered", "conversation": "cnv_x", "epoch": 1}
    gates = {"may_read": may_read, "act_until": clock.now_ms() + act_for if act_for else 0}
    await agent.handle({**offer, "may_read": not may_read, "act_until": 0})
    await agent.handle({**offer, "state": "turn", **gates})
    published.clear()
    assert await agent.reply(offer, "Done.", rests_on=rests_on) is said
    assert [each["rests_on"] for each in published] == [rests_on] * said
