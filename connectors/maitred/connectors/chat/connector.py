"""Chat: a widget for the company's pages, its WebSocket, and a page to try it on.

Client and server exchange JSON text frames (`docs/chat.md` has every field and error):

    client  {"type": "hello", "token": null, "after": 0, "identity": "eyJ…"}
    server  {"type": "welcome", "token": "v1…", "visitor": "…", "resumed": false, …}
    client  {"type": "message", "id": "m1", "text": "Hello?"}
    server  {"type": "ack", "id": "m1", "message": "msg_…", "duplicate": false}
    server  {"type": "reply", "id": "out_…", "seq": 17, "text": "…", "name": "…", "at": …}
    client  {"type": "edit", "id": "m2", "target": "m1", "text": "Hello!"}
    client  {"type": "delete", "id": "m3", "target": "m1"}
    client  {"type": "verify", "id": "v1", "email": "…"}
    server  {"type": "verifying", "id": "v1"}
    client  {"type": "code", "id": "c1", "code": "123456"}
    server  {"type": "verified", "id": "c1", "kind": "email", "message": "msg_…"}
    client  {"type": "typing"}
    server  {"type": "typing"}
    server  {"type": "read", "message": "msg_…"}
    client  {"type": "read", "seq": 17, "after": 12}
    server  {"type": "marked", "state": "read", "seq": 17}
    client  {"type": "ping"}
    server  {"type": "pong"}
    server  {"type": "error", "code": "try_again", "id": "m1", "retry_after_ms": 2000}

An ack means stored, and so does `verified`; an edit and a delete get one as well. A client that
hears none sends the message again under the same id and it stays one message. A client that was
away says in its next hello which reply it saw last. Files go beside the socket (`file_door`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import msgspec
from aiohttp import WSCloseCode, web

from maitred.connectors.chat.file_door import FileDoor
from maitred.connectors.chat.listener import Listener
from maitred.connectors.chat.origins import may_open
from maitred.connectors.chat.page import demo_page
from maitred.connectors.chat.presence import Presence
from maitred.connectors.chat.settings import ChatAccount, ChatSettings, check, sends_through
from maitred.connectors.chat.socket import ChatSocket
from maitred.connectors.chat.sources import Source, Sources
from maitred.connectors.chat.widget import WIDGET_PATH, Widget, load_widget
from maitred.connectors.port import Capabilities, Context, Route
from maitred.contracts.limits import (
    BLOB_BYTES_MAX,
    CHAT_FILES_MAX,
    CHAT_FRAME_BYTES_MAX,
    CHAT_HEARTBEAT_MS,
    CHAT_SOCKETS_MAX,
    REPLY_CHARACTERS_MAX,
    SECOND_MS,
)
from maitred.contracts.outbound import DeliveryState, Outbound, Sent

__all__ = ["ChatAccount", "ChatConnector", "ChatSettings"]

_LAST_WORDS_S: Final = 5.0
_PATH: Final = "/v1/chat/{account}"


class ChatConnector:
    """The chat channel."""

    channel: ClassVar[str] = "chat"
    settings_type: ClassVar[type[msgspec.Struct]] = ChatSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=False,
        text_characters_max=REPLY_CHARACTERS_MAX,
        resend_is_safe=True,
        files_max=CHAT_FILES_MAX,
        file_bytes_max=BLOB_BYTES_MAX,
        edits=True,
        typing=True,
        reports=frozenset({DeliveryState.DELIVERED, DeliveryState.READ}),
    )

    def __init__(self, settings: ChatSettings, context: Context) -> None:
        check(settings)
        self._settings = settings
        self._context = context
        self._sockets: set[ChatSocket] = set()
        self._presence = Presence(context)
        self._stopping = False
        self._all_gone = asyncio.Event()
        self._widget: Widget | None = None
        self._sources = Sources(settings.proxies, context.clock)
        self._files = FileDoor(settings, self._presence, context, self._sources)

    def routes(self) -> Sequence[Route]:
        """Return the widget, the WebSocket, the files, and, if wanted, the page to try it on."""
        routes = [
            # Before the WebSocket, whose path would fit as well; no account has a dot in its name.
            Route("GET", WIDGET_PATH, self._give_widget),
            Route("GET", _PATH, self._serve),
            *self._files.routes(),
        ]
        if self._settings.demo_page:
            routes.append(Route("GET", f"{_PATH}/demo", self._demo))
        return routes

    async def start(self) -> None:
        """Follow the replies, where this process has doors."""
        if not self._context.doors:
            return
        self._widget = await asyncio.to_thread(load_widget)
        self._context.spawn("chat.replies", self._presence.follow())
        if (signals := self._context.signals) is not None:
            self._context.spawn("chat.signals", self._presence.follow_signals(signals))

    async def stop(self) -> None:
        """Take no new connections, tell everybody that we go away, wait for what is under way."""
        self._stopping = True
        for socket in tuple(self._sockets):
            socket.close(WSCloseCode.GOING_AWAY)
        if not self._sockets:
            return
        try:
            await asyncio.wait_for(self._all_gone.wait(), _LAST_WORDS_S)
        except TimeoutError:
            for socket in tuple(self._sockets):
                socket.cut()

    async def send(self, outbound: Outbound) -> Sent:
        """Do nothing: the journal holds the reply, and the visitor's connection fetches it."""
        return Sent(provider_id=outbound.id)

    def sends_through(self) -> Mapping[str, tuple[str, str]]:
        """Return, by setting, the channel and the account that codes go out by."""
        return sends_through(self._settings)

    async def _demo(self, request: web.Request) -> web.StreamResponse:
        account = self._settings.accounts.get(request.match_info["account"])
        if account is None or self._widget is None:
            raise web.HTTPNotFound
        return demo_page(request.match_info["account"], account.title, self._widget)

    async def _give_widget(self, request: web.Request) -> web.StreamResponse:
        if self._widget is None:
            raise web.HTTPNotFound
        return self._widget.response(request)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        account = request.match_info["account"]
        settings = self._settings.accounts.get(account)
        if settings is None:
            self._context.refused("unknown", "unknown_account")
            raise web.HTTPNotFound
        if not may_open(settings, self._context.public_url, request):
            self._context.refused(account, "origin")
            raise web.HTTPForbidden
        transport = request.transport
        if self._stopping or len(self._sockets) >= CHAT_SOCKETS_MAX or transport is None:
            self._context.refused(account, "too_many_sockets")
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"})
        source = self._sources.of(request)
        with self._sources.socket(source) as is_welcome:
            if not is_welcome:
                self._context.refused(account, "source_sockets")
                raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
            return await self._open(account, request, transport, source)

    async def _open(
        self, account: str, request: web.Request, transport: asyncio.Transport, source: Source
    ) -> web.WebSocketResponse:
        web_socket = web.WebSocketResponse(
            heartbeat=CHAT_HEARTBEAT_MS / SECOND_MS,
            max_msg_size=CHAT_FRAME_BYTES_MAX,
            # Each compressing connection costs hundreds of kilobytes; chat lines are short.
            compress=False,
        )
        if not web_socket.can_prepare(request):
            raise web.HTTPUpgradeRequired(headers={"Upgrade": "websocket"})
        socket = ChatSocket(web_socket, transport)
        self._sockets.add(socket)
        self._all_gone.clear()
        try:
            await web_socket.prepare(request)
            await self._attend(account, socket, source)
        finally:
            self._presence.leave(socket)
            self._sockets.discard(socket)
            if not self._sockets:
                self._all_gone.set()
        return web_socket

    async def _attend(self, account: str, socket: ChatSocket, source: Source) -> None:
        """Read and write one connection until it ends.

        What the listener said last is still sent; what it is storing is still stored. Each has
        a few seconds for that after the other one has ended.
        """
        listener = Listener(
            account,
            socket,
            settings=self._settings,
            presence=self._presence,
            context=self._context,
            sources=self._sources,
            source=source,
        )
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(listener.listen())
            writing = group.create_task(socket.write_line())
            try:
                await asyncio.wait((reading, writing), return_when=asyncio.FIRST_COMPLETED)
                if not (reading.done() and socket.web_socket.closed):
                    await asyncio.wait((reading, writing), timeout=_LAST_WORDS_S)
            finally:
                reading.cancel()
                writing.cancel()
