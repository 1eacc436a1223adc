"""A stand-in for Slack's Socket Mode: a real WebSocket server that sends, drops and says goodbye.

It sends again what was not acknowledged when a test says so, as Slack does by its own clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import WSCloseCode, web

from demo.standins.slack_api import SlackApi

APP_TOKEN = "xapp-standin"


@dataclass
class Connection:
    """One connection of the app; what it acknowledged, in order."""

    socket: web.WebSocketResponse
    acknowledged: list[str] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, frame: Mapping[str, Any]) -> None:
        """Send a frame as it is."""
        await self.socket.send_str(orjson.dumps(frame).decode())

    async def event(self, envelope: str, payload: Mapping[str, Any], **fields: object) -> None:
        """Send an event in its envelope."""
        told = {"accepts_response_payload": False, "retry_attempt": 0, "retry_reason": ""}
        await self.send(
            {
                "type": "events_api",
                "envelope_id": envelope,
                "payload": payload,
                **told,
                **fields,
            }
        )

    async def goodbye(self, reason: str) -> None:
        """Tell the app that the connection will end."""
        await self.send({"type": "disconnect", "reason": reason, "debug_info": {}})

    async def drop(self) -> None:
        """End the connection without a word."""
        await self.socket.close(code=WSCloseCode.ABNORMAL_CLOSURE)


@dataclass
class SocketServer:
    """Slack's side of Socket Mode, whose addresses `api` gives out; each serves once."""

    api: SlackApi
    connections: list[Connection] = field(default_factory=list)
    tickets: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _runner: web.AppRunner | None = None
    _url: str = ""

    async def start(self) -> None:
        """Listen on a free port, and let the API lead there."""
        app = web.Application()
        app.router.add_get("/link/{ticket}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._url = f"ws://127.0.0.1:{self._runner.addresses[0][1]}/link/"
        self.api.methods["apps.connections.open"] = self._open

    async def stop(self) -> None:
        """End all connections and listen no more."""
        for connection in self.connections:
            await connection.socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def connected(self, count: int) -> Connection:
        """Return the connection that came as the `count`th, once it has come."""
        async with self._changed, asyncio.timeout(5):
            await self._changed.wait_for(lambda: len(self.connections) >= count)
        return self.connections[count - 1]

    async def acknowledged(self, connection: Connection, count: int) -> list[str]:
        """Return what a connection acknowledged, once there are so many."""
        async with self._changed, asyncio.timeout(5):
            await self._changed.wait_for(lambda: len(connection.acknowledged) >= count)
        return connection.acknowledged

    async def changed(self) -> None:
        """Return when anything happens: a connection, an acknowledgement, a question for one."""
        async with self._changed:
            await self._changed.wait()

    async def _open(self, authorization: str, _: Mapping[str, Any]) -> Mapping[str, Any]:
        async with self._changed:
            self.asked.append(authorization)
            self._changed.notify_all()
        if authorization != f"Bearer {APP_TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        ticket = f"t{len(self.asked)}"
        self.tickets.add(ticket)
        return {"ok": True, "url": self._url + ticket}

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["ticket"] not in self.tickets:
            return web.Response(status=404)
        self.tickets.remove(request.match_info["ticket"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(socket)
        await connection.send({"type": "hello", "num_connections": 1})
        async with self._changed:
            self.connections.append(connection)
            self._changed.notify_all()
        async for message in socket:
            async with self._changed:
                connection.acknowledged.append(orjson.loads(message.data)["envelope_id"])
                self._changed.notify_all()
        connection.gone.set()
        return socket
