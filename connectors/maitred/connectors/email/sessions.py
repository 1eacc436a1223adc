"""The connections that are open: how many, whose, and what they hold in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from maitred.connectors.email.rates import neighbourhood

if TYPE_CHECKING:
    from maitred.connectors.email.protocol import StrictSMTP

TOO_MANY_SESSIONS: Final = "421 4.3.2 Too many connections, try again later"
TOO_OFTEN: Final = "421 4.7.0 Too many connections in a minute, try again later"


@dataclass(slots=True)
class Sessions:
    """The connections that are open and the bytes they hold, each under a bound."""

    sessions_max: int
    per_peer_max: int
    bytes_max: int
    unbounded: Callable[[str], bool]
    """Peers that carry the mail of many, and so are not bounded one by one."""
    may_connect: Callable[[str], bool]
    """Whether a peer does not come too often; counts that it came."""
    count: int = 0
    bytes_held: int = 0
    open: set[StrictSMTP] = field(default_factory=set)
    peers: Counter[str] = field(default_factory=Counter)
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, peer: str) -> str:
        """Count one more connection of `peer`; return the words that refuse it, or nothing."""
        name = neighbourhood(peer)
        bounded = not self.unbounded(peer)
        if self.count >= self.sessions_max:
            return TOO_MANY_SESSIONS
        if bounded and self.peers[name] >= self.per_peer_max:
            return TOO_MANY_SESSIONS
        if bounded and not self.may_connect(peer):
            return TOO_OFTEN
        self.count += 1
        self.peers[name] += 1
        self.empty.clear()
        return ""

    def leave(self, peer: str) -> None:
        """Forget a connection that closed."""
        name = neighbourhood(peer)
        self.count -= 1
        self.peers[name] -= 1
        if not self.peers[name]:
            del self.peers[name]
        if not self.count:
            self.empty.set()


class Held:
    """The lines of one mail, counted against what all connections may hold together."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lines: list[bytes] = []
        self._bytes = 0

    def add(self, line: bytes) -> bool:
        """Keep a line if there is room."""
        if self._sessions.bytes_held + len(line) > self._sessions.bytes_max:
            return False
        self._lines.append(line)
        self._bytes += len(line)
        self._sessions.bytes_held += len(line)
        return True

    def take(self) -> bytes:
        """Return the mail; it counts until `release`."""
        content = b"".join(self._lines)
        self._lines.clear()
        return content

    def release(self) -> None:
        """Give the room back."""
        self._sessions.bytes_held -= self._bytes
        self._bytes = 0
        self._lines.clear()
