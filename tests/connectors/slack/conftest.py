"""Doors of the Slack channel, opened and closed for a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import pytest
import slack_sdk.signature
from aiohttp.test_utils import TestClient, TestServer

from demo.standins.slack_api import SlackApi
from maitred.connectors.slack import finding
from maitred.connectors.slack.connector import SlackConnector
from maitred.connectors.slack.settings import SlackAccount, SlackSettings
from maitred.connectors.testing.http import application
from maitred.contracts.secret import Secret
from tests.connectors.slack.door import NOW_S, SECRET, Door, OpenDoor
from tests.connectors.slack.socket_server import SocketServer

if TYPE_CHECKING:
    from tests.connectors.conftest import RecordingContext


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a post whose answer was lost be looked for without pauses."""
    monkeypatch.setattr(finding, "PAUSES_S", (0.0, 0.0))


@pytest.fixture
async def open_door(
    recording: Callable[..., RecordingContext], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OpenDoor]:
    """Return a function that opens a door; changes are fields of its account."""
    # Slack's SDK proves requests by its own clock, which has no other handle.
    monkeypatch.setattr(slack_sdk.signature.Clock, "now", lambda _: float(NOW_S))
    opened: list[Door] = []

    async def make(**changes: object) -> Door:
        api = SlackApi()
        await api.start()
        sockets = SocketServer(api)
        await sockets.start()
        api.add_user("U0ANA", email="Ana@Example.com", name="Ana")
        account: dict[str, Any] = {
            "signing_secret": Secret(SECRET),
            "bot_token": Secret(api.token),
            "team_id": api.team_id,
            "bot_user_id": api.bot_user_id,
            "api_url": api.url,
            **changes,
        }
        recorded = recording(public_url="https://maitred.example.com")
        connector = SlackConnector(
            SlackSettings(accounts={"main": SlackAccount(**account)}), recorded.context
        )
        await connector.start()
        client = TestClient(TestServer(application(connector)))
        await client.start_server()
        opened.append(Door(connector, recorded, client, api, sockets))
        return opened[-1]

    yield make
    for door in opened:
        await door.client.close()
        await door.connector.stop()
        await door.sockets.stop()
        await door.api.stop()


@pytest.fixture
async def door(open_door: OpenDoor) -> Door:
    """Return a door as most deployments have it."""
    return await open_door()
