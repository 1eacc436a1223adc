"""Quiet connections: who connects and asks nothing is not waited for.

aiohttp has no clock for a request that never comes to the end of its headers, and a place at the
listener is one that others cannot have.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware
from aiohttp.web_protocol import RequestHandler

FIRST_REQUEST_S = 20.0
"""How long a new connection may take to bring its first request."""
NEXT_REQUEST_S = 120.0
"""How long it may then stay open for a further one; proxies keep theirs for a minute."""
_LOOK_S: Final = 1.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Quiet:
    """Knows the connections of one listener that have no request under way, and since when."""

    def __init__(self) -> None:
        self._busy: set[RequestHandler] = set()
        self._spoke_at: dict[RequestHandler, float] = {}

    async def close_them(self, runner: web.AppRunner) -> None:
        """Close what has been quiet for too long, until cancelled."""
        since: dict[RequestHandler, float] = {}
        while (server := runner.server) is not None:
            now = asyncio.get_running_loop().time()
            there = server.connections
            since = {each: since.get(each, now) for each in there}
            self._spoke_at = {each: at for each, at in self._spoke_at.items() if each in since}
            for each in there:
                spoke_at = self._spoke_at.get(each)
                over = (
                    since[each] + FIRST_REQUEST_S if spoke_at is None else spoke_at + NEXT_REQUEST_S
                )
                if each not in self._busy and now > over:
                    each.force_close()
            await asyncio.sleep(_LOOK_S)

    def watching(self) -> Middleware:
        """Return the middleware that sees every request."""

        @web.middleware
        async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
            connection = request.protocol
            self._busy.add(connection)
            try:
                return await handler(request)
            finally:
                self._busy.discard(connection)
                self._spoke_at[connection] = asyncio.get_running_loop().time()

        return watch
