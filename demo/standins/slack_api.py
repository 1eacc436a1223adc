"""A stand-in for Slack: its Web API on a local port, and its signature on requests to us.

It answers the methods that Maitred calls in the shapes of
https://docs.slack.dev/reference/methods, to the real slack-sdk client.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

_UPLOAD_BYTES_MAX: Final = 64 * 1024 * 1024


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
    """One failed answer: its status, Slack's word, seconds to wait, or a body of no JSON.

    With `lost` the call takes effect, and the connection ends before its answer.
    """

    status: int = 200
    error: str = "internal_error"
    retry_after_s: int | None = None
    page: str = ""
    lost: bool = False


Method = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


@dataclass(slots=True)
class SlackApi:
    """Slack's Web API for one workspace, on a free local port.

    `users` are user objects by user id. `sent` are the bodies of the messages posted, oldest
    first. `failures` are used up one a call, by method. `held` names methods whose calls wait
    until `release`. `methods` are further ones, which are given the `Authorization` and the
    arguments; `tokens` are those of other workspaces. `edits` are the bodies of changes,
    `uploads` the bytes of files by id, `shared` the bodies by which files were shown. `taken`, if
    it is set, is awaited with the body of a message that is posted and not yet answered. `clock`
    gives the UTC seconds of posts; without it they are a second apart, and always the same.
    """

    token: str = "xoxb-standin"  # noqa: S105  (the stand-in's own)
    team_id: str = "T0OWN"
    bot_user_id: str = "U0BOT"
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    failures: dict[str, deque[SlackFailure]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    methods: dict[str, Method] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    edits: list[dict[str, Any]] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    shared: list[dict[str, Any]] = field(default_factory=list)
    taken: Callable[[Mapping[str, Any]], Awaitable[object]] | None = None
    clock: Callable[[], float] | None = None
    url: str = ""
    _stamps: list[str] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _released: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; `url` is the base that the client wants."""
        app = web.Application(client_max_size=_UPLOAD_BYTES_MAX)
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_post("/upload/{file}", self._upload)
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

    async def wait_called(self, method: str, count: int = 1) -> None:
        """Return once a method has been called so often."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.calls.count(method) >= count)

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        async with self._changed:
            self.calls.append(method)
            self._changed.notify_all()
        if method in self.held:
            await self._released.wait()
        failure = waiting.popleft() if (waiting := self.failures.get(method)) else None
        if failure is not None and not failure.lost:
            return _failed(failure)
        answer = await self._answer(request, method)
        if failure is not None and request.transport is not None:
            request.transport.close()
        return answer

    async def _answer(self, request: web.Request, method: str) -> web.Response:
        arguments = await _arguments(request)
        authorization = request.headers.get("Authorization", "")
        if method in self.methods:
            return _answer(await self.methods[method](authorization, arguments))
        if authorization.removeprefix("Bearer ") not in {self.token, *self.tokens}:
            return _answer({"ok": False, "error": "invalid_auth"})
        match method:
            case "auth.test":
                said = {"ok": True, "team_id": self.team_id, "user_id": self.bot_user_id}
            case "users.info":
                user = self.users.get(str(arguments.get("user")))
                said = {"ok": True, "user": user} if user else _error("user_not_found")
            case "chat.postMessage":
                said = await self._post(arguments)
            case "chat.update":
                said = self._update(arguments)
            case "conversations.history" | "conversations.replies":
                said = self._history(arguments)
            case "files.getUploadURLExternal":
                said = self._upload_address()
            case "files.completeUploadExternal":
                said = self._share(arguments)
            case _:
                said = _error("unknown_method")
        return _answer(said)

    async def _post(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not arguments.get("channel"):
            return _error("channel_not_found")
        if not arguments.get("text"):
            return _error("no_text")
        async with self._changed:
            ts = self._ts()
            self.sent.append(dict(arguments))
            self._stamps.append(ts)
            self._changed.notify_all()
        if self.taken is not None:
            await self.taken(arguments)
        return {"ok": True, "channel": arguments["channel"], "ts": ts}

    def _ts(self) -> str:
        """Return the time stamp of the post that comes next, by which Slack names it."""
        number = len(self.sent) + 1
        if self.clock is None:
            return f"{1_700_000_000 + number}.000100"
        return f"{self.clock() + number / 1_000_000:.6f}"

    def _update(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if arguments.get("ts") not in self._stamps:
            return _error("message_not_found")
        self.edits.append(dict(arguments))
        return {"ok": True, "channel": arguments["channel"], "ts": arguments["ts"]}

    def _history(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the posts of a channel, or of a thread in it, the newest first, in pages."""
        found = [
            {**post, "ts": ts}
            for ts, post in zip(self._stamps, self.sent, strict=True)
            if post["channel"] == arguments.get("channel")
            and post.get("thread_ts") == arguments.get("ts")
            and float(ts) >= float(arguments.get("oldest", 0))
        ][::-1]
        begin = int(arguments.get("cursor") or 0)
        end = begin + int(arguments.get("limit", 100))
        after = str(end) if end < len(found) else ""
        return {
            "ok": True,
            "messages": found[begin:end],
            "response_metadata": {"next_cursor": after},
        }

    def _upload_address(self) -> dict[str, Any]:
        file = f"F{len(self.uploads) + 1}"
        self.uploads[file] = b""
        return {
            "ok": True,
            "file_id": file,
            "upload_url": self.url.removesuffix("api/") + f"upload/{file}",
        }

    async def _upload(self, request: web.Request) -> web.Response:
        if waiting := self.failures.get("upload"):
            return _failed(waiting.popleft())
        self.uploads[request.match_info["file"]] = await request.read()
        return web.Response(text="OK")

    def _share(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        files = orjson.loads(arguments["files"])
        self.shared.append({**arguments, "files": files})
        return {"ok": True, "files": files}


async def _arguments(request: web.Request) -> Mapping[str, Any]:
    """Read a call's arguments, which come as query, form or JSON."""
    if request.content_type == "application/json":
        read: dict[str, Any] = orjson.loads(await request.read())
        return read
    return {**request.query, **await request.post()}


def _error(word: str) -> dict[str, Any]:
    return {"ok": False, "error": word}


def _answer(data: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(data), content_type="application/json")


def _failed(failure: SlackFailure) -> web.Response:
    if failure.page:
        return web.Response(status=failure.status, text=failure.page, content_type="text/html")
    response = _answer({"ok": False, "error": failure.error}, failure.status)
    if failure.retry_after_s is not None:
        response.headers["Retry-After"] = str(failure.retry_after_s)
    return response
