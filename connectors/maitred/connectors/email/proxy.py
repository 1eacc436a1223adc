"""HAProxy's PROXY protocol, versions 1 and 2: whom a proxy speaks for.

The header stands before everything else, TLS included, so it is read from the bare socket, and
not one byte too many. Only networks that the settings name may send one, and they must: the
protocol's own rule is never to guess (proxy-protocol.txt, section 2).
"""

from __future__ import annotations

import asyncio
import socket
from typing import Final

from aiosmtpd.proxy_protocol import AF, V2_CMD, get_proxy

from maitred.contracts.errors import BadPayload

_V1_BYTES_MAX: Final = 107
"""The longest line of version 1, its CR LF included (proxy-protocol.txt, section 2.1)."""


async def read_header(connection: socket.socket) -> str:
    """Read the header; return the address that the proxy speaks for, empty for itself.

    A proxy speaks for itself in its health checks (`LOCAL`, or `UNKNOWN` in version 1).

    Raises:
        BadPayload: it is no header, or one that breaks off.
        OSError: the connection is lost.
    """
    try:
        data = await get_proxy(_Socket(connection))
    except EOFError:  # a proxy that looks whether the port is open, and goes
        raise BadPayload("no PROXY header", code="proxy_header") from None
    if not data.valid:
        raise BadPayload("no PROXY header", code="proxy_header")
    if data.command == V2_CMD.LOCAL or data.family not in {AF.INET, AF.INET6}:
        return ""
    return str(data.src_addr)


class _Socket:
    """Reads a socket as aiosmtpd's parser asks, and never ahead."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()

    async def read(self, n: int = 1) -> bytes:
        return await self._loop.sock_recv(self._connection, n)

    async def readexactly(self, n: int) -> bytes:
        read = bytearray()
        while len(read) < n:
            piece = await self.read(n - len(read))
            if not piece:
                raise asyncio.IncompleteReadError(bytes(read), n)
            read += piece
        return bytes(read)

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        read = bytearray()
        while not read.endswith(separator) and len(read) <= _V1_BYTES_MAX:
            read += await self.readexactly(1)
        return bytes(read)
