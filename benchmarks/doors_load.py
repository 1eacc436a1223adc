"""Lean clients for the doors that are no webhooks: mail, and frames of the chat.

As with `load`, everything is made before the clock starts, and no more is read than must be.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Final

import orjson

from benchmarks.load import Burst
from demo.house import SUPPORT_ADDRESS

PING: Final = 0x9
PONG: Final = 0xA
TEXT: Final = 0x1
_SHORT: Final = 126
_LONG: Final = 127


class MailLine:
    """One connection to an SMTP server, kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> MailLine:
        """Connect and greet."""
        line = cls(*await asyncio.open_connection("127.0.0.1", port))
        await line._answer()
        await line._ask(b"EHLO client.example\r\n")
        return line

    async def send(self, mail: bytes) -> bool:
        """Hand over a mail; its dots are doubled already."""
        await self._ask(b"MAIL FROM:<kim@mail.example>\r\n")
        await self._ask(b"RCPT TO:<%s>\r\n" % SUPPORT_ADDRESS.encode())
        await self._ask(b"DATA\r\n")
        return (await self._ask(mail + b"\r\n.\r\n")).startswith(b"250")

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def _ask(self, words: bytes) -> bytes:
        self._writer.write(words)
        return await self._answer()

    async def _answer(self) -> bytes:
        """Return the last line of an answer (RFC 5321, section 4.2.1)."""
        while (line := await self._reader.readline())[3:4] == b"-":
            pass
        return line


async def mail_burst(port: int, mails: Sequence[bytes], *, clients: int) -> Burst:
    """Send all mails as fast as `clients` connections can, each waiting for its answers."""
    lines = [await MailLine.open(port) for _ in range(clients)]
    waiting = iter(mails)
    failed = 0

    async def client(line: MailLine) -> None:
        nonlocal failed
        for mail in waiting:
            failed += not await line.send(mail)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for each in lines:
            group.create_task(client(each))
    seconds = time.perf_counter() - started
    for each in lines:
        each.close()
    return Burst(len(mails), failed, seconds)


def upgrade(port: int, path: str) -> bytes:
    """Return the request that opens a WebSocket (RFC 6455, section 4.1)."""
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def frame(opcode: int, payload: bytes) -> bytes:
    """Return a client's frame; its mask is zero, which leaves the payload as it is."""
    size = len(payload)
    if size < _SHORT:
        head = bytes((0x80 | opcode, 0x80 | size))
    else:
        head = bytes((0x80 | opcode, 0x80 | _SHORT)) + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + payload


def taken(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Yield the server's whole frames, by opcode, and take them out of a buffer."""
    while len(buffer) >= 2:
        size, start = buffer[1] & 0x7F, 2
        if size >= _SHORT:
            start = 10 if size == _LONG else 4
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size:
            return
        opcode, payload = buffer[0] & 0xF, bytes(buffer[start : start + size])
        del buffer[: start + size]
        yield opcode, payload


def said(number: int) -> bytes:
    """Return a chat message as its frame."""
    text = f"Where is my parcel? It was sent on Monday, order {number}."
    return frame(TEXT, orjson.dumps({"type": "message", "id": f"m{number}", "text": text}))


HELLO: Final = frame(TEXT, b'{"type":"hello"}')


class ChatLine:
    """One visitor, connected."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._buffer = bytearray()
        self._frames: list[bytes] = []

    @classmethod
    async def open(cls, port: int, path: str) -> ChatLine:
        """Connect and say hello.

        Raises:
            ConnectionError: the server does not want it.
        """
        line = cls(*await asyncio.open_connection("127.0.0.1", port))
        line._writer.write(upgrade(port, path))
        if b" 101 " not in (await line._reader.readuntil(b"\r\n\r\n")).splitlines()[0]:
            raise ConnectionError("no WebSocket")
        await line.ask(HELLO)
        return line

    async def ask(self, words: bytes) -> bytes:
        """Send a frame and return the next text that comes."""
        self._writer.write(words)
        while not self._frames:
            data = await self._reader.read(4096)
            if not data:
                raise ConnectionError("the line dropped")
            self._buffer += data
            for opcode, payload in taken(self._buffer):
                if opcode == TEXT:
                    self._frames.append(payload)
                elif opcode == PING:
                    self._writer.write(frame(PONG, payload))
        return self._frames.pop(0)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def chat_burst(port: int, path: str, *, count: int, clients: int) -> Burst:
    """Let `clients` new visitors say `count` messages, each waiting for its acknowledgement."""
    lines = [await ChatLine.open(port, path) for _ in range(clients)]
    waiting = iter([said(number) for number in range(count)])
    failed = 0

    async def visitor(line: ChatLine) -> None:
        nonlocal failed
        for words in waiting:
            failed += b'"ack"' not in await line.ask(words)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for each in lines:
            group.create_task(visitor(each))
    seconds = time.perf_counter() - started
    for each in lines:
        each.close()
    return Burst(count, failed, seconds)
