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
RESERVED_PART: Final = 10
"""One connection in so many is kept for those who carry the mail of many.

Whoever has many addresses, as anybody has with IPv6, is many peers.
"""
TOO_OFTEN: Final = "421 4.7.0 Too many connections in a minute, try again later"


@dataclass(slots=True)
class Sessions:
    """The connections that are open and the bytes they hold, each under a bound."""

    sessions_max: int
    per_peer_max: int
    bytes_max: int
    peer_bytes_max: int
    unbounded: Callable[[str], bool]
    """Peers that carry the mail of many, and so are not bounded one by one."""
    may_connect: Callable[[str], bool]
    """Whether a peer does not come too often; counts that it came."""
    count: int = 0
    bytes_held: int = 0
    open: set[StrictSMTP] = field(default_factory=set)
    peers: Counter[str] = field(default_factory=Counter)
    held_by: Counter[str] = field(default_factory=Counter)
    """The bytes that peers hold who are bounded one by one."""
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, peer: str) -> str:
        """Count one more connection of `peer`; return the words that refuse it, or nothing."""
        name = neighbourhood(peer)
        bounded = not self.unbounded(peer)
        kept_free = self.sessions_max // RESERVED_PART if bounded else 0
        if self.count >= self.sessions_max - kept_free:
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

    def has_room(self, peer: str, more: int) -> bool:
        """Tell whether a peer may hold so many bytes more."""
        if self.bytes_held + more > self.bytes_max:
            return False
        return self.unbounded(peer) or self.held_by[neighbourhood(peer)] + more <= (
            self.peer_bytes_max
        )


class Held:
    """What has come of one mail, counted against what all connections, and the peer's, may hold."""

    def __init__(self, sessions: Sessions, peer: str) -> None:
        self._sessions = sessions
        self._peer = "" if sessions.unbounded(peer) else neighbourhood(peer)
        # Not a list of lines: an empty one would take twenty times its bytes.
        self._content = bytearray()
        self._bytes = 0

    def add(self, line: bytes) -> bool:
        """Keep a line if there is room."""
        sessions, size = self._sessions, len(line)
        if sessions.bytes_held + size > sessions.bytes_max:
            return False
        if self._peer:
            if sessions.held_by[self._peer] + size > sessions.peer_bytes_max:
                return False
            sessions.held_by[self._peer] += size
        self._content += line
        self._bytes += size
        sessions.bytes_held += size
        return True

    def take(self) -> bytes:
        """Return the mail; it counts until `release`."""
        content = bytes(self._content)
        self._content.clear()
        return content

    def release(self) -> None:
        """Give the room back."""
        self._sessions.bytes_held -= self._bytes
        if self._peer:
            self._sessions.held_by[self._peer] -= self._bytes
            if not self._sessions.held_by[self._peer]:
                del self._sessions.held_by[self._peer]
        self._bytes = 0
        self._content.clear()
