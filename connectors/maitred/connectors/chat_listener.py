"""The conversation with one connection: hello, then messages, each acked once it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from aiohttp import WSCloseCode, WSMsgType
from aiohttp.http import WebSocketError

from maitred.connectors.chat_frames import (
    Ack,
    Delete,
    Edit,
    Fault,
    Frame,
    Hello,
    Message,
    NotTaken,
    Ping,
    Pong,
    Signal,
    Spoken,
    Welcome,
    read,
)
from maitred.connectors.chat_presence import TRY_AGAIN_LATER, Presence
from maitred.connectors.chat_socket import Bucket, ChatSocket
from maitred.connectors.chat_token import issue, new_visitor, visitor_of
from maitred.connectors.port import Context, Receipt
from maitred.contracts.errors import BadPayload, Permanent, StoreUnavailable
from maitred.contracts.identifiers import Level, Observed, email_identifier, visitor_identifier
from maitred.contracts.inbound import Evidence, Verification
from maitred.contracts.limits import PUBLISH_TIMEOUT_MS
from maitred.contracts.secret import Secret

BAD_TOKEN: Final = 4401
"""Close code of the range for applications (RFC 6455 section 7.4.2), after HTTP's 401."""
BAD_FRAMES_MAX: Final = 10
SLOW_DOWNS_MAX: Final = 100
CONTENT_TYPE: Final = "application/vnd.maitred.chat+json"

_HELLO_S: Final = 10.0

_UNREADABLE: Final[Mapping[int, str]] = {
    WSCloseCode.MESSAGE_TOO_BIG: "too_large",
    WSCloseCode.INVALID_TEXT: "not_utf8",
}
"""Why the library closed the connection by itself (RFC 6455, section 7.4.1)."""


class Listener:
    """Reads one connection until it ends."""

    def __init__(
        self,
        account: str,
        socket: ChatSocket,
        *,
        secret: Secret,
        presence: Presence,
        context: Context,
    ) -> None:
        self._account = account
        self._socket = socket
        self._secret = secret
        self._presence = presence
        self._context = context
        self._bad_frames = 0
        self._slow_downs = 0

    async def listen(self) -> None:
        """Wait for the hello, then take messages in their order."""
        try:
            async with asyncio.timeout(_HELLO_S):
                hello = await self._hello()
        except TimeoutError:
            self._end("no_hello", WSCloseCode.POLICY_VIOLATION)
            return
        if hello is None:
            return
        visitor = await self._welcome(hello)
        if visitor is None:
            return
        key = self._context.keys.identifier(visitor_identifier(visitor))
        bucket = self._presence.arrive(self._socket, key)
        if hello.token is None:
            # Who was never here has missed nothing.
            await self._socket.release(())
            await self._take_all(visitor, bucket)
        elif await self._caught_up():
            await self._take_all(visitor, bucket)

    async def _hello(self) -> Hello | None:
        while (received := await self._next()) is not None:
            frame, _ = received
            if isinstance(frame, Hello):
                return frame
            await self._complain(Fault(code="hello_first"))
        return None

    async def _welcome(self, hello: Hello) -> str | None:
        now = self._context.clock()
        if hello.token is None:
            visitor: str | None = new_visitor()
        else:
            visitor = visitor_of(self._secret, self._account, hello.token, now=now)
            self._socket.seen = hello.after
        if visitor is None:
            await self._socket.say(Fault(code="bad_token"))
            self._end("bad_token", BAD_TOKEN)
            return None
        # A token is renewed at each hello, so one that is in use never grows old.
        token = issue(self._secret, self._account, visitor, now=now)
        resumed = hello.token is not None
        await self._socket.say(Welcome(token=token, visitor=visitor, resumed=resumed))
        return visitor

    async def _caught_up(self) -> bool:
        try:
            await self._presence.catch_up(self._socket)
        except StoreUnavailable:
            await self._socket.say(Fault(code="try_again", retry_after_ms=PUBLISH_TIMEOUT_MS))
            self._end("store_unavailable", TRY_AGAIN_LATER)
            return False
        return True

    async def _take_all(self, visitor: str, bucket: Bucket) -> None:
        while (received := await self._next()) is not None:
            frame, data = received
            wait_ms = bucket.take(self._context.clock())
            if wait_ms:
                await self._slow_down(frame, wait_ms)
            elif isinstance(frame, Ping):
                await self._socket.say(Pong())
            elif isinstance(frame, Spoken):
                await self._socket.say(await self._take(visitor, frame, data))
            elif not isinstance(frame, Signal):
                await self._complain(Fault(code="bad_frame"))

    async def _take(self, visitor: str, spoken: Spoken, data: bytes) -> Ack | Fault:
        try:
            receipt = await self._store(visitor, spoken, data)
        except StoreUnavailable:
            reason = "store_unavailable"
        except Permanent as error:
            self._context.refused(self._account, error.code)
            return Fault(code="refused", id=spoken.id)
        except Exception:  # noqa: BLE001  (whatever failed, the visitor keeps the message and repeats it)
            reason = "internal"
        else:
            return Ack(id=spoken.id, message=receipt.id, duplicate=receipt.duplicate)
        self._context.refused(self._account, reason)
        return Fault(code="try_again", id=spoken.id, retry_after_ms=PUBLISH_TIMEOUT_MS)

    async def _store(self, visitor: str, spoken: Spoken, data: bytes) -> Receipt:
        message = spoken if isinstance(spoken, Message) else None
        inbound = self._context.inbound(
            channel="chat",
            account=self._account,
            provider_id=_provider_id(visitor, spoken),
            sender=Observed(identifier=visitor_identifier(visitor), level=Level.AUTHENTICATED),
            content_type=CONTENT_TYPE,
            evidence=Evidence(
                verification=Verification.TOKEN,
                observed=_claims(message) if message else (),
                name=message.name if message else "",
            ),
        )
        return await self._context.accept(inbound, data)

    async def _next(self) -> tuple[Frame, bytes] | None:
        """Return the next frame that can be read, and its bytes; nothing at the end."""
        while self._bad_frames < BAD_FRAMES_MAX and self._slow_downs < SLOW_DOWNS_MAX:
            received = await self._socket.web_socket.receive()
            if received.type is WSMsgType.BINARY:
                await self._socket.say(Fault(code="bad_frame"))
                self._end("bad_frame", WSCloseCode.UNSUPPORTED_DATA)
                return None
            if received.type is not WSMsgType.TEXT:
                if isinstance(received.data, WebSocketError):
                    reason = _UNREADABLE.get(received.data.code, "bad_frame")
                    self._context.refused(self._account, reason)
                return None
            data = received.data.encode()
            try:
                return read(data), data
            except NotTaken as refusal:
                await self._complain(refusal.fault)
        self._end("unruly", WSCloseCode.POLICY_VIOLATION)
        return None

    async def _complain(self, fault: Fault) -> None:
        self._bad_frames += 1
        self._context.refused(self._account, fault.code)
        await self._socket.say(fault)

    async def _slow_down(self, frame: Frame, wait_ms: int) -> None:
        self._slow_downs += 1
        about = frame.id if isinstance(frame, Spoken) else ""
        await self._socket.say(Fault(code="slow_down", id=about, retry_after_ms=wait_ms))

    def _end(self, reason: str, code: int) -> None:
        self._context.refused(self._account, reason)
        self._socket.close(code)


def _provider_id(visitor: str, spoken: Spoken) -> str:
    """Return the id of what was said: his own id for it, which no other visitor can name.

    Messages, edits and deletes are counted apart. The decoder finds the message that an edit is
    about by this id, so it must stay as it is.
    """
    kind = "edit:" if isinstance(spoken, Edit) else "delete:" if isinstance(spoken, Delete) else ""
    return f"{visitor}:{kind}{spoken.id}"


def _claims(message: Message) -> tuple[Observed, ...]:
    """Return the address that a visitor says is his, if it is one: a claim, never a proof."""
    if not message.email:
        return ()
    try:
        identifier = email_identifier(message.email)
    except BadPayload:
        return ()
    return (Observed(identifier=identifier, level=Level.CLAIMED),)
