"""Telegram's side, for Maitred's conformance suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from maitred.connectors.port import Connector
from maitred.connectors.testing import (
    THROTTLE_S,
    Answer,
    Knock,
    Mood,
    Proof,
    Received,
    RecordingContext,
)
from maitred.connectors.testing.http import Around, Provider
from maitred.contracts.identifiers import Identifier, IdentifierKind
from maitred.contracts.ids import OutboundId
from maitred.contracts.inbound import Inbound
from maitred.contracts.outbound import DeliveryState, Outbound
from maitred.contracts.secret import Secret
from maitred.normalizer.port import DecodeContext

from . import connector as telegram
from .decoder import decode

TOKENS = {Proof.GOOD: "a-new-secret", Proof.OLD: "an-old-secret", Proof.WRONG: "a-guess"}
BOT_TOKEN = "123456:a-bot-token"  # noqa: S105  (of no bot)
CHAT = 4242424242


class TelegramDoor:
    """Posts updates to a bot, and is the Bot API."""

    channel = "telegram"
    connector: type[Connector] = telegram.TelegramConnector
    not_applicable: Mapping[str, str] = {
        "replay_outside": "Telegram signs no time: who has the secret may play anything again",
        "replay_inside": "Telegram signs no time; `duplicate` shows that a replay is one message",
    }
    private: Sequence[str] = (*TOKENS.values(), BOT_TOKEN, str(CHAT), "Kim Doe")
    bytes_max = telegram.BODY_BYTES_MAX
    replay_window_ms = 0

    def __init__(self) -> None:
        self._received: list[Received] = []
        self._around = Around(
            Provider(self._take, failed=_failed), (telegram, "BODY_TIMEOUT_S", 0.3)
        )

    async def open(self, house: RecordingContext) -> Connector:
        """Open a bot."""
        self._house = house

        def make(url: str) -> Connector:
            account = telegram.TelegramAccount(
                bot_token=Secret(BOT_TOKEN),
                secret_tokens=(Secret(TOKENS[Proof.GOOD]), Secret(TOKENS[Proof.OLD])),
                api_url=url,
            )
            settings = telegram.TelegramSettings(accounts={"main": account})
            return telegram.TelegramConnector(settings, house.context)

        return await self._around.open(make)

    async def close(self) -> None:
        """Close it."""
        await self._around.close()

    async def knock(self, knock: Knock) -> Answer:
        """Post an update; the number of the message is made of the knock's id."""
        number = int.from_bytes(knock.id.encode()) % 1_000_000
        body = msgspec.json.encode(_update(number, knock.text)) if knock.raw is None else knock.raw
        headers = {"Content-Type": "application/json"}
        if knock.proof is not Proof.NONE:
            headers[telegram.SECRET_HEADER] = TOKENS[knock.proof]
        path = f"/v1/webhooks/telegram/{knock.account or 'main'}"
        return await self._around.served.post(path, body, headers)

    async def stall(self) -> Answer:
        """Begin to post, and stop."""
        headers = {telegram.SECRET_HEADER: TOKENS[Proof.GOOD]}
        return await self._around.served.stall("/v1/webhooks/telegram/main", headers)

    def malformed(self) -> Sequence[bytes]:
        """Return what is no update, or one in which nobody says anything."""
        update = _update(1, "said")
        wrong: list[Any] = [
            {},
            [],
            {"update_id": "one"},
            {"update_id": 1, "message": []},
            {"update_id": 1, "message": {**update["message"], "chat": None}},
            {"update_id": 1, "message": {**update["message"], "text": 7}},
            {"update_id": 1, "message": {**update["message"], "text": ""}},
            {"update_id": 1, "message": {**update["message"], "date": "today"}},
            {"update_id": 1, "channel_post": update["message"]},
        ]
        return [b"", b"{", b"\xff", b"[" * 100_000, *map(msgspec.json.encode, wrong)]

    def read(self, inbound: Inbound, body: bytes) -> str:
        """Return what the decoder reads."""
        return decode(inbound, body, 1, DecodeContext(keys=self._house.keys)).message.text

    def faulty(self) -> Mapping[str, Any]:
        """Return settings with one fault each."""
        good: dict[str, Any] = {"bot_token": Secret("x"), "secret_tokens": (Secret("y"),)}
        wrong: dict[str, Any] = {
            "bot_token": Secret(""),
            "secret_tokens": (),
            "api_url": "api.telegram.org",
        }
        return {
            f"channels.telegram.accounts.main.{name}": telegram.TelegramSettings(
                accounts={"main": telegram.TelegramAccount(**{**good, name: value})}
            )
            for name, value in wrong.items()
        }

    def outbound(self, house: RecordingContext, text: str, *, command: str = "1") -> Outbound:
        """Return a reply into the chat."""
        endpoint = Identifier(kind=IdentifierKind.CRM, value=f"telegram:{CHAT}")
        where = {"chat": str(CHAT)}
        return house.outbound(
            endpoint, text, channel="telegram", account="main", command=command, extra=where
        )

    async def behave(self, mood: Mood) -> None:
        """Let the Bot API behave so."""
        await self._around.provider.behave(mood)

    def received(self) -> Sequence[Received]:
        """Return what was sent to the chat."""
        return self._received

    async def report(self, reply: OutboundId, state: DeliveryState) -> Answer:
        """Tell nothing: the Bot API does not."""
        raise AssertionError(f"{state.value} of {reply}: nothing is ever reported here")

    def _take(self, request: web.Request, body: bytes) -> web.Response:
        if request.path != f"/bot{BOT_TOKEN}/sendMessage":
            return web.Response(status=404)
        self._received.append(Received(msgspec.json.decode(body)["text"]))
        return web.json_response({"ok": True, "result": {"message_id": len(self._received)}})


def _update(number: int, text: str) -> dict[str, Any]:
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1_700_000_000,
            "from": {"id": CHAT, "is_bot": False, "first_name": "Kim Doe"},
            "chat": {"id": CHAT, "type": "private"},
            "text": text,
        },
    }


def _failed(status: int) -> web.Response:
    """Answer as the Bot API does, which says in the body how long to wait."""
    answer: dict[str, Any] = {"ok": False, "error_code": status}
    if status == web.HTTPTooManyRequests.status_code:
        answer["parameters"] = {"retry_after": THROTTLE_S}
    return web.json_response(answer, status=status)
