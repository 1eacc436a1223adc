"""A door to test: the SMS connector behind a real HTTP server, before Twilio's stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from demo.standins.twilio_api import TwilioApi, signed_twilio_request
from maitred.connectors.sms.connector import SmsConnector

if TYPE_CHECKING:
    from tests.connectors.conftest import RecordingContext

PUBLIC = "https://desk.example.com"
PATH = "/v1/webhooks/twilio/main"

MESSAGE: Mapping[str, str] = {
    "ToCountry": "US",
    "MessageSid": "SM2a1b",
    "SmsSid": "SM2a1b",
    "SmsStatus": "received",
    "NumMedia": "0",
    "From": "+14158675309",
    "To": "+18005551212",
    "Body": "Où est ma commande ?",
    "AccountSid": "AC00000000000000000000000000000001",
    "ApiVersion": "2010-04-01",
}


@dataclass
class Door:
    """The connector, what it stored, and a client that posts as Twilio does."""

    connector: SmsConnector
    recorded: RecordingContext
    client: TestClient[web.Request, web.Application]
    api: TwilioApi
    token: str

    async def post(
        self,
        form: Mapping[str, str],
        *,
        path: str = PATH,
        url: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> ClientResponse:
        """Post a form signed for `url`, which is the public one unless given."""
        signed = signed_twilio_request(self.token, url or PUBLIC + path, form)
        raw = urlencode(list(form.items())).encode() if body is None else body
        return await self.client.post(
            path,
            data=BytesIO(raw),  # aiohttp warns of large bodies as bytes
            headers={**signed, **(headers or {})},
        )

    async def report(self, sent: Mapping[str, str], status: str, **fields: str) -> ClientResponse:
        """Post a status callback about a message that Twilio was sent, as Twilio does."""
        path = urlsplit(sent["StatusCallback"]).path
        form = {
            "MessageSid": "SM" + "0" * 32,
            "MessageStatus": status,
            "To": sent["To"],
            "From": sent.get("From", ""),
            "AccountSid": self.api.account_sid,
            **fields,
        }
        return await self.post(form, path=path)


class OpenDoor(Protocol):
    """Opens a door; changes are fields of its account, and `own_url` is its `public_url`."""

    async def __call__(
        self, *, public_url: str = PUBLIC, own_url: str = "", **changes: object
    ) -> Door: ...
