"""The listeners: each takes connections, hears its proxy, and lets a session begin.

Connections are taken one by one, rather than by asyncio's own server, since a PROXY header stands
before TLS, and since each connection is to have the certificate that is current when it opens.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from maitred.connectors.binding import cannot_listen
from maitred.connectors.email.incoming import Place
from maitred.connectors.email.networks import Networks, inside
from maitred.connectors.email.protocol import StrictSMTP
from maitred.connectors.email.proxy import read_header
from maitred.connectors.email.sessions import TOO_MANY_SESSIONS, Sessions
from maitred.connectors.email.tls import Certificate
from maitred.contracts.errors import BadPayload, ConfigurationError

UNIX_PEER: Final = "unix"
"""Stands for whoever comes through a Unix socket, which its file's mode guards."""
_BACKLOG: Final = 1_024
_PROXY_HEADER_S: Final = 5.0
_HANDSHAKE_S: Final = 30.0
_PAUSE_S: Final = 0.5
"""How long to wait if the system has no descriptor left; the kernel keeps who is waiting."""
_SOCKET_MODE: Final = 0o660


@dataclass(frozen=True, slots=True)
class Porter:
    """Who may come in, and what a session is made of."""

    sessions: Sessions
    session: Callable[[Place, str], StrictSMTP]
    proxies: Networks
    certificate: Certificate | None
    refused: Callable[[str, str], None]


class Listening:
    """All listeners of the channel."""

    def __init__(self, places: tuple[Place, ...], porter: Porter) -> None:
        self._places = places
        self._porter = porter
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._arriving: set[asyncio.Task[None]] = set()

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each TCP socket that listens."""
        names = (each.getsockname() for each in self._sockets)
        return tuple(name[:2] for name in names if isinstance(name, tuple))

    async def start(self) -> None:
        """Listen at every place.

        Raises:
            ConfigurationError: one cannot be had; then none is held.
        """
        try:
            for place in self._places:
                for bound in await _bound(place):
                    self._sockets.append(bound)
                    task = asyncio.get_running_loop().create_task(self._take(bound, place))
                    self._tasks.add(task)
        except ConfigurationError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Take nobody any more; who is in stays."""
        for task in (*self._tasks, *self._arriving):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._arriving, return_exceptions=True)
        self._tasks.clear()
        for each in self._sockets:
            _unbind(each)
        self._sockets.clear()

    async def _take(self, listener: socket.socket, place: Place) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listener)
            except OSError:
                await asyncio.sleep(_PAUSE_S)
                continue
            if len(self._arriving) >= self._porter.sessions.sessions_max:
                _turn_away(connection, place, TOO_MANY_SESSIONS)
                continue
            task = loop.create_task(self._let_in(connection, address, place))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    async def _let_in(self, connection: socket.socket, address: Any, place: Place) -> None:  # noqa: ANN401  (what a socket's address is depends on its family)
        porter = self._porter
        peer = str(address[0]) if isinstance(address, tuple) else UNIX_PEER
        try:
            if inside(peer, porter.proxies):
                async with asyncio.timeout(_PROXY_HEADER_S):
                    peer = await read_header(connection) or peer
        except (TimeoutError, OSError, BadPayload):
            porter.refused("", "proxy_header")
            connection.close()
            return
        except asyncio.CancelledError:
            connection.close()
            raise
        if words := porter.sessions.enter(peer):
            porter.refused("", "too_many_connections")
            _turn_away(connection, place, words)
            return
        await self._begin(connection, peer, place)

    async def _begin(self, connection: socket.socket, peer: str, place: Place) -> None:
        porter = self._porter
        session = porter.session(place, peer)
        secured = porter.certificate if place.implicit_tls else None
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: session,
                connection,
                ssl=secured.context() if secured else None,
                ssl_handshake_timeout=_HANDSHAKE_S if secured else None,
            )
        except OSError:  # TLS that fails, or a peer that left before it stood
            porter.refused("", "tls_handshake")
        finally:
            # A session that never began gives its place back here, others when they end.
            if session.transport is None and not session.has_left:
                session.leave()


def _unbind(bound: socket.socket) -> None:
    name = bound.getsockname()
    bound.close()
    if isinstance(name, str):
        Path(name).unlink(missing_ok=True)


def _turn_away(connection: socket.socket, place: Place, words: str) -> None:
    if not place.implicit_tls:
        with contextlib.suppress(OSError):
            connection.send(words.encode() + b"\r\n")
    connection.close()


async def _bound(place: Place) -> list[socket.socket]:
    try:
        return await _bind(place)
    except OSError as error:
        raise ConfigurationError(cannot_listen(place.setting, str(place), error)) from None


async def _bind(place: Place) -> list[socket.socket]:
    if place.path:
        return [_bind_file(Path(place.path))]
    found = await asyncio.get_running_loop().getaddrinfo(
        place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    bound: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            bound.append(socket.create_server(address, family=family, backlog=_BACKLOG))
            bound[-1].setblocking(False)
    except OSError:
        for each in bound:
            each.close()
        raise
    return bound


def _bind_file(path: Path) -> socket.socket:
    """Listen at a file; what a process that was killed has left there is taken away."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.stat().st_mode):
            path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(path))
        path.chmod(_SOCKET_MODE)
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound
