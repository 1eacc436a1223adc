"""A stand-in for Twilio: its message resource on a local port, and its signature on webhooks.

It answers `POST /2010-04-01/Accounts/{sid}/Messages.json` in the shape of
https://www.twilio.com/docs/messaging/api/message-resource, to the real twilio client.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import aiohttp
import orjson
from aiohttp import web
from twilio.request_validator import (  # type: ignore[import-untyped]  # the wheel has no types
    RequestValidator,
)


def signed_twilio_request(auth_token: str, url: str, params: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with which Twilio posts `params` to `url`, query and all.

    `params` may be a multidict, as Twilio signs every value of a repeated name.
    """
    return {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": RequestValidator(auth_token).compute_signature(url, params),
    }


@dataclass(frozen=True, slots=True)
class TwilioFailure:
    """One failed answer: its status, Twilio's error number, seconds to wait, or another body."""

    status: int = 500
    code: int = 20_500
    retry_after_s: int | None = None
    page: str = ""


@dataclass(slots=True)
class TwilioApi:
    """Twilio's REST API for one account, on a free local port.

    `sent` are the forms of the messages taken, oldest first, and `media` the addresses of their
    files. `failures` are used up one a call. While `held` is set, calls wait until `release`.
    `taken`, if it is set, is awaited with the form of a message that is taken and not yet answered.
    """

    account_sid: str = "AC00000000000000000000000000000001"
    auth_token: str = "standin"  # noqa: S105  (the stand-in's own)
    sent: list[dict[str, str]] = field(default_factory=list)
    media: list[list[str]] = field(default_factory=list)
    taken: Callable[[dict[str, str]], Awaitable[object]] | None = None
    failures: deque[TwilioFailure] = field(default_factory=deque)
    held: bool = False
    called: int = 0
    url: str = ""
    _released: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; `url` is the base that the client wants."""
        app = web.Application()
        app.router.add_post("/2010-04-01/Accounts/{sid}/Messages.json", self._create)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Let held calls go and stop listening."""
        self.release()
        if self._runner is not None:
            await self._runner.cleanup()

    def fail(self, *failures: TwilioFailure) -> None:
        """Let the next calls fail."""
        self.failures.extend(failures)

    def release(self) -> None:
        """Let the held calls go."""
        self._released.set()

    async def wait_sent(self, count: int) -> list[dict[str, str]]:
        """Return the messages once there are `count` of them."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.sent) >= count)
        return self.sent

    async def wait_called(self, count: int) -> None:
        """Wait until there were `count` calls."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.called >= count)

    async def _create(self, request: web.Request) -> web.Response:
        async with self._changed:
            self.called += 1
            self._changed.notify_all()
        if self.held:
            await self._released.wait()
        if self.failures:
            return _failed(self.failures.popleft())
        wanted = aiohttp.encode_basic_auth(self.account_sid, self.auth_token)
        if request.headers.get("Authorization") != wanted:
            return _failed(TwilioFailure(status=401, code=20_003))
        posted = await request.post()
        form = {name: str(value) for name, value in posted.items()}
        if not form.get("To"):
            return _failed(TwilioFailure(status=400, code=21_604))
        if not form.get("From") and not form.get("MessagingServiceSid"):
            return _failed(TwilioFailure(status=400, code=21_603))
        async with self._changed:
            self.sent.append(form)
            self.media.append([str(each) for each in posted.getall("MediaUrl", [])])
            sid = f"SM{len(self.sent):032x}"
            self._changed.notify_all()
        if self.taken is not None:
            await self.taken(form)
        message = {
            "sid": sid,
            "account_sid": request.match_info["sid"],
            "status": "queued",
            "to": form["To"],
            "from": form.get("From"),
            "body": form.get("Body"),
        }
        return web.Response(status=201, body=orjson.dumps(message), content_type="application/json")


def _failed(failure: TwilioFailure) -> web.Response:
    if failure.page:
        return web.Response(status=failure.status, text=failure.page, content_type="text/html")
    body = {"status": failure.status, "code": failure.code, "message": "refused by the stand-in"}
    response = web.Response(
        status=failure.status, body=orjson.dumps(body), content_type="application/json"
    )
    if failure.retry_after_s is not None:
        response.headers["Retry-After"] = str(failure.retry_after_s)
    return response
