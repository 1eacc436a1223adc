"""A door to test: the Slack connector behind a real HTTP server, before Slack's stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

import orjson
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from demo.standins.slack_api import SlackApi, signed_slack_request
from maitred.connectors.slack.connector import SlackConnector
from tests.connectors.slack.socket_server import SocketServer

if TYPE_CHECKING:
    from tests.connectors.conftest import RecordingContext

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW_S = 1_700_000_000
PATH = "/v1/webhooks/slack/main"


def make_event(event_id: str = "Ev01", **fields: object) -> dict[str, Any]:
    """Return a message event as Slack sends it; `fields` change the inner event."""
    inner: dict[str, Any] = {
        "client_msg_id": "1b2c",
        "type": "message",
        "text": "My order is <late> & cold",
        "user": "U0ANA",
        "ts": "1699999990.000200",
        "team": "T0OWN",
        "channel": "C0HELP",
        "event_ts": "1699999990.000200",
        "channel_type": "channel",
        **fields,
    }
    return {
        "token": "z26uFbvR1xHJEdHE1OQiO6t8",
        "team_id": "T0OWN",
        "api_app_id": "A0APP",
        "type": "event_callback",
        "event_id": event_id,
        "event_time": NOW_S,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": "T0OWN",
                "user_id": "U0BOT",
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event": {name: value for name, value in inner.items() if value is not None},
    }


@dataclass
class Door:
    """The connector, what it stored, and a client that posts as Slack does."""

    connector: SlackConnector
    recorded: RecordingContext
    client: TestClient[web.Request, web.Application]
    api: SlackApi
    sockets: SocketServer

    async def post(
        self,
        body: Mapping[str, Any] | bytes,
        *,
        path: str = PATH,
        at_s: int = NOW_S,
        headers: Mapping[str, str] | None = None,
    ) -> ClientResponse:
        """Post a signed request."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        try:
            signed = signed_slack_request(SECRET, raw, at_s)
        except UnicodeDecodeError:
            signed = signed_slack_request(SECRET, b"", at_s)
        return await self.client.post(
            path, data=BytesIO(raw), headers={**signed, **(headers or {})}
        )


class OpenDoor(Protocol):
    """Opens a door; changes are fields of its account."""

    async def __call__(self, **changes: object) -> Door: ...
