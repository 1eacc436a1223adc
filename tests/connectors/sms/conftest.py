"""Doors of the SMS channel, opened and closed for a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from demo.standins.twilio_api import TwilioApi
from maitred.connectors.sms.connector import SmsConnector
from maitred.connectors.sms.settings import SmsAccount, SmsSettings
from maitred.connectors.testing.http import application
from maitred.contracts.secret import Secret
from tests.connectors.sms.door import MESSAGE, PUBLIC, Door, OpenDoor

if TYPE_CHECKING:
    from tests.connectors.conftest import RecordingContext


@pytest.fixture
async def open_door(
    recording: Callable[..., RecordingContext],
) -> AsyncIterator[OpenDoor]:
    """Return a function that opens a door; changes are fields of its account."""
    opened: list[Door] = []

    async def make(*, public_url: str = PUBLIC, own_url: str = "", **changes: object) -> Door:
        api = TwilioApi()
        await api.start()
        account: dict[str, Any] = {
            "account_sid": api.account_sid,
            "auth_token": Secret(api.auth_token),
            "numbers": ("+18005551212",),
            "public_url": own_url,
            "api_url": api.url,
            **changes,
        }
        recorded = recording(public_url=public_url)
        connector = SmsConnector(
            SmsSettings(accounts={"main": SmsAccount(**account)}), recorded.context
        )
        await connector.start()
        client = TestClient(TestServer(application(connector)))
        await client.start_server()
        opened.append(Door(connector, recorded, client, api, api.auth_token))
        return opened[-1]

    yield make
    for door in opened:
        await door.client.close()
        await door.connector.stop()
        await door.api.stop()


@pytest.fixture
async def door(open_door: OpenDoor) -> Door:
    """Return a door as most deployments have it."""
    return await open_door()


@pytest.fixture
def message() -> dict[str, str]:
    """Return a message as Twilio posts it."""
    return dict(MESSAGE)
