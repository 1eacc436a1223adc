"""A provider's file host to test against: real HTTP on the loopback, good and bad answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

Answer = Callable[[web.Request], web.StreamResponse]


@dataclass
class MediaHost:
    """Files by path; `seen` are the requests that came, `url` is where it listens."""

    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[web.BaseRequest] = field(default_factory=list)
    url: str = ""
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._runner is not None
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Let held answers go and stop listening."""
        self.hold.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def file(self, path: str, data: bytes, **headers: str) -> str:
        """Serve a file; return its address."""
        self.answers[path] = lambda _: web.Response(body=data, headers=headers)
        return self.url + path

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        """Lead from a path to somewhere else; return the path's address."""
        self.answers[path] = lambda _: web.Response(status=status, headers={"Location": to})
        return self.url + path

    def refuse(self, path: str, status: int, **headers: str) -> str:
        """Answer with a status; return the address."""
        self.answers[path] = lambda _: web.Response(status=status, headers=headers)
        return self.url + path

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        if request.path.startswith("/slow"):
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"a little")
            await self.hold.wait()
            return response
        if request.path.startswith("/endless"):
            response = web.StreamResponse()
            await response.prepare(request)
            while not self.hold.is_set():
                await response.write(b"x" * 65_536)
            return response
        if request.path.startswith("/truncated"):
            response = web.StreamResponse(headers={"Content-Length": "1000"})
            await response.prepare(request)
            await response.write(b"half")
            assert request.transport is not None
            request.transport.close()
            return response
        answer = self.answers.get(request.raw_path)
        return answer(request) if answer else web.Response(status=404)
