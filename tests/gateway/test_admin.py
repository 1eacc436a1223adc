"""Admin: health and metrics, alone and on a real gateway whose NATS server goes and comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from maitred.connectors.abilities import Ailment
from maitred.gateway import admin
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.metrics import Metrics
from maitred.gateway.settings.load import parse
from maitred.gateway.supervision import Gateway


class Store:
    """A check that says what it is told to."""

    said = ""
    ailing: Sequence[tuple[str, Ailment]] = ()

    async def check(self) -> str:
        return self.said


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def client(store: Store) -> AsyncIterator[TestClient]:
    async with TestClient(
        TestServer(admin.application(Metrics(), {"store": store.check}, lambda: store.ailing))
    ) as client:
        yield client


async def test_it_is_live_as_long_as_it_answers(client: TestClient, store: Store) -> None:
    store.said = "not connected to NATS"
    response = await client.get("/livez")
    assert (response.status, await response.json()) == (200, {"status": "ok"})


async def test_it_is_ready_when_no_check_has_anything_to_say(client: TestClient) -> None:
    response = await client.get("/readyz")
    said = {"status": "ok", "faults": {}, "channels": []}
    assert (response.status, await response.json()) == (200, said)


async def test_what_ails_a_channel_is_told_and_makes_nothing_less_ready(
    client: TestClient, store: Store
) -> None:
    store.ailing = [("email", Ailment(account="help", part="mailbox", reason="imap_login"))]
    response = await client.get("/readyz")
    assert response.status == 200
    assert (await response.json())["channels"] == [
        {"channel": "email", "account": "help", "part": "mailbox", "reason": "imap_login"}
    ]


async def test_what_ails_a_channel_is_a_metric_for_as_long_as_it_does() -> None:
    ailing = [("slack", Ailment(account="main", part="socket", reason="socket_invalid_auth"))]
    metrics = Metrics()
    metrics.ailing_from(lambda: ailing)
    labels = 'account="main",channel="slack",part="socket",reason="socket_invalid_auth"'
    assert f"maitred_channel_ailing{{{labels}}} 1.0" in metrics.render().decode()
    ailing.clear()
    assert "maitred_channel_ailing{" not in metrics.render().decode()


async def test_it_is_not_ready_and_says_why(client: TestClient, store: Store) -> None:
    store.said = "not connected to NATS"
    response = await client.get("/readyz")
    assert response.status == 503
    assert await response.json() == {
        "status": "unavailable",
        "faults": {"store": "not connected to NATS"},
        "channels": [],
    }


async def test_metrics_come_in_the_text_format_of_prometheus(client: TestClient) -> None:
    response = await client.get("/metrics")
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE maitred_ledger_gap gauge" in await response.text()


@pytest.mark.parametrize("path", ["/", "/metrics/", "/v1/chat/shop"])
async def test_nothing_else_is_there(client: TestClient, path: str) -> None:
    assert (await client.get(path)).status == 404


async def test_a_gateway_is_ready_exactly_while_it_is_connected(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret that is long enough")
    server = EmbeddedServer(tmp_path / "nats")
    endpoint = await server.start()
    gateway = Gateway(
        parse(
            {
                "nats": {
                    "urls": list(endpoint.urls),
                    "user": endpoint.user,
                    "password": "file:password",
                    "allow_lazy_sync": True,
                },
                "admin": {"listen": "127.0.0.1:0"},
                "identity": {"secret": "file:secret"},
            },
            folder=_with_password(tmp_path, endpoint.password or ""),
        ),
        roles=frozenset({"intake"}),
    )
    try:
        await gateway.start()
        assert gateway.listening.admin is not None
        url = f"http://127.0.0.1:{gateway.listening.admin[1]}/readyz"
        async with aiohttp.ClientSession() as session:
            assert await _status(session, url, 200) == {}
            await server.stop()
            assert await _status(session, url, 503) == {"store": "not connected to NATS"}
            await server.start()
            assert await _status(session, url, 200) == {}
    finally:
        await gateway.stop()
        await server.stop()


def _with_password(folder: Path, password: str) -> Path:
    (folder / "password").write_text(password)
    return folder


async def _status(session: aiohttp.ClientSession, url: str, wanted: int) -> object:
    """Ask until the status is `wanted`, and return the faults; health has no event."""
    async with asyncio.timeout(20):
        while True:
            async with session.get(url) as response:
                if response.status == wanted:
                    return (await response.json())["faults"]
            await asyncio.sleep(0.02)  # polling: the server's state is another process's
