"""The example agents take a real conversation on the gateway's own server."""

from __future__ import annotations

from pathlib import Path

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
