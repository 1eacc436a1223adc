"""Reading the body of a webhook within bounds of size and time."""

from __future__ import annotations

import asyncio

from aiohttp import web

from maitred.contracts.limits import WEBHOOK_BYTES_MAX


async def read_body(request: web.Request, *, timeout_s: float) -> bytes:
    """Return the body of a request, whatever the application's own bound is.

    Most bodies came with the headers: they need no clock.

    Raises:
        web.HTTPRequestEntityTooLarge: it has more than `WEBHOOK_BYTES_MAX` bytes.
        TimeoutError: it took longer.
    """
    content = request.content
    if content.is_eof() and content.exception() is None:
        body = content.read_nowait()
        if len(body) <= WEBHOOK_BYTES_MAX:
            return body
        raise web.HTTPRequestEntityTooLarge(WEBHOOK_BYTES_MAX, len(body))
    async with asyncio.timeout(timeout_s):
        return await request.clone(client_max_size=WEBHOOK_BYTES_MAX).read()
