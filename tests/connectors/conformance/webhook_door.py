"""The generic channel's door: a system that posts signed JSON, and a receiver of replies."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from aiohttp import web

from maitred.connectors.port import Connector
from maitred.connectors.testing import (
    Answer,
    Knock,
    Mood,
    Proof,
    Received,
    RecordingContext,
)
from maitred.connectors.testing.http import Around, Provider
from maitred.connectors.webhook import connector as webhook
from maitred.connectors.webhook.settings import WebhookAccount, WebhookSettings
from maitred.connectors.webhook.standard import ID, TOLERANCE_MS, key_of, signed_headers
from maitred.contracts.identifiers import Identifier, IdentifierKind
from maitred.contracts.ids import OutboundId
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import WEBHOOK_BYTES_MAX
from maitred.contracts.outbound import DeliveryState, Outbound
from maitred.contracts.secret import Secret
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.webhook.decoder import decode

SECRETS = {
    proof: "whsec_" + base64.b64encode(proof.value.ljust(32, "!").encode()).decode()
    for proof in (Proof.GOOD, Proof.OLD, Proof.WRONG)
}
ADDRESSES = ("kim@example.com", "+14155550123")
SENDER = {"id": "user-77", "name": "Kim Doe", "email": ADDRESSES[0], "phone": ADDRESSES[1]}


class WebhookDoor:
    """Posts as a system does that was given two secrets."""

    channel = "webhook"
    connector: type[Connector] = webhook.WebhookConnector
    not_applicable: Mapping[str, str] = {}
    private: Sequence[str] = (SECRETS[Proof.GOOD], SECRETS[Proof.OLD], *ADDRESSES, "user-77")
    bytes_max = WEBHOOK_BYTES_MAX
    replay_window_ms = TOLERANCE_MS

    def __init__(self) -> None:
        self._received: list[Received] = []
        self._around = Around(Provider(self._take), (webhook, "BODY_TIMEOUT_S", 0.3))

    async def open(self, house: RecordingContext) -> Connector:
        self._house = house

        def make(url: str) -> Connector:
            account = WebhookAccount(
                secrets=(Secret(SECRETS[Proof.GOOD]), Secret(SECRETS[Proof.OLD])),
                url=url + "/replies",
                allow_private=True,
            )
            settings = WebhookSettings(accounts={"crm": account})
            return webhook.WebhookConnector(settings, house.context)

        return await self._around.open(make)

    async def close(self) -> None:
        await self._around.close()

    async def knock(self, knock: Knock) -> Answer:
        body = knock.raw
        if body is None:
            body = orjson.dumps({"type": "message", "sender": SENDER, "text": knock.text})
        return await self._post(body, knock.id, knock.proof, knock.ago_ms, knock.account or "crm")

    async def stall(self) -> Answer:
        return await self._around.served.stall(
            "/v1/webhooks/generic/crm", {"Content-Type": "application/json"}
        )

    def malformed(self) -> Sequence[bytes]:
        message = {"type": "message", "sender": SENDER, "text": "said"}
        wrong: list[dict[str, Any]] = [
            {**message, "type": "shout"},
            {**message, "type": None},
            {**message, "text": 7},
            {**message, "text": "   "},
            {**message, "text": None},
            {**message, "texts": "misspelt"},
            {**message, "text": "x" * 100_001},
            {**message, "sender": "user-77"},
            {**message, "sender": {}},
            {**message, "sender": {"id": ""}},
            {**message, "sender": {"id": "two words"}},
            {**message, "sender": {"id": "a\n"}},
            {**message, "sender": {**SENDER, "email": "kim@"}},
            {**message, "sender": {**SENDER, "phone": "\x07"}},
            {**message, "at": -1},
            {**message, "at": "yesterday"},
            {**message, "thread": ""},
            {**message, "files": [{"name": "a", "data": "!!"}]},
            {**message, "files": [{"name": "a"}]},
            {**message, "files": [{"name": "a", "data": "YQ==", "url": "https://example.com/a"}]},
            {**message, "files": [{"name": "a", "url": "file:///etc/hosts"}]},
            {**message, "files": [{"name": "a", "data": "YQ=="}] * 101},
            {"type": "edit", "sender": SENDER, "text": "x"},
            {"type": "edit", "sender": SENDER, "target": "a.b", "text": "x"},
            {"type": "edit", "sender": SENDER, "target": "a", "text": " "},
            {"type": "delete", "sender": SENDER},
            {"type": "status", "reply": "out_../..", "state": "read"},
            {"type": "status", "reply": "out_1", "state": "waiting"},
            {"type": "status", "reply": "out_1", "state": "failed", "error": "No Such User"},
        ]
        raw = [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"x"',
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"type":"message"}',
        ]
        return [*raw, *map(orjson.dumps, wrong), b'{"type":"message","text":"\\ud800"}']

    def read(self, inbound: Inbound, body: bytes) -> str:
        return decode(inbound, body, 1, DecodeContext(keys=self._house.keys)).message.text

    def faulty(self) -> Mapping[str, Any]:
        good = Secret(SECRETS[Proof.GOOD])
        path = "channels.webhook.accounts.crm"

        def settings(**fields: Any) -> WebhookSettings:
            return WebhookSettings(
                accounts={"crm": WebhookAccount(**{"secrets": (good,), **fields})}
            )

        return {
            f"{path}.secrets": settings(secrets=()),
            f"{path}.secrets[0]": settings(secrets=(Secret("whsec_c2hvcnQ="),)),
            f"{path}.url": settings(url="http://shop.example/replies"),
        }

    def outbound(self, house: RecordingContext, text: str, *, command: str = "1") -> Outbound:
        endpoint = Identifier(kind=IdentifierKind.CRM, value="crm:user-77")
        return house.outbound(
            endpoint,
            text,
            channel="webhook",
            account="crm",
            command=command,
            extra={"sender": "user-77"},
        )

    async def behave(self, mood: Mood) -> None:
        await self._around.provider.behave(mood)

    def received(self) -> Sequence[Received]:
        return self._received

    async def report(self, reply: OutboundId, state: DeliveryState) -> Answer:
        body = orjson.dumps({"type": "status", "reply": reply, "state": state.value})
        return await self._post(body, f"status-{state.value}", Proof.GOOD, 0, "crm")

    async def _post(
        self, body: bytes, name: str, proof: Proof, ago_ms: int, account: str
    ) -> Answer:
        headers = {"Content-Type": "application/json", ID: name}
        if proof is not Proof.NONE:
            keys = (key_of(SECRETS[proof]),)
            headers |= signed_headers(keys, name, self._house.now - ago_ms, body)
        return await self._around.served.post(f"/v1/webhooks/generic/{account}", body, headers)

    def _take(self, request: web.Request, body: bytes) -> web.Response:
        self._received.append(Received(orjson.loads(body)["text"], request.headers[ID]))
        return web.Response(status=204)
