"""The same agents against deploy/nats, where they may do nothing but an agent's work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import orjson
import pytest

from demo.house import House
from maitred.gateway.bus.endpoint import Endpoint
from tests.deploy import cluster
from tests.deploy.cluster import PASSWORDS, Cluster
from tests.end_to_end.conftest import OpenHouse
from tests.end_to_end.seat import Seat
from tests.examples import stage

DESK = "desk-1"
ROUTING = f'[[routing.agents]]\nid = "{DESK}"\nname = "Desk"\n'
PASSWORD = PASSWORDS["NATS_AGENT_DESK_1_PASSWORD"]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster.running(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
async def house(nodes: Cluster, open_house: OpenHouse) -> AsyncIterator[House]:
    house = await open_house(up=False, routing=ROUTING, nats=_section(nodes))
    (house.folder / "nats-password").write_text(PASSWORDS["NATS_GATEWAY_PASSWORD"])
    (house.folder / "nats-password").chmod(0o600)
    await house.up()
    yield house
    assert await house.stop() == 0


def _section(nodes: Cluster) -> str:
    urls = ", ".join(f'"{url}"' for url in nodes.urls)
    return f"""[nats]
urls = [{urls}]
user = "gateway"
password = "file:nats-password"
replicas = 3
monitoring_url = "{",".join(nodes.monitoring_urls)}"
"""


@pytest.fixture
def gateway(nodes: Cluster) -> Endpoint:
    password = PASSWORDS["NATS_GATEWAY_PASSWORD"]
    return Endpoint(urls=tuple(nodes.urls), user="gateway", password=password)


@pytest.fixture
def login(nodes: Cluster, tmp_path: Path) -> Path:
    """The agent's own login, in the form that the examples read."""
    path = tmp_path / "connection.json"
    path.write_bytes(orjson.dumps({"url": nodes.urls[0], "user": DESK, "password": PASSWORD}))
    return path


async def test_the_python_agent_takes_a_conversation(
    house: House, gateway: Endpoint, login: Path
) -> None:
    async with stage.running(stage.python_agent(DESK, login)) as agent:
        await stage.converse(house, gateway)
        assert await stage.end(agent, ask=True) == ""


async def test_the_javascript_agent_takes_a_conversation(
    house: House, gateway: Endpoint, login: Path, tmp_path: Path
) -> None:
    folder = await stage.install(tmp_path)
    async with stage.running(stage.javascript_agent(folder, DESK, login)) as agent:
        await stage.converse(house, gateway)
        assert '"completed":1' in await stage.end(agent, ask=False)


async def test_the_server_confirms_a_command(house: House, nodes: Cluster) -> None:
    seat = Seat(DESK)
    await seat.sit({"servers": nodes.urls, "user": DESK, "password": PASSWORD}, online=False)
    try:
        assert seat._stream is not None
        ack = await seat._stream.publish(
            f"maitred.v1.main.command.{DESK}.presence",
            b'{"schema":"command","id":"1","presence":"away"}',
        )
        assert ack.stream == "COMMANDS"
    finally:
        await seat.leave()
