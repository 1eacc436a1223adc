"""Doors over HTTP: a connector's routes served for real, and a provider to send to.

For connectors whose customers come by webhook; other protocols need none of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from http import HTTPStatus
from io import BytesIO
from types import ModuleType

import aiohttp
from aiohttp import web

from maitred.connectors.port import Connector
from maitred.connectors.testing.door import THROTTLE_S, Answer, Mood, Verdict
from maitred.connectors.testing.patience import shortened


def application(connector: Connector) -> web.Application:
    """Return a connector's routes and nothing else, for a server of your own."""
    app = web.Application()
    for route in connector.routes():
        app.router.add_route(route.method, route.path, route.handler)
    return app


class Served:
    """A connector's routes on a free port of the loopback, and a client that posts to them.

    Faults of the connector are answered by a bare 500, as the gateway does.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Serve the routes."""
        app = application(self._connector)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = int(self._runner.addresses[0][1])
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        """Serve no more."""
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a body and return the verdict."""
        if self._session is None:
            raise RuntimeError("start it first")
        try:
            async with self._session.post(
                self.url + path, data=BytesIO(body), headers=headers
            ) as response:
                shown = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
                words = f"{response.status}\n{shown}\n\n{await response.text(errors='replace')}"
                return Answer(verdict(response.status, response.headers), words)
        except aiohttp.ClientError:
            return Answer(Verdict.BROKEN)

    async def stall(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Announce a body of which one byte comes; return the answer once it is given up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        fields = {"Host": "127.0.0.1", "Content-Length": "1000", **headers}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        try:
            writer.write("\r\n".join([*lines, "", "{"]).encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
        except (asyncio.IncompleteReadError, ConnectionError):
            return Answer(Verdict.BROKEN)
        finally:
            writer.close()
        first, *rest = head.splitlines()
        given = dict(line.partition(": ")[::2] for line in rest if line)
        return Answer(verdict(int(first.split()[1]), given), head)


class Around:
    """A connector of HTTP with all that stands around it: its routes served, and its provider.

    `patience` are bounds in modules of the connector that are shortened meanwhile: the module, the
    name, and the value that it has until `close`.
    """

    def __init__(self, provider: Provider, *patience: tuple[ModuleType, str, object]) -> None:
        self.provider = provider
        self._patience = patience
        self._served: Served | None = None
        self._stack = AsyncExitStack()

    @property
    def served(self) -> Served:
        """What serves the routes, once it is open."""
        if self._served is None:
            raise RuntimeError("open it first")
        return self._served

    async def open(self, make: Callable[[str], Connector]) -> Connector:
        """Start the connector that `make` makes, which is given the provider's address."""
        for module, name, value in self._patience:
            self._stack.callback(shortened(module, name, value))
        await self.provider.start()
        self._stack.push_async_callback(self.provider.stop)
        connector = make(self.provider.url)
        self._stack.push_async_callback(connector.stop)
        await connector.start()
        self._served = Served(connector)
        self._stack.push_async_callback(self._served.stop)
        await self._served.start()
        return connector

    async def close(self) -> None:
        """Stop all of it, in the other order, and be as patient as before."""
        await self._stack.aclose()


def verdict(status: int, headers: Mapping[str, str]) -> Verdict:
    """Return what an HTTP answer comes to: who is to come again must be told when.

    408 is the server's word for a request that did not come in time, and final for that request.
    """
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict.TAKEN
    retry = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
    if status in retry:
        return Verdict.LATER if headers.get("Retry-After") else Verdict.BROKEN
    return Verdict.REFUSED if status < HTTPStatus.INTERNAL_SERVER_ERROR else Verdict.BROKEN


class Provider:
    """A provider's API on the loopback, which behaves as it is told.

    `takes` makes the answer by which it takes a reply, `failed` that of another status, by default
    an empty JSON object with `Retry-After` where one waits. Before it is asked for its mood,
    `aside` may answer what is no sending at all (a look-up of a profile); None lets it be one.
    """

    def __init__(
        self,
        takes: Callable[[web.Request, bytes], web.Response],
        *,
        failed: Callable[[int], web.Response] | None = None,
        aside: Callable[[web.Request], web.Response | None] = lambda _: None,
    ) -> None:
        self._takes = takes
        self._failed = failed or _failed
        self._aside = aside
        self._mood = Mood.TAKES
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where it listens, or did."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def behave(self, mood: Mood) -> None:
        """Answer so from now on; who went absent stays so."""
        self._mood = mood
        if mood is Mood.ABSENT:
            await self.stop()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if (aside := self._aside(request)) is not None:
            return aside
        match self._mood:
            case Mood.THROTTLES:
                return self._failed(HTTPStatus.TOO_MANY_REQUESTS)
            case Mood.FAILS:
                return self._failed(HTTPStatus.INTERNAL_SERVER_ERROR)
            case Mood.REFUSES:
                return self._failed(HTTPStatus.BAD_REQUEST)
            case Mood.SILENT:
                if request.transport is not None:
                    request.transport.close()
                return web.Response()
        return self._takes(request, body)


def _failed(status: int) -> web.Response:
    wait = {"Retry-After": str(THROTTLE_S)} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    return web.Response(status=status, headers=wait, text="{}", content_type="application/json")
