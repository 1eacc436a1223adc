"""Twilio's side: signed webhooks in, its REST API behind its own client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from demo.standins.twilio_api import signed_twilio_request
from maitred.connectors.port import Connector
from maitred.connectors.sms import door as sms_door
from maitred.connectors.sms.connector import SmsConnector
from maitred.connectors.sms.settings import SmsAccount, SmsSettings
from maitred.connectors.testing import (
    Answer,
    Knock,
    Mood,
    Proof,
    Received,
    RecordingContext,
)
from maitred.connectors.testing.http import Around, Provider
from maitred.contracts.identifiers import text_identifier
from maitred.contracts.ids import OutboundId
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import WEBHOOK_BYTES_MAX
from maitred.contracts.outbound import DeliveryState, Outbound
from maitred.contracts.secret import Secret
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.sms.decoder import decode

SID = "AC00000000000000000000000000000001"
TOKEN, OLD_TOKEN = "the-auth-token-of-the-account", "the-token-that-it-is-to-replace"
CUSTOMER, OURS = "+14155550123", "+18005551212"
PUBLIC = "https://desk.example.com"


class SmsDoor:
    """Posts as Twilio does for one account."""

    channel = "sms"
    connector: type[Connector] = SmsConnector
    not_applicable: Mapping[str, str] = {
        "replay_outside": "Twilio signs no time",
        "replay_inside": "Twilio signs no time; `duplicate` shows that a replay is one message",
    }
    private: Sequence[str] = (TOKEN, OLD_TOKEN, CUSTOMER, CUSTOMER.removeprefix("+"))
    bytes_max = WEBHOOK_BYTES_MAX
    replay_window_ms = 0

    def __init__(self) -> None:
        self._received: list[Received] = []
        self._callback = ""
        self._around = Around(Provider(self._take), (sms_door, "BODY_TIMEOUT_S", 0.3))

    async def open(self, house: RecordingContext) -> Connector:
        self._house = house
        house.public_url = PUBLIC
        return await self._around.open(
            lambda url: SmsConnector(_settings(api_url=url), house.context)
        )

    async def close(self) -> None:
        await self._around.close()

    async def knock(self, knock: Knock) -> Answer:
        form = {
            "MessageSid": knock.id,
            "AccountSid": SID,
            "From": CUSTOMER,
            "To": OURS,
            "NumMedia": "0",
            "Body": knock.text,
        }
        body = urlencode(form).encode() if knock.raw is None else knock.raw
        path = f"/v1/webhooks/twilio/{knock.account or 'main'}"
        token = {Proof.OLD: OLD_TOKEN, Proof.WRONG: "a-guess", Proof.NONE: ""}.get(
            knock.proof, TOKEN
        )
        return await self._post(path, body, token)

    async def stall(self) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._around.served.stall("/v1/webhooks/twilio/main", headers)

    def malformed(self) -> Sequence[bytes]:
        good = {"MessageSid": "SM1", "AccountSid": SID, "From": CUSTOMER, "To": OURS, "Body": "a"}
        wrong: list[dict[str, str]] = [
            {},
            {**good, "MessageSid": ""},
            {**good, "MessageSid": "S" * 300},
            {**good, "From": ""},
            {**good, "From": "\x07"},
            {**good, "AccountSid": "AC0"},
            {**good, **{f"more{index}": "x" for index in range(300)}},
        ]
        raw = [b"", b"&&&", b"=", b"Body=%FF%FE", b"\xff\xfe", b"Body", b"a=b;c=d", b"{}"]
        return [*raw, *(urlencode(each).encode() for each in wrong)]

    def read(self, inbound: Inbound, body: bytes) -> str:
        return decode(inbound, body, 1, DecodeContext(keys=self._house.keys)).message.text

    def faulty(self) -> Mapping[str, Any]:
        wrong: dict[str, Any] = {
            "account_sid": "",
            "auth_token": Secret(""),
            "public_url": "desk.example.com",
            "api_url": "ftp://api.example.com",
        }
        return {
            f"channels.sms.accounts.main.{name}": _settings(**{name: value})
            for name, value in wrong.items()
        }

    def outbound(self, house: RecordingContext, text: str, *, command: str = "1") -> Outbound:
        return house.outbound(
            text_identifier(CUSTOMER).identifier,
            text,
            channel="sms",
            account="main",
            command=command,
            extra={"from": OURS},
        )

    async def behave(self, mood: Mood) -> None:
        await self._around.provider.behave(mood)

    def received(self) -> Sequence[Received]:
        return self._received

    async def report(self, reply: OutboundId, state: DeliveryState) -> Answer:
        form = {
            "MessageSid": "SM" + "0" * 32,
            "AccountSid": SID,
            "MessageStatus": state.value,
            "To": CUSTOMER,
            "From": OURS,
        }
        url = urlsplit(self._callback)
        path = url.path + (f"?{url.query}" if url.query else "")
        return await self._post(path, urlencode(form).encode(), TOKEN)

    async def _post(self, path: str, body: bytes, token: str) -> Answer:
        form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        headers = signed_twilio_request(token, PUBLIC + path, form)
        if not token:
            headers = {name: value for name, value in headers.items() if "Signature" not in name}
        return await self._around.served.post(path, body, headers)

    def _take(self, request: web.Request, body: bytes) -> web.Response:
        form = dict(parse_qsl(body.decode()))
        self._callback = form.get("StatusCallback", "")
        self._received.append(Received(form["Body"]))
        sid = f"SM{len(self._received):032x}"
        return web.json_response({"sid": sid, "status": "queued"}, status=201)


def _settings(**fields: Any) -> SmsSettings:
    account = {
        "account_sid": SID,
        "auth_token": Secret(TOKEN),
        "auth_tokens": (Secret(OLD_TOKEN),),
        "numbers": (OURS,),
        **fields,
    }
    return SmsSettings(accounts={"main": SmsAccount(**account)})
