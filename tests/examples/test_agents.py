"""The example agents take a real conversation on the gateway's own server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
