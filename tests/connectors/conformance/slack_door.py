"""Slack's side: signed events in, its Web API behind its own client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl

import orjson
import slack_sdk.signature
from aiohttp import web

from demo.standins.slack_api import signed_slack_request
from maitred.connectors.port import Connector
from maitred.connectors.slack import connector as slack
from maitred.connectors.slack import door, finding
from maitred.connectors.slack.settings import SlackAccount, SlackSettings
from maitred.connectors.testing import (
    Answer,
    Knock,
    Mood,
    Proof,
    Received,
    RecordingContext,
)
from maitred.connectors.testing.http import Around, Provider
from maitred.contracts.identifiers import slack_identifier
from maitred.contracts.ids import OutboundId
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import MINUTE_MS, WEBHOOK_BYTES_MAX
from maitred.contracts.outbound import DeliveryState, Outbound
from maitred.contracts.secret import Secret
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.slack.decoder import decode

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
OLD_SECRET = "1c7a42f1b10e8888abcd99yyyzzz85f0"
SIGNED_BY = {Proof.GOOD: SECRET, Proof.OLD: OLD_SECRET, Proof.WRONG: "a-guess", Proof.NONE: SECRET}
BOT_TOKEN = "xoxb-a-token-of-no-workspace"
PATH = "/v1/webhooks/slack/"


class SlackDoor:
    """Posts events as Slack does for one app."""

    channel = "slack"
    connector: type[Connector] = slack.SlackConnector
    not_applicable: Mapping[str, str] = {}
    private: Sequence[str] = (SECRET, OLD_SECRET, BOT_TOKEN, "kim@example.com")
    bytes_max = WEBHOOK_BYTES_MAX
    replay_window_ms = 5 * MINUTE_MS

    def __init__(self) -> None:
        self._received: list[Received] = []
        self._posts: list[dict[str, Any]] = []
        self._around = Around(
            Provider(self._take, aside=_profile),
            (door, "ANSWER_TIMEOUT_MS", 400),
            (finding, "PAUSES_S", (0.0,)),
        )

    async def open(self, house: RecordingContext) -> Connector:
        self._house = house
        # Bolt proves requests by its own clock, which has no other handle.
        self._clock = patch.object(
            slack_sdk.signature.Clock, "now", lambda _: float(house.now // 1_000)
        )
        self._clock.start()
        return await self._around.open(
            lambda url: slack.SlackConnector(_settings(api_url=url + "/api/"), house.context)
        )

    async def close(self) -> None:
        await self._around.close()
        self._clock.stop()

    async def knock(self, knock: Knock) -> Answer:
        body = orjson.dumps(_event(knock)) if knock.raw is None else knock.raw
        at_s = (self._house.now - knock.ago_ms) // 1_000
        secret = SIGNED_BY[knock.proof]
        try:
            headers = signed_slack_request(secret, body, at_s)
        except UnicodeDecodeError:
            headers = signed_slack_request(secret, b"", at_s)
        if knock.proof is Proof.NONE:
            headers = {"Content-Type": "application/json"}
        return await self._around.served.post(PATH + (knock.account or "main"), body, headers)

    async def stall(self) -> Answer:
        return await self._around.served.stall(PATH + "main", {"Content-Type": "application/json"})

    def malformed(self) -> Sequence[bytes]:
        good = _event(Knock())
        wrong: list[Any] = [
            {},
            [],
            None,
            {**good, "type": "shout"},
            {**good, "event": None},
            {**good, "event": []},
            {**good, "event": {"type": 7}},
            {**good, "event_id": None},
            {**good, "authorizations": "x"},
            {**good, "event": {**good["event"], "ts": "yesterday"}},
            {**good, "event": {**good["event"], "user": None}},
            {**good, "event": {**good["event"], "channel": ["C"]}},
        ]
        return [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"payload=%7B", *map(orjson.dumps, wrong)]

    def read(self, inbound: Inbound, body: bytes) -> str:
        return decode(inbound, body, 1, DecodeContext(keys=self._house.keys)).message.text

    def faulty(self) -> Mapping[str, Any]:
        wrong: dict[str, Any] = {
            "signing_secret": Secret(""),
            "bot_token": Secret(" "),
            "team_id": "",
            "api_url": "slack.example.com",
        }
        return {
            f"channels.slack.accounts.main.{name}": _settings(**{name: value})
            for name, value in wrong.items()
        }

    def outbound(self, house: RecordingContext, text: str, *, command: str = "1") -> Outbound:
        return house.outbound(
            slack_identifier("T0OWN", "U0KIM"),
            text,
            channel="slack",
            account="main",
            command=command,
            thread="1699999990.000200",
            extra={"channel": "C0HELP"},
        )

    async def behave(self, mood: Mood) -> None:
        await self._around.provider.behave(mood)

    def received(self) -> Sequence[Received]:
        return self._received

    async def report(self, reply: OutboundId, state: DeliveryState) -> Answer:
        raise AssertionError(f"{state.value} of {reply}: nothing is ever reported here")

    def _take(self, request: web.Request, body: bytes) -> web.Response:
        said = orjson.loads(body) if request.content_type == "application/json" else {}
        if not said:
            said = dict(request.query) or _form(body)
        if request.path.endswith("/conversations.replies"):
            return web.json_response({"ok": True, "messages": self._posts})
        self._received.append(Received(said["text"]))
        ts = said.get("ts") or f"170000000{len(self._received)}.000100"
        self._posts.append({**said, "ts": ts})
        return web.json_response({"ok": True, "channel": said["channel"], "ts": ts})


def _settings(**fields: Any) -> SlackSettings:
    account = {
        "signing_secret": Secret(SECRET),
        "signing_secrets": (Secret(OLD_SECRET),),
        "bot_token": Secret(BOT_TOKEN),
        "team_id": "T0OWN",
        "bot_user_id": "U0BOT",
        **fields,
    }
    return SlackSettings(accounts={"main": SlackAccount(**account)})


def _event(knock: Knock) -> dict[str, Any]:
    """Return a message; its time stamp, which is its name, is made of the knock's id."""
    ts = f"1699999990.{int.from_bytes(knock.id.encode()) % 1_000_000:06d}"
    return {
        "token": "z26uFbvR1xHJEdHE1OQiO6t8",
        "team_id": "T0OWN",
        "api_app_id": "A0APP",
        "type": "event_callback",
        "event_id": f"Ev{knock.id.replace('-', '')}",
        "event_time": 1_699_999_990,
        "authorizations": [{"team_id": "T0OWN", "user_id": "U0BOT", "is_bot": True}],
        "event": {
            "type": "message",
            "text": knock.text,
            "user": "U0KIM",
            "team": "T0OWN",
            "ts": ts,
            "event_ts": ts,
            "channel": "C0HELP",
            "channel_type": "channel",
        },
    }


def _profile(request: web.Request) -> web.Response | None:
    if not request.path.endswith("/users.info"):
        return None
    profile = {"email": "kim@example.com", "display_name": "Kim"}
    user = {"id": "U0KIM", "team_id": "T0OWN", "profile": profile}
    return web.json_response({"ok": True, "user": user})


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode()))
