"""A smarthost that says exactly the bytes it is told to, or says nothing, or goes away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

HANG_UP: Final = b"<hang up>"
SILENCE: Final = b"<silence>"
_GOOD: Final = {
    b"": b"220 smarthost.example\r\n",
    b"EHLO": b"250-smarthost.example\r\n250 HELP\r\n",
    b"MAIL": b"250 OK\r\n",
    b"RCPT": b"250 OK\r\n",
    b"DATA": b"354 Go ahead\r\n",
    b".": b"250 OK\r\n",
    b"RSET": b"250 OK\r\n",
    b"QUIT": b"221 Bye\r\n",
}


@dataclass
class Scripted:
    """Answers by verb; `b""` is the greeting, `b"."` the end of a mail.

    `heard` holds the verbs of each connection, `lines` all commands, `mails` each mail as it came
    over the line.
    """

    answers: Mapping[bytes, bytes] = field(default_factory=dict)
    heard: list[list[bytes]] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    at_once: int = 0
    at_once_max: int = 0
    port: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a mail has come."""
    quiet: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a connection has ended."""
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def cut(self) -> None:
        """Cut all connections, as a firewall or a restart does."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.heard.append(verbs := [])
        self.at_once += 1
        self.at_once_max = max(self.at_once, self.at_once_max)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            going = await self._say(writer, b"")
            while going and (line := await reader.readline()):
                verb = line[:4].upper()
                verbs.append(verb)
                self.lines.append(line)
                going = await self._say(writer, verb)
                if verb == b"DATA" and going and self._answer(b"DATA").startswith(b"354"):
                    self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                    self.came.set()
                    going = await self._say(writer, b".")
            if not going:
                writer.close()
            await reader.read()
        writer.close()
        self.at_once -= 1
        self.quiet.set()

    def _answer(self, verb: bytes) -> bytes:
        return self.answers.get(verb, _GOOD.get(verb, b"502 What?\r\n"))

    async def _say(self, writer: asyncio.StreamWriter, verb: bytes) -> bool:
        answer = self._answer(verb)
        if answer == HANG_UP:
            return False
        if answer != SILENCE:
            writer.write(answer)
            await writer.drain()
        return not answer.startswith(b"421") and verb != b"QUIT"
