"""The conversation with one connection: hello, then messages, each acked once it is stored."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType
from aiohttp.http import WebSocketError

from maitred.connectors.bucket import Bucket
from maitred.connectors.chat.frames import (
    Ack,
    Code,
    Delete,
    Edit,
    Fault,
    FilesFrame,
    Frame,
    Hello,
    Mark,
    Marked,
    NotTaken,
    Ping,
    Pong,
    Proving,
    Read,
    Received,
    Spoken,
    Typing,
    Verified,
    Verify,
    Verifying,
    Welcome,
    read,
)
from maitred.connectors.chat.handles import FileHandles
from maitred.connectors.chat.marks import mark
from maitred.connectors.chat.presence import TRY_AGAIN_LATER, Presence
from maitred.connectors.chat.session import Session
from maitred.connectors.chat.settings import ChatSettings
from maitred.connectors.chat.sign_in import BAD_IDENTITY, SignedIn, signed_in
from maitred.connectors.chat.socket import ChatSocket
from maitred.connectors.chat.sources import Source, Sources
from maitred.connectors.chat.token import issue, new_visitor, visitor_of
from maitred.connectors.chat.verify import Verifier
from maitred.connectors.port import Context, Receipt
from maitred.contracts.errors import BadPayload, Permanent, Retryable, StoreUnavailable, Throttled
from maitred.contracts.limits import (
    CHAT_FRAME_BYTES_MAX,
    CHAT_UPLOAD_BYTES_MAX,
    PUBLISH_TIMEOUT_MS,
)

BAD_TOKEN: Final = 4401
"""Close code of the range for applications (RFC 6455 section 7.4.2), after HTTP's 401."""
BAD_FRAMES_MAX: Final = 10
SLOW_DOWNS_MAX: Final = 100
CONTENT_TYPE: Final = "application/vnd.maitred.chat+json"

_HELLO_S: Final = 10.0

_KINDS: Final[Mapping[type[Spoken], str]] = {Edit: "edit:", Delete: "delete:"}
"""What stands before the id of a frame that is no message: each sort is counted apart."""
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
        settings: ChatSettings,
        presence: Presence,
        context: Context,
        sources: Sources,
        source: Source,
    ) -> None:
        self._account = account
        self._socket = socket
        self._sources = sources
        self._source = source
        self._secret = settings.secret
        self._settings = settings.accounts[account]
        self._verifier = Verifier(account, self._settings, context, sources)
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
        if wait_ms := self._sources.hello(self._source):
            await self._socket.say(Fault(code="slow_down", retry_after_ms=wait_ms))
            self._end("source_hellos", TRY_AGAIN_LATER)
            return
        session = await self._session(hello)
        if session is None:
            return
        self._socket.handle = FileHandles(self._secret, self._account, session.visitor).issue
        bucket = self._presence.arrive(self._socket, session.key)
        try:
            await self._welcome(hello, session)
        except StoreUnavailable:
            await self._socket.say(Fault(code="try_again", retry_after_ms=PUBLISH_TIMEOUT_MS))
            self._end("store_unavailable", TRY_AGAIN_LATER)
            return
        await self._take_all(session, bucket)

    async def _hello(self) -> Hello | None:
        while (received := await self._next()) is not None:
            if isinstance(received[0], Hello):
                return received[0]
            await self._complain(Fault(code="hello_first"))
        return None

    async def _session(self, hello: Hello) -> Session | None:
        """Return who says hello; nothing if that is not to be believed, which ends it."""
        now = self._context.clock()
        if hello.token is None:
            visitor: str | None = new_visitor()
        else:
            visitor = visitor_of(self._secret, self._account, hello.token, now=now)
            self._socket.seen = self._socket.given_since = hello.after
        if visitor is None:
            await self._socket.say(Fault(code="bad_token"))
            self._end("bad_token", BAD_TOKEN)
            return None
        who: SignedIn | None = None
        if hello.identity is not None:
            with contextlib.suppress(BadPayload):
                secrets = self._settings.identity_secrets
                who = signed_in(hello.identity, secrets, self._account, now=now)
        return Session(visitor, self._socket, self._context.keys, who)

    async def _welcome(self, hello: Hello, session: Session) -> None:
        """Answer a hello, and bring a visitor who was here before up to date.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        if hello.token is not None:
            before = await self._verifier.proofs_of(session)
            self._socket.proofs = tuple(dict.fromkeys((*before, *self._socket.proofs)))
        now = self._context.clock()
        await self._socket.say(
            Welcome(
                # A token is renewed at each hello, so one that is in use never grows old.
                token=issue(self._secret, self._account, session.visitor, now=now),
                visitor=session.visitor,
                resumed=hello.token is not None,
                signed_in=session.signed_in is not None,
                offers=self._verifier.offers,
                verified=tuple(
                    dict.fromkeys(each.identifier.kind.value for each in session.proofs(now))
                ),
                title=self._settings.title,
                pre_chat=self._settings.pre_chat,
                files=FilesFrame(
                    count=self._settings.files_max,
                    bytes=self._settings.file_bytes_max,
                    total=CHAT_UPLOAD_BYTES_MAX - CHAT_FRAME_BYTES_MAX,
                    types=self._settings.file_types,
                ),
            )
        )
        if hello.identity is not None and session.signed_in is None:
            self._context.refused(self._account, BAD_IDENTITY)
            await self._socket.say(Fault(code=BAD_IDENTITY))
        if hello.token is not None:
            await self._presence.catch_up(self._socket)
        else:
            # Who was never here has missed nothing.
            await self._socket.release(())

    async def _take_all(self, session: Session, bucket: Bucket) -> None:
        while (received := await self._next()) is not None:
            frame, data = received
            wait_ms = bucket.take(self._context.clock())
            if wait_ms:
                await self._slow_down(frame, wait_ms)
            elif isinstance(frame, Ping):
                await self._socket.say(Pong())
            elif isinstance(frame, Spoken | Proving | Mark):
                await self._socket.say(await self._take(session, frame, data))
            elif isinstance(frame, Typing):
                if self._context.signals is not None:
                    await self._context.signals.typing(session.key)
            else:
                await self._complain(Fault(code="bad_frame"))

    async def _take(
        self, session: Session, frame: Spoken | Proving | Mark, data: bytes
    ) -> Ack | Verifying | Verified | Marked | Fault:
        about = "" if isinstance(frame, Mark) else frame.id
        try:
            match frame:
                case Received() | Read():
                    return await mark(
                        frame,
                        account=self._account,
                        key=session.key,
                        socket=self._socket,
                        context=self._context,
                    )
                case Verify():
                    return await self._verify(session, frame)
                case Code():
                    return await self._prove(session, frame)
                case _:
                    return await self._hear(session, frame, data)
        except Throttled as error:
            self._context.refused(self._account, "codes_used_up")
            return Fault(code="slow_down", id=about, retry_after_ms=error.after_ms)
        except Retryable:
            reason = "store_unavailable"
        except Permanent as error:
            self._context.refused(self._account, error.code)
            return Fault(code="refused", id=about)
        except Exception:  # noqa: BLE001  (whatever failed, the visitor keeps the message and repeats it)
            reason = "internal"
        self._context.refused(self._account, reason)
        return Fault(code="try_again", id=about, retry_after_ms=PUBLISH_TIMEOUT_MS)

    async def _hear(self, session: Session, spoken: Spoken, data: bytes) -> Ack:
        receipt = await self._store(session, _KINDS.get(type(spoken), ""), spoken, data)
        return Ack(id=spoken.id, message=receipt.id, duplicate=receipt.duplicate)

    async def _verify(self, session: Session, frame: Verify) -> Verifying | Fault:
        answer = await self._verifier.ask(session, frame, self._source)
        if isinstance(answer, Fault) and answer.retry_after_ms:
            self._context.refused(self._account, "source_codes")
        return answer

    async def _prove(self, session: Session, frame: Code) -> Verified | Fault:
        """Take a code, and have it stored that it was right; the code itself never is."""
        proof = await self._verifier.answer(session, frame, self._context.clock())
        if proof is None:
            self._context.refused(self._account, "wrong_code")
            return Fault(code="wrong_code", id=frame.id)
        self._presence.prove(session.key, proof)
        kind = proof.identifier.kind.value
        body = msgspec.json.encode({"type": "verified", "id": frame.id, "kind": kind})
        receipt = await self._store(session, "verified:", frame, body)
        return Verified(id=frame.id, kind=kind, message=receipt.id)

    async def _store(
        self, session: Session, kind: str, frame: Spoken | Code, data: bytes
    ) -> Receipt:
        """Store what a visitor did, under his own id for it, which no other visitor can name.

        The decoder finds the message that an edit is about by this id, so it must stay as it is.
        """
        spoken = None if isinstance(frame, Code) else frame
        inbound = self._context.inbound(
            channel="chat",
            account=self._account,
            provider_id=f"{session.visitor}:{kind}{frame.id}",
            sender=session.sender,
            content_type=CONTENT_TYPE,
            evidence=session.evidence(self._context.clock(), spoken),
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
        about = frame.id if isinstance(frame, Spoken | Proving) else ""
        await self._socket.say(Fault(code="slow_down", id=about, retry_after_ms=wait_ms))

    def _end(self, reason: str, code: int) -> None:
        self._context.refused(self._account, reason)
        self._socket.close(code)
