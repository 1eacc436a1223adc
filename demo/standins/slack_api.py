"""A stand-in for Slack: its Web API on a local port, and its signature on requests to us.

It answers `auth.test`, `users.info` and `chat.postMessage` in the shapes of
https://docs.slack.dev/reference/methods, to the real slack-sdk client.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from slack_sdk.signature import SignatureVerifier


def signed_slack_request(secret: str, body: bytes | str, timestamp: int) -> dict[str, str]:
    """Return the headers with which Slack sends `body`; `timestamp` is in UTC seconds."""
    stamp = str(timestamp)
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature or "",
    }


@dataclass(frozen=True, slots=True)
class SlackFailure:
    """One failed answer: its status, Slack's word, seconds to wait, or a body of no JSON."""

    status: int = 200
    error: str = "internal_error"
    retry_after_s: int | None = None
    page: str = ""


@dataclass(slots=True)
class SlackApi:
    """Slack's Web API for one workspace, on a free local port.

    `users` are user objects by user id. `sent` are the bodies of the messages posted, oldest
    first. `failures` are used up one a call, by method. `held` names methods whose calls wait
    until `release`.
    """

    token: str = "xoxb-standin"  # noqa: S105  (the stand-in's own)
    team_id: str = "T0OWN"
    bot_user_id: str = "U0BOT"
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    failures: dict[str, deque[SlackFailure]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    url: str = ""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _released: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; `url` is the base that the client wants."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._call)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/"

    async def stop(self) -> None:
        """Let held calls go and stop listening."""
        self.release()
        if self._runner is not None:
            await self._runner.cleanup()

    def add_user(
        self,
        user: str,
        *,
        email: str = "",
        name: str = "",
        team: str = "",
        flags: Mapping[str, bool] | None = None,
    ) -> None:
        """Add a user, of our workspace unless `team` names another; `flags` are as Slack's."""
        profile = {"email": email} if email else {}
        self.users[user] = {
            "id": user,
            "team_id": team or self.team_id,
            "profile": {"display_name": name, "real_name": name, **profile},
            **(flags or {}),
        }

    def fail(self, method: str, *failures: SlackFailure) -> None:
        """Let the next calls of a method fail."""
        self.failures.setdefault(method, deque()).extend(failures)

    def release(self) -> None:
        """Let the held calls go."""
        self._released.set()

    async def wait_sent(self, count: int) -> list[dict[str, Any]]:
        """Return the messages once there are `count` of them."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.sent) >= count)
        return self.sent

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.calls.append(method)
        if method in self.held:
            await self._released.wait()
        if waiting := self.failures.get(method):
            return _failed(waiting.popleft())
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _answer({"ok": False, "error": "invalid_auth"})
        arguments = await _arguments(request)
        if method == "auth.test":
            return _answer({"ok": True, "team_id": self.team_id, "user_id": self.bot_user_id})
        if method == "users.info":
            user = self.users.get(str(arguments.get("user")))
            return _answer(
                {"ok": True, "user": user} if user else {"ok": False, "error": "user_not_found"}
            )
        if method == "chat.postMessage":
            return await self._post(arguments)
        return _answer({"ok": False, "error": "unknown_method"})

    async def _post(self, arguments: Mapping[str, Any]) -> web.Response:
        if not arguments.get("channel"):
            return _answer({"ok": False, "error": "channel_not_found"})
        if not arguments.get("text"):
            return _answer({"ok": False, "error": "no_text"})
        async with self._changed:
            self.sent.append(dict(arguments))
            number = len(self.sent)
            self._changed.notify_all()
        return _answer(
            {"ok": True, "channel": arguments["channel"], "ts": f"{1_700_000_000 + number}.000100"}
        )


async def _arguments(request: web.Request) -> Mapping[str, Any]:
    """Read a call's arguments, which come as query, form or JSON."""
    if request.content_type == "application/json":
        read: dict[str, Any] = orjson.loads(await request.read())
        return read
    return {**request.query, **await request.post()}


def _answer(data: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(data), content_type="application/json")


def _failed(failure: SlackFailure) -> web.Response:
    if failure.page:
        return web.Response(status=failure.status, text=failure.page, content_type="text/html")
    response = _answer({"ok": False, "error": failure.error}, failure.status)
    if failure.retry_after_s is not None:
        response.headers["Retry-After"] = str(failure.retry_after_s)
    return response
