"""The limit of each door: the same library with a handler that does nothing.

`python -m benchmarks.doors_bare HTTP_PORT SMTP_PORT` serves until it is ended: `POST /bare` and the
WebSocket `/bare` by aiohttp, mail by aiosmtpd, on the same event loop as the gateway.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import uvloop
from aiohttp import WSMsgType, web
from aiosmtpd.smtp import SMTP

from maitred.contracts.limits import CHAT_FRAME_BYTES_MAX, CHAT_HEARTBEAT_MS, SECOND_MS

ANSWER: Final = '{"type":"ack"}'


class _Mails:
    """Takes every mail and keeps none."""

    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802  (aiosmtpd's name)
        return "250 OK"


async def _post(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=202)


async def _chat(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse(
        heartbeat=CHAT_HEARTBEAT_MS / SECOND_MS, max_msg_size=CHAT_FRAME_BYTES_MAX, compress=False
    )
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(ANSWER)
    return socket


async def serve(http: int, smtp: int) -> None:
    """Serve until cancelled."""
    app = web.Application()
    app.router.add_post("/bare", _post)
    app.router.add_get("/bare", _chat)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", http, backlog=1024).start()
    made = asyncio.get_running_loop().create_server(
        lambda: SMTP(_Mails(), hostname="bare.example", enable_SMTPUTF8=True), "127.0.0.1", smtp
    )
    server = await made
    try:
        await server.serve_forever()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
