"""Signalling: who is typing, and what was read, between customers and the agents who have them.

A door passes on what is signalled at an endpoint, and the gateway that dispatches, which knows who
holds the conversation, tells that agent. What an agent signals goes the other way, to all doors,
since the customer's socket may be at any of them. It is plain NATS without an answer: what nobody
hears is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Hashable
from typing import Final, Generic, TypeVar

import msgspec
import nats.errors
from nats.aio.msg import Msg

from maitred.connectors.bucket import Buckets
from maitred.connectors.port import Connector, Signalled
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.ids import AgentId, ConversationId, IdentifierKey
from maitred.contracts.limits import (
    SIGNAL_BYTES_MAX,
    SIGNAL_EVERY_MS,
    SIGNALLERS_MAX,
    SIGNALS_AT_ONCE_MAX,
    SIGNALS_WAITING_MAX,
)
from maitred.contracts.signals import Signal, SignalKind
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.connection import Connection
from maitred.gateway.holding import Holding

_ANY: Final = "*"
K = TypeVar("K", bound=Hashable)


class _Restraint(Generic[K]):
    """Lets a few signals of each signaller pass at once, and then one in a time."""

    def __init__(self) -> None:
        whole_ms = SIGNALS_AT_ONCE_MAX * SIGNAL_EVERY_MS
        self._buckets = Buckets[K](whole_ms, kept_max=SIGNALLERS_MAX)

    def lets_pass(self, signaller: K) -> bool:
        now = clock.monotonic_ms()
        return not self._buckets.of(signaller, now, SIGNALS_AT_ONCE_MAX).take(now)


class Relay:
    """Passes signals on between endpoints and agents, while this gateway is `in_charge`."""

    def __init__(self, backbone: Backbone, holding: Holding, in_charge: Callable[[], bool]) -> None:
        self._connection = backbone.connection
        self._subjects = backbone.subjects
        self._holding = holding
        self._in_charge = in_charge
        self._restraint = _Restraint[tuple[str, ConversationId]]()

    async def start(self) -> None:
        """Listen from now on, for as long as the connection lasts.

        Raises:
            StoreUnavailable: the connection is closed.
        """
        await self._connection.subscribe(self._subjects.signal_said(_ANY), self._said)
        await self._connection.subscribe(self._subjects.signal_from(_ANY, _ANY), self._seen)

    async def _said(self, message: Msg) -> None:
        """Tell the customer's doors what an agent signals, if he holds the conversation."""
        signal = _signal(message.data)
        if signal is None or signal.conversation is None or not self._in_charge():
            return
        held = self._holding.of(signal.conversation)
        agent = AgentId(message.subject.rpartition(".")[2])
        if held is None or (held.agent, held.epoch) != (agent, signal.epoch):
            return
        if self._restraint.lets_pass((agent, held.conversation)):
            to = self._subjects.signal_to(held.channel, held.endpoint)
            await _pass_on(self._connection, to, signal)

    async def _seen(self, message: Msg) -> None:
        """Tell whoever has a customer's conversations what is signalled where he reads."""
        signal = _signal(message.data)
        if signal is None or not self._in_charge():
            return
        channel, endpoint = message.subject.split(".")[-2:]
        for held in self._holding.at(channel, IdentifierKey(endpoint)):
            if self._restraint.lets_pass((held.endpoint, held.conversation)):
                told = Signal(kind=signal.kind, conversation=held.conversation, epoch=held.epoch)
                await _pass_on(self._connection, self._subjects.signal_heard(held.agent), told)


class ChannelSignals:
    """The signals of one channel; connectors have them as `Context.signals`."""

    def __init__(self, backbone: Backbone, channel: str) -> None:
        self._connection = backbone.connection
        self._subjects = backbone.subjects
        self._channel = channel
        self._restraint = _Restraint[IdentifierKey]()

    async def typing(self, endpoint: IdentifierKey) -> None:
        """Let whoever holds the conversation with an endpoint know that somebody types there."""
        if self._restraint.lets_pass(endpoint):
            where = self._subjects.signal_from(self._channel, endpoint)
            await _pass_on(self._connection, where, Signal(kind=SignalKind.TYPING))

    async def follow(self) -> AsyncIterator[Signalled]:
        """Yield what agents signal to endpoints of this channel, from now on.

        Raises:
            StoreUnavailable: the connection is closed.
        """
        waiting: asyncio.Queue[Signalled] = asyncio.Queue(SIGNALS_WAITING_MAX)

        async def take(message: Msg) -> None:
            signal = _signal(message.data)
            if signal is not None:
                endpoint = IdentifierKey(message.subject.rpartition(".")[2])
                with contextlib.suppress(asyncio.QueueFull):
                    waiting.put_nowait(Signalled(endpoint, signal.kind, signal.message))

        where = self._subjects.signal_to(self._channel, _ANY)
        subscription = await self._connection.subscribe(where, take)
        try:
            while True:
                yield await waiting.get()
        finally:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()


def signals_of(backbone: Backbone, connector: type[Connector]) -> ChannelSignals | None:
    """Return the signals of a channel that can show who is typing; others have none."""
    if not connector.capabilities.typing:
        return None
    return ChannelSignals(backbone, connector.channel)


async def _pass_on(connection: Connection, subject: str, signal: Signal) -> None:
    with contextlib.suppress(StoreUnavailable):
        await connection.publish(subject, msgspec.json.encode(signal))


def _signal(data: bytes) -> Signal | None:
    """Read a signal; what is none of ours, or says nothing, is nothing."""
    if len(data) > SIGNAL_BYTES_MAX:
        return None
    try:
        signal = msgspec.json.decode(data, type=Signal)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    says_something = signal.kind is SignalKind.TYPING or (
        signal.kind is SignalKind.READ and signal.message is not None
    )
    return signal if says_something else None
