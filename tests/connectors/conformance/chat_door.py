"""A visitor's side of the chat: a WebSocket, and the frames of the widget."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp
import orjson
from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMsgType

from maitred.connectors.chat import connector as chat
from maitred.connectors.chat import listener
from maitred.connectors.port import Connector
from maitred.connectors.testing import (
    Answer,
    Knock,
    Mood,
    Proof,
    Received,
    RecordingContext,
    Verdict,
    shortened,
)
from maitred.connectors.testing.http import Served
from maitred.contracts.identifiers import visitor_identifier
from maitred.contracts.ids import IdentifierKey, OutboundId
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import CHAT_FRAME_BYTES_MAX
from maitred.contracts.outbound import DeliveryState, Outbound
from maitred.contracts.secret import Secret
from maitred.normalizer.chat.decoder import decode
from maitred.normalizer.port import DecodeContext

SECRET = "the secret that signs the visitors' tokens"
NO_PROVIDER = (
    "a reply stands in the journal, and the visitor's socket fetches it: nobody is sent to"
)
PATIENCE_S = 5.0
UNSIGNED = "frames are not signed: the socket is the visitor's, and a frame's id tells a retry"
LATER = WSCloseCode.TRY_AGAIN_LATER, WSCloseCode.GOING_AWAY, WSCloseCode.SERVICE_RESTART


class ChatDoor:
    """One visitor, who connects anew for everything that he says."""

    channel = "chat"
    connector: type[Connector] = chat.ChatConnector
    not_applicable: Mapping[str, str] = {
        "no_auth": "who brings no token is a new visitor, whom nobody knows yet",
        "rotated_secret": "the tokens are our own; with a new secret every visitor is a new one",
        "replay_outside": UNSIGNED,
        "replay_inside": UNSIGNED,
        **dict.fromkeys(
            ("sent", "sent_twice", "throttled", "failing", "refusing", "silent", "absent"),
            NO_PROVIDER,
        ),
        "edits": NO_PROVIDER,
        "no_such_account": NO_PROVIDER,
    }
    private: Sequence[str] = (SECRET, "kim@example.com")
    bytes_max = CHAT_FRAME_BYTES_MAX
    replay_window_ms = 0

    def __init__(self) -> None:
        self._token: str | None = None
        self._visitor = ""
        self._pushed: dict[OutboundId, int] = {}

    async def open(self, house: RecordingContext) -> Connector:
        self._house = house
        self._patience = shortened(listener, "_HELLO_S", 0.3)
        self._connector = chat.ChatConnector(_settings(), house.context)
        self._served = Served(self._connector)
        await self._served.start()
        await self._connector.start()
        await house.outbox.followed.wait()
        self._session = aiohttp.ClientSession()
        return self._connector

    async def close(self) -> None:
        await self._connector.stop()
        await self._session.close()
        await self._served.stop()
        self._patience()

    async def knock(self, knock: Knock) -> Answer:
        frame = {"type": "message", "id": knock.id, "text": knock.text, "email": "kim@example.com"}
        said = orjson.dumps(frame) if knock.raw is None else knock.raw
        token = "v1.of.nobody" if knock.proof is Proof.WRONG else self._token
        try:
            async with self._session.ws_connect(self._url(knock.account)) as socket:
                return await self._say(socket, said.decode(), token)
        except aiohttp.WSServerHandshakeError as error:
            return Answer(Verdict.REFUSED, f"{error.status} {error.message}")
        except (aiohttp.ClientError, ConnectionError):
            return Answer(Verdict.BROKEN)

    async def stall(self) -> Answer:
        async with self._session.ws_connect(self._url()) as socket:
            return await _answer(socket)

    def malformed(self) -> Sequence[bytes]:
        good = {"type": "message", "id": "m1", "text": "said"}
        wrong: list[Any] = [
            [],
            None,
            {},
            {**good, "type": "shout"},
            {**good, "type": None},
            {**good, "id": ""},
            {**good, "id": "two words"},
            {**good, "id": "m\n"},
            {**good, "text": ""},
            {**good, "text": None},
            {**good, "text": "x" * 20_000},
            {**good, "email": "x" * 400},
            {"type": "edit", "id": "e1", "text": "x"},
            {"type": "delete", "id": "d1"},
            {"type": "hello"},
            {"type": "code", "id": "c1"},
        ]
        return [b"{", b"", b"[" * 10_000, b'"\\ud800"', *map(orjson.dumps, wrong)]

    def read(self, inbound: Inbound, body: bytes) -> str:
        return decode(inbound, body, 1, DecodeContext(keys=self._house.keys)).message.text

    def faulty(self) -> Mapping[str, Any]:
        site: dict[str, Any] = {
            "identity_secrets": (Secret("short"),),
            "allowed_origins": ("shop",),
        }
        path = "channels.chat.accounts.web"
        return {
            "channels.chat.secret": _settings(secret=Secret("short")),
            f"{path}.identity_secrets[0]": _settings(accounts={"web": chat.ChatAccount(**site)}),
            f"{path}.allowed_origins": _settings(accounts={"web": chat.ChatAccount(**site)}),
        }

    def outbound(self, house: RecordingContext, text: str, *, command: str = "1") -> Outbound:
        visitor = visitor_identifier(self._visitor or "nobody-yet")
        return house.outbound(visitor, text, channel="chat", account="web", command=command)

    async def behave(self, mood: Mood) -> None:
        raise AssertionError(f"asked of a channel of which it says: {NO_PROVIDER}")

    def received(self) -> Sequence[Received]:
        return []

    async def types(self) -> IdentifierKey:
        async with self._session.ws_connect(self._url()) as socket:
            await self._greet(socket, self._token)
            await socket.send_str('{"type": "typing"}')
            await socket.send_str('{"type": "ping"}')
            await socket.receive()
        return self._endpoint

    async def shows(self, signal: Callable[[IdentifierKey], None]) -> bool:
        async with self._session.ws_connect(self._url()) as socket:
            await self._greet(socket, self._token)
            signal(self._endpoint)
            try:
                frame = await socket.receive(timeout=PATIENCE_S)
            except TimeoutError:
                return False
        return bool(frame.data == '{"type":"typing"}')

    @property
    def _endpoint(self) -> IdentifierKey:
        return self._house.keys.identifier(visitor_identifier(self._visitor))

    async def report(self, reply: OutboundId, state: DeliveryState) -> Answer:
        """Mark a reply as the widget does, once it has come over the socket."""
        if reply not in self._pushed:
            async with self._session.ws_connect(self._url()) as socket:
                await self._greet(socket, None)
            outbound = self.outbound(self._house, "It is on its way.")
            self._pushed[reply] = self._house.outbox.push(outbound).sequence
        names = {DeliveryState.DELIVERED: "received", DeliveryState.READ: "read"}
        frame = {"type": names[state], "seq": self._pushed[reply], "after": 0}
        async with self._session.ws_connect(self._url()) as socket:
            await self._greet(socket, self._token)
            await socket.send_str(orjson.dumps(frame).decode())
            return await _answer(socket)

    def _url(self, account: str = "") -> str:
        return f"{self._served.url}/v1/chat/{account or 'web'}"

    async def _say(self, socket: ClientWebSocketResponse, said: str, token: str | None) -> Answer:
        refused = await self._greet(socket, token)
        if refused is not None:
            return refused
        with contextlib.suppress(ConnectionError):
            await socket.send_str(said)
        return await _answer(socket)

    async def _greet(self, socket: ClientWebSocketResponse, token: str | None) -> Answer | None:
        """Say hello and remember who one is; return why one is not welcome."""
        await socket.send_str(orjson.dumps({"type": "hello", "token": token}).decode())
        first = await socket.receive()
        if first.type is not WSMsgType.TEXT:
            return _closed(socket)
        welcome = orjson.loads(first.data)
        if welcome["type"] != "welcome":
            return Answer(_verdict(welcome), first.data)
        self._token, self._visitor = welcome["token"], welcome["visitor"]
        return None


def _settings(**fields: Any) -> chat.ChatSettings:
    values = {"secret": Secret(SECRET), "accounts": {"web": chat.ChatAccount()}, **fields}
    return chat.ChatSettings(**values)


async def _answer(socket: ClientWebSocketResponse) -> Answer:
    """Return the first frame that is no reply of an agent."""
    while (received := await socket.receive()).type is WSMsgType.TEXT:
        frame = orjson.loads(received.data)
        if frame["type"] != "reply":
            return Answer(_verdict(frame), received.data)
    return _closed(socket)


def _closed(socket: ClientWebSocketResponse) -> Answer:
    if socket.close_code in {None, WSCloseCode.ABNORMAL_CLOSURE}:
        return Answer(Verdict.BROKEN)
    verdict = Verdict.LATER if socket.close_code in LATER else Verdict.REFUSED
    return Answer(verdict, f"closed with {socket.close_code}")


def _verdict(frame: Mapping[str, Any]) -> Verdict:
    if frame["type"] != "error":
        return Verdict.TAKEN
    return Verdict.LATER if frame.get("retry_after_ms") else Verdict.REFUSED
