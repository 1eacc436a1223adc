"""Who is here: every visitor's connections, and how replies find them."""

from __future__ import annotations

import asyncio
from typing import Final

from maitred.connectors.bucket import Bucket, Buckets
from maitred.connectors.chat.frames import AgentRead, AgentTyping, write
from maitred.connectors.chat.socket import ChatSocket
from maitred.connectors.port import Context, Reply, Signalled, Signals
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import (
    CHAT_FRAMES_PER_MINUTE_MAX,
    MINUTE_MS,
    PROOFS_PER_SESSION_MAX,
)
from maitred.contracts.proofs import Proof
from maitred.contracts.signals import SignalKind

TRY_AGAIN_LATER: Final = 1013
"""Close code registered with IANA after RFC 6455."""

_CHANNEL: Final = "chat"
_FOLLOW_AGAIN_S: Final = 1.0


class Presence:
    """The connections, by visitor; a visitor may have several (tabs)."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._here: dict[IdentifierKey, set[ChatSocket]] = {}
        self._buckets = Buckets[IdentifierKey](MINUTE_MS)

    def arrive(self, socket: ChatSocket, key: IdentifierKey) -> Bucket:
        """Note a visitor's connection; return the bucket that all his connections share."""
        socket.key = key
        self._here.setdefault(key, set()).add(socket)
        return self.bucket(key)

    def bucket(self, key: IdentifierKey) -> Bucket:
        """Return the bucket of all that a visitor says.

        It outlives his connections, so that reconnecting does not fill it.
        """
        return self._buckets.of(key, self._context.clock(), CHAT_FRAMES_PER_MINUTE_MAX)

    def leave(self, socket: ChatSocket) -> None:
        """Forget a connection."""
        if socket.key is None:
            return
        tabs = self._here.get(socket.key, set())
        tabs.discard(socket)
        if not tabs:
            self._here.pop(socket.key, None)

    def prove(self, key: IdentifierKey, proof: Proof) -> None:
        """Let all connections of a visitor know what he proved at one of them."""
        for socket in self._here.get(key, ()):
            others = (each for each in socket.proofs if each.stands_beside(proof))
            socket.proofs = (*others, proof)[-PROOFS_PER_SESSION_MAX:]

    async def catch_up(self, socket: ChatSocket) -> None:
        """Send what a connection has not seen, then what came meanwhile.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        if socket.key is not None:
            missed = await self._context.outbox.since(_CHANNEL, socket.key, socket.seen)
            await socket.release(missed)

    async def follow(self) -> None:
        """Hand every reply to its visitor's connections, for ever.

        When the store drops us, replies may pass unseen. So each connection is held until it has
        been brought up to date, as after a hello.
        """
        while True:
            try:
                async for reply in self._context.outbox.follow(_CHANNEL):
                    self._hand_out(reply)
            except StoreUnavailable:
                self._context.refused("", "replies_interrupted")
            await asyncio.sleep(_FOLLOW_AGAIN_S)
            for socket in self._all():
                socket.hold()
            self._context.spawn("chat.catch_up", self._catch_up_all())

    async def follow_signals(self, signals: Signals) -> None:
        """Hand what agents signal to the connections of whom it is for, for ever."""
        while True:
            try:
                async for signalled in signals.follow():
                    self._show(signalled)
            except StoreUnavailable:
                self._context.refused("", "signals_interrupted")
            await asyncio.sleep(_FOLLOW_AGAIN_S)

    def _show(self, signalled: Signalled) -> None:
        frame = _frame(signalled)
        sockets = self._here.get(signalled.endpoint)
        if frame is not None and sockets:
            text = write(frame)
            for socket in tuple(sockets):
                socket.hint(text)

    def _hand_out(self, reply: Reply) -> None:
        for socket in tuple(self._here.get(reply.outbound.to.key, ())):
            socket.offer(reply)

    async def _catch_up_all(self) -> None:
        for socket in self._all():
            try:
                await self.catch_up(socket)
            except StoreUnavailable:
                socket.close(TRY_AGAIN_LATER)

    def _all(self) -> list[ChatSocket]:
        return [socket for tabs in self._here.values() for socket in tabs]


def _frame(signalled: Signalled) -> AgentTyping | AgentRead | None:
    if signalled.kind is SignalKind.TYPING:
        return AgentTyping()
    if signalled.kind is SignalKind.READ and signalled.message is not None:
        return AgentRead(message=signalled.message)
    return None
