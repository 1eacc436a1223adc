"""Idle chat sockets: how many are held, and what each costs the process that holds it."""

from __future__ import annotations

import asyncio
import resource
import subprocess
from dataclasses import dataclass
from typing import Final

from benchmarks.doors_load import HELLO, PING, PONG, TEXT, frame, taken, upgrade

OPENING_AT_ONCE: Final = 200
SPARE_FILES: Final = 200
"""Descriptors left to everything else in a process."""
_OPEN_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Held:
    """What holding them came to: how many were opened, were open at the end, and KiB for each."""

    opened: int
    open_after: int
    kib_each: float
    seconds_idle: float


class _Idle(asyncio.Protocol):
    """A visitor who says hello and then nothing, but answers pings as browsers do."""

    __slots__ = ("_buffer", "_request", "is_open", "transport", "welcome")

    def __init__(self, request: bytes, welcome: asyncio.Future[None]) -> None:
        self._request = request
        self._buffer = bytearray()
        self.welcome: asyncio.Future[None] | None = welcome
        self.transport: asyncio.Transport | None = None
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (a TCP connection's is)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Say hello once the socket is open; then answer pings."""
        self._buffer += data
        if not self.is_open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self.is_open = b" 101 " in head.splitlines()[0]
            self._buffer = bytearray(rest)
            if self.transport is not None:
                self.transport.write(HELLO)
        for opcode, payload in taken(self._buffer):
            if opcode == TEXT and self.welcome is not None:
                self.welcome.set_result(None)
                self.welcome = None
            elif opcode == PING and self.transport is not None:
                self.transport.write(frame(PONG, payload))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note it."""
        self.is_open = False
        if self.welcome is not None:
            self.welcome.set_exception(exc or ConnectionError("the line dropped"))
            self.welcome = None


def resident_kib(process: int) -> int:
    """Return the resident memory of a process."""
    shown = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(process)],  # noqa: S607  (POSIX has it)
        capture_output=True,
        text=True,
        check=True,
    )
    return int(shown.stdout)


def possible(wanted: int) -> int:
    """Raise this process' limit of open files as far as it goes; return how many sockets fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    room = wanted if hard == resource.RLIM_INFINITY else hard - SPARE_FILES
    return min(wanted, room)


async def hold(process: int, port: int, path: str, *, count: int, seconds: float) -> Held:
    """Open `count` sockets at a server, leave them alone for so long, and close them."""
    loop = asyncio.get_running_loop()
    request = upgrade(port, path)
    before = resident_kib(process)
    lines: list[_Idle] = []

    async def open_one() -> None:
        welcome: asyncio.Future[None] = loop.create_future()
        _, line = await loop.create_connection(lambda: _Idle(request, welcome), "127.0.0.1", port)
        lines.append(line)
        await welcome

    while len(lines) < count:
        async with asyncio.timeout(_OPEN_SECONDS), asyncio.TaskGroup() as group:
            for _ in range(min(OPENING_AT_ONCE, count - len(lines))):
                group.create_task(open_one())
    await asyncio.sleep(seconds)
    grown = resident_kib(process) - before
    still = sum(each.is_open for each in lines)
    for each in lines:
        if each.transport is not None:
            each.transport.abort()
    return Held(len(lines), still, grown / len(lines), seconds)
