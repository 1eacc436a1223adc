"""Chat: a WebSocket for a widget on the company's pages, and a page to try it on.

Client and server exchange JSON text frames (`docs/chat.md` has every field and error):

    client  {"type": "hello", "token": null, "after": 0}
    server  {"type": "welcome", "token": "v1…", "visitor": "…", "resumed": false}
    client  {"type": "message", "id": "m1", "text": "Hello?"}
    server  {"type": "ack", "id": "m1", "message": "msg_…", "duplicate": false}
    server  {"type": "reply", "id": "out_…", "seq": 17, "text": "…", "name": "…", "at": …}
    client  {"type": "ping"}
    server  {"type": "pong"}
    server  {"type": "error", "code": "try_again", "id": "m1", "retry_after_ms": 2000}

An ack means stored. A client that hears none sends the message again under the same id and it
stays one message. A client that was away says in its next hello which reply it saw last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web
from yarl import URL

from maitred.connectors.chat_frames import (
    Ack,
    Fault,
    Hello,
    Message,
    NotTaken,
    Ping,
    Pong,
    Welcome,
    read,
)
from maitred.connectors.chat_page import Page, load_page
from maitred.connectors.chat_socket import Bucket, ChatSocket
from maitred.connectors.chat_token import issue, new_visitor, visitor_of
from maitred.connectors.port import Capabilities, Context, Route
from maitred.contracts.errors import (
    BadPayload,
    ConfigurationError,
    Permanent,
    StoreUnavailable,
)
from maitred.contracts.identifiers import (
    SECRET_BYTES_MIN,
    Level,
    Observed,
    email_identifier,
    visitor_identifier,
)
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.inbound import Evidence, Verification
from maitred.contracts.limits import (
    CHAT_FRAME_BYTES_MAX,
    CHAT_HEARTBEAT_MS,
    CHAT_SOCKETS_MAX,
    PUBLISH_TIMEOUT_MS,
    REPLY_CHARACTERS_MAX,
    SECOND_MS,
)
from maitred.contracts.outbound import Outbound, Sent
from maitred.contracts.secret import Secret

BAD_TOKEN: Final = 4401
"""Close code of the range for applications (RFC 6455 section 7.4.2), after HTTP's 401."""
BAD_FRAMES_MAX: Final = 10
SLOW_DOWNS_MAX: Final = 100
CONTENT_TYPE: Final = "application/vnd.maitred.chat+json"

_HELLO_S: Final = 10.0
_LAST_WORDS_S: Final = 5.0
_FOLLOW_AGAIN_S: Final = 1.0
_PATH: Final = "/v1/chat/{account}"


class ChatAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One chat: the pages that may open it (`https://shop.example`), and its title.

    A page served from the host that the request names, or from `public_url`, always may.
    """

    allowed_origins: tuple[str, ...] = ()
    title: str = "Chat"


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[channels.chat]`; `secret` signs the visitors' tokens."""

    secret: Secret
    accounts: dict[str, ChatAccount]
    demo_page: bool = True


class ChatConnector:
    """The chat channel."""

    channel: ClassVar[str] = "chat"
    settings_type: ClassVar[type[msgspec.Struct]] = ChatSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=False, text_characters_max=REPLY_CHARACTERS_MAX, resend_is_safe=True
    )

    def __init__(self, settings: ChatSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._origins = _origins(settings, context.public_url)
        self._sockets: set[ChatSocket] = set()
        self._here: dict[IdentifierKey, set[ChatSocket]] = {}
        self._buckets: dict[IdentifierKey, Bucket] = {}
        self._opened = 0
        self._stopping = False
        self._all_gone = asyncio.Event()
        self._page: Page | None = None

    def routes(self) -> Sequence[Route]:
        """Return the WebSocket and, if wanted, the page to try it on."""
        routes = [Route("GET", _PATH, self._serve)]
        if self._settings.demo_page:
            routes.append(Route("GET", f"{_PATH}/demo", self._demo))
        return routes

    async def start(self) -> None:
        """Follow the replies."""
        self._page = await asyncio.to_thread(load_page)
        self._context.spawn("chat.replies", self._follow())

    async def stop(self) -> None:
        """Take no new connections, tell everybody that we go away, wait for what is under way."""
        self._stopping = True
        for socket in tuple(self._sockets):
            socket.close(WSCloseCode.GOING_AWAY)
        if not self._opened:
            return
        try:
            await asyncio.wait_for(self._all_gone.wait(), _LAST_WORDS_S)
        except TimeoutError:
            for socket in tuple(self._sockets):
                socket.cut()

    async def send(self, outbound: Outbound) -> Sent:
        """Do nothing: the journal holds the reply, and the visitor's connection fetches it."""
        return Sent(provider_id=outbound.id)

    async def _demo(self, request: web.Request) -> web.StreamResponse:
        account = self._settings.accounts.get(request.match_info["account"])
        if account is None or self._page is None:
            raise web.HTTPNotFound
        return self._page.response(account.title)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        account = request.match_info["account"]
        if account not in self._settings.accounts:
            raise web.HTTPNotFound
        if not self._may_open(account, request):
            self._context.refused(account, "origin")
            raise web.HTTPForbidden
        transport = request.transport
        if self._stopping or self._opened >= CHAT_SOCKETS_MAX or transport is None:
            self._context.refused(account, "too_many_sockets")
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"})
        web_socket = web.WebSocketResponse(
            heartbeat=CHAT_HEARTBEAT_MS / SECOND_MS,
            max_msg_size=CHAT_FRAME_BYTES_MAX,
            # Each compressing connection costs hundreds of kilobytes; chat lines are short.
            compress=False,
        )
        if not web_socket.can_prepare(request):
            raise web.HTTPUpgradeRequired(headers={"Upgrade": "websocket"})
        socket = ChatSocket(web_socket, transport)
        self._opened += 1
        self._all_gone.clear()
        try:
            await web_socket.prepare(request)
            await self._attend(account, socket)
        finally:
            self._opened -= 1
            if not self._opened:
                self._all_gone.set()
        return web_socket

    def _may_open(self, account: str, request: web.Request) -> bool:
        """Tell whether the page may connect; only browsers say where theirs comes from."""
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        normal = _origin(origin)
        return normal is not None and (
            normal in self._origins[account] or normal.partition("://")[2] == _host(request)
        )

    async def _attend(self, account: str, socket: ChatSocket) -> None:
        """Listen to one connection until it ends; whatever it was told is sent first."""
        self._sockets.add(socket)
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(socket.write_line())
                try:
                    await _Listener(self, account, socket).listen()
                    if not socket.web_socket.closed:
                        await asyncio.wait((writer,), timeout=_LAST_WORDS_S)
                finally:
                    writer.cancel()
        finally:
            self._sockets.discard(socket)
            self._leave(socket)

    def arrive(self, socket: ChatSocket, key: IdentifierKey) -> None:
        """Note that a visitor is here with this connection, one of perhaps several."""
        socket.key = key
        self._here.setdefault(key, set()).add(socket)
        self._buckets.setdefault(key, Bucket(self._context.clock()))
