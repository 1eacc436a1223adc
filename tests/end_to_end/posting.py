"""Raw requests at the doors, for what no decent client would send."""

from __future__ import annotations

import hashlib
import hmac
import time
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson

from demo.house import OUR_NUMBER, SIGNING_SECRET, House
from demo.standins.slack_api import signed_slack_request
from demo.standins.twilio_api import signed_twilio_request


def twilio_form(house: House, **fields: str) -> dict[str, str]:
    """Return the form of an incoming message; `fields` replace the usual ones."""
    form = {
        "MessageSid": "SM" + "0" * 32,
        "AccountSid": house.twilio.account_sid,
        "From": "+15552000001",
        "To": OUR_NUMBER,
        "Body": "Hello",
        "NumMedia": "0",
    }
    return {**form, **fields}


async def post_twilio(
    house: House,
    session: aiohttp.ClientSession,
    form: dict[str, str],
    *,
    path: str = "main",
    body: bytes | None = None,
    **headers: str,
) -> aiohttp.ClientResponse:
    """Post a form, signed; `body` and `headers` replace what was signed."""
    url = f"{house.http}/v1/webhooks/twilio/{path}"
    signed = signed_twilio_request(house.twilio.auth_token, url, form)
    data = urlencode(form).encode() if body is None else body
    async with session.post(url, data=BytesIO(data), headers=signed | headers) as response:
        await response.read()
        return response


def slack_event(house: House, *, event_id: str, **event: Any) -> bytes:
    """Return the body of an event; `event` replaces what the usual message holds."""
    usual = {
        "type": "message",
        "user": "U1",
        "text": "Hello",
        "ts": "1790000000.000100",
        "channel": "C1",
        "channel_type": "channel",
        "team": house.slack.team_id,
    }
    return orjson.dumps(
        {
            "type": "event_callback",
            "team_id": house.slack.team_id,
            "api_app_id": "A0DEMO",
            "event_id": event_id,
            "event_time": 1_790_000_000,
            "event": {**usual, **event},
        }
    )


async def post_slack(
    house: House,
    session: aiohttp.ClientSession,
    body: bytes,
    *,
    path: str = "main",
    age_s: int = 0,
    **headers: str,
) -> aiohttp.ClientResponse:
    """Post a body, signed `age_s` seconds ago; `headers` replace what was signed."""
    now = int(time.time())  # noqa: TID251  (Slack's stamp)
    signed = signed_slack_request(SIGNING_SECRET, b"", now - age_s)
    # Slack's own signer takes no bytes that are not UTF-8; its formula does.
    stamped = f"v0:{now - age_s}:".encode() + body
    proof = hmac.new(SIGNING_SECRET.encode(), stamped, hashlib.sha256).hexdigest()
    signed["X-Slack-Signature"] = f"v0={proof}"
    replaced = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"{house.http}/v1/webhooks/slack/{path}"
    async with session.post(url, data=BytesIO(body), headers=signed | replaced) as response:
        await response.read()
        return response
