"""Pens: senders who number their messages and repeat one word for word, as providers do.

A message of one number has the same id however often it is written, and `id_of` says which, worked
out apart from the gateway.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Protocol

import aiohttp
import orjson

from demo.house import SUPPORT_ADDRESS, House
from demo.writers import letter, send_mail, send_slack, send_sms
from maitred.contracts.ids import MessageId, Tenant, digest, message_id

FAILED: Final = (aiohttp.ClientError, OSError, TimeoutError)
"""What a sender meets when the gateway is not there, or refuses a mail for now."""
ATTEMPT_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 0.1
_TENANT: Final = Tenant("main")


def letter_id(mail: bytes) -> MessageId:
    """Return what a mail to the support is called in the journal."""
    return message_id(_TENANT, "email", "support", digest(mail, SUPPORT_ADDRESS))


class Pen(Protocol):
    """One sender at one door."""

    name: str
    channel: str

    async def write(self, number: int) -> bool:
        """Try once to hand over his message of this number; True once it is acknowledged."""
        ...

    def id_of(self, number: int) -> MessageId:
        """Return what that message is called in the journal."""
        ...


@dataclass(slots=True)
class SmsPen:
    """A phone."""

    house: House
    session: aiohttp.ClientSession
    index: int
    name: str = ""
    channel: str = "sms"

    async def write(self, number: int) -> bool:
        """Post it as Twilio does."""
        text = f"Message {number} from {self.name}."
        phone = f"+1555{2_100_000 + self.index}"
        status = await send_sms(
            self.house, self.session, number=phone, text=text, sid=self._sid(number)
        )
        return status == HTTPStatus.OK

    def id_of(self, number: int) -> MessageId:
        """Name it by its SID."""
        return message_id(_TENANT, "sms", "main", self._sid(number))

    def _sid(self, number: int) -> str:
        return f"SM{self.index:016x}{number:016x}"


@dataclass(slots=True)
class SlackPen:
    """A member of the workspace."""

    house: House
    session: aiohttp.ClientSession
    index: int
    name: str = ""
    channel: str = "slack"
    _tries: Counter[int] = field(default_factory=Counter)

    async def write(self, number: int) -> bool:
        """Post it as Slack does, which numbers its retries."""
        retry, self._tries[number] = self._tries[number], self._tries[number] + 1
        status = await send_slack(
            self.house,
            self.session,
            user=f"U{self.index:06d}",
            text=f"Message {number} from {self.name}.",
            ts=self._ts(number),
            channel=f"D{self.index:06d}",
            retry=retry,
        )
        return status == HTTPStatus.OK

    def id_of(self, number: int) -> MessageId:
        """Name it by workspace, channel and time stamp."""
        own = f"{self.house.slack.team_id}:D{self.index:06d}:{self._ts(number)}"
        return message_id(_TENANT, "slack", "main", own)

    def _ts(self, number: int) -> str:
        return f"{1_790_000_000 + number}.{self.index:06d}"


@dataclass(slots=True)
class MailPen:
    """A mailbox, whose relay repeats the same bytes."""

    house: House
    index: int
    name: str = ""
    channel: str = "email"
    _mails: dict[int, bytes] = field(default_factory=dict)

    async def write(self, number: int) -> bool:
        """Hand it to the SMTP listener."""
        sender = f"{self.name}@mail.example"
        mail = self._mails.setdefault(
            number,
            letter(
                sender=sender,
                text=f"Message {number} from {self.name}.",
                message_id=f"{number}.{self.name}@mail.example",
            ),
        )
        await send_mail(self.house, sender=sender, mail=mail)
        return True

    def id_of(self, number: int) -> MessageId:
        """Name it by its bytes and its recipients."""
        return letter_id(self._mails[number])


@dataclass(slots=True)
class ChatPen:
    """A visitor, who connects again when the line drops and says it once more."""

    house: House
    session: aiohttp.ClientSession
    name: str = ""
    channel: str = "chat"
    visitor: str = ""
    pushed: list[str] = field(default_factory=list)
    _token: str | None = None
    _seen: int = 0
    _socket: aiohttp.ClientWebSocketResponse | None = None

    async def write(self, number: int) -> bool:
        """Say it, and read until it is acknowledged or refused."""
        socket = await self._connected()
        text = f"Message {number} from {self.name}."
        try:
            await socket.send_json({"type": "message", "id": f"m{number}", "text": text})
            while True:
                frame = await self._frame(socket)
                if frame.get("id") == f"m{number}":
                    return bool(frame["type"] == "ack")
        except (aiohttp.ClientError, ConnectionError):
            self._socket = None
            raise

    def id_of(self, number: int) -> MessageId:
        """Name it by the visitor and his own number for it."""
        return message_id(_TENANT, "chat", "shop", f"{self.visitor}:m{number}")

    async def read_until(self, wanted: Callable[[], bool]) -> None:
        """Take what is pushed until `wanted`, or until nothing more comes.

        A line that dropped unnoticed, while nobody read, is no reason to stop listening.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ATTEMPT_SECONDS):
                while not wanted():
                    try:
                        await self._frame(await self._connected())
                    except FAILED:
                        self._socket = None
                        await asyncio.sleep(_AGAIN_SECONDS)

    async def hang_up(self) -> None:
        """Close the line."""
        if self._socket is not None:
            await self._socket.close()

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        if self._socket is not None and not self._socket.closed:
            return self._socket
        socket = await self.session.ws_connect(f"{self.house.http}/v1/chat/shop")
        await socket.send_json({"type": "hello", "token": self._token, "after": self._seen})
        welcome = await self._frame(socket)
        self._token, self.visitor = welcome["token"], welcome["visitor"]
        self._socket = socket
        return socket

    async def _frame(self, socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
        message = await socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            await socket.close()
            raise aiohttp.ClientConnectionError("the line dropped")
        frame: dict[str, Any] = orjson.loads(message.data)
        if frame["type"] == "reply":
            self.pushed.append(frame["id"])
            self._seen = max(self._seen, frame["seq"])
        return frame
