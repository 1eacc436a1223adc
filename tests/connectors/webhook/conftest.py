"""The generic channel behind a real HTTP server, and a system at both of its ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from aiohttp import web

from maitred.connectors.testing import Answer
from maitred.connectors.testing.http import Provider, Served
from maitred.connectors.webhook.connector import (
    WebhookAccount,
    WebhookConnector,
    WebhookSettings,
)
from maitred.connectors.webhook.standard import key_of, signed_headers
from maitred.contracts.secret import Secret

if TYPE_CHECKING:
    from tests.connectors.conftest import RecordingContext

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SENDER = {"id": "user-77", "name": "Kim"}


@dataclass
class System:
    """A system that posts to us, and what was posted to it."""

    connector: WebhookConnector
    recorded: RecordingContext
    served: Served
    receiver: Provider
    came: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    async def post(
        self, event: Any, *, name: str = "m-1", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Post an event, signed."""
        body = event if isinstance(event, bytes) else orjson.dumps(event)
        signed = signed_headers((key_of(SECRET),), name, self.recorded.now, body)
        given = {"Content-Type": "application/json", **signed, **(headers or {})}
        return await self.served.post("/v1/webhooks/generic/crm", body, given)


Open = Callable[..., Awaitable[System]]


@pytest.fixture
async def open_system(recording: Callable[..., RecordingContext]) -> AsyncIterator[Open]:
    """Return a function that opens one; changes are fields of its account."""
    opened: list[System] = []

    async def make(**changes: Any) -> System:
        came: list[tuple[Mapping[str, str], bytes]] = []

        def take(request: web.Request, body: bytes) -> web.Response:
            came.append((request.headers, body))
            return web.Response(status=204)

        receiver = Provider(take)
        await receiver.start()
        fields = {
            "secrets": (Secret(SECRET),),
            "url": receiver.url + "/replies?from=maitred",
            "allow_private": True,
            **changes,
        }
        recorded = recording()
        connector = WebhookConnector(
            WebhookSettings(accounts={"crm": WebhookAccount(**fields)}), recorded.context
        )
        await connector.start()
        served = Served(connector)
        await served.start()
        opened.append(System(connector, recorded, served, receiver, came))
        return opened[-1]

    yield make
    for each in opened:
        await each.served.stop()
        await each.connector.stop()
        await each.receiver.stop()


@pytest.fixture
async def system(open_system: Open) -> System:
    """Return a system as most are."""
    return await open_system()
