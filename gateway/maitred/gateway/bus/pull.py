"""Reading a stream in order: nothing lost, nothing twice, quick to go on after a failure.

The consumer is a throw-away of the server's memory without acknowledgements; what was read is
known here alone (and, for a loop, in its position document). So every trouble has one answer: a
new consumer that starts after the last message received.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import nats.errors
import orjson
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from maitred.contracts import limits
from maitred.contracts.errors import MaitredError, Permanent, StoreUnavailable
from maitred.gateway.bus.api import ApiError
from maitred.gateway.bus.connection import Connection, status_of
from maitred.gateway.bus.streams import last_sequence

BUFFER_MESSAGES_MAX: Final = 2 * limits.PULL_MESSAGES_MAX
_REQUEST_BYTES_MAX: Final = 8 * limits.MIB
_HEARTBEAT_MS: Final = 500
_SILENCE_MS: Final = 3 * _HEARTBEAT_MS
_EXPIRES_MS: Final = 5_000
_INACTIVE_MS: Final = 30_000
_RETRY_S: Final = 0.2
_CREATE_TIMEOUT_MS: Final = 2_000
_NS: Final = 1_000_000
_DELIVERY_TOKENS: Final = 9
_ENDS_REQUEST: Final = frozenset({"404", "408"})
_SERVER_FAULT: Final = 500
_CONFLICT: Final = "409"
_LIMIT_REACHED: Final = ("message size exceeds maxbytes", "batch completed")
"""Descriptions of a 409 that ends a request and not the consumer (ADR-37)."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """One stored message; `time_ms` is the server's, `pending` how many match after it."""

    stream_seq: int
    subject: str
    headers: Mapping[str, str]
    data: bytes
    time_ms: int
    pending: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the acknowledgement subject of a message says about it."""

    consumer: str
    stream_seq: int
    consumer_seq: int
    time_ms: int
    pending: int


def delivery_of(reply: str) -> Delivery | None:
    """Read `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<n>.<seq>.<cseq>.<ns>.<pending>`."""
    tokens = reply.split(".")
    if len(tokens) < _DELIVERY_TOKENS or tokens[:2] != ["$JS", "ACK"]:
        return None
    first = 2 if len(tokens) == _DELIVERY_TOKENS else 4
    try:
        return Delivery(
            consumer=tokens[first + 1],
            stream_seq=int(tokens[first + 3]),
            consumer_seq=int(tokens[first + 4]),
            time_ms=int(tokens[first + 5]) // _NS,
            pending=int(tokens[first + 6]),
        )
    except (IndexError, ValueError):
        return None


class Pull:
    """Reads what matches `subjects` in `stream`, in stream order, from after sequence `after`.

    `after` None starts with what is stored from now on. At most `BUFFER_MESSAGES_MAX` messages
    wait in memory. `name` appears in the consumer's name.
    """

    def __init__(
        self,
        connection: Connection,
        stream: str,
        subjects: Sequence[str],
        *,
        after: int | None,
        name: str,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._subjects = list(subjects)
        self._name = name
        self.latest: int = after or 0
        """The last sequence handed out."""
        self._received: int | None = after
        self._buffer: deque[Received] = deque()
        self._wake = asyncio.Event()
        self._consumer = ""
        self._inbox = ""
        self._consumer_seq = 0
        self._subscription: Subscription | None = None
        self._forget: tuple[Callable[[], None], ...] = ()
        self._under_way = 0
        self._heard = 0.0
        self._made = float("-inf")
        self._sound = False
        self._failure: MaitredError | None = None
        self._closed = False
        self.consumers = 0
        """How many consumers were made so far; more than one tells of trouble."""

    async def batches(self) -> AsyncIterator[list[Received]]:
        """Yield what has arrived, 1 to `PULL_MESSAGES_MAX` messages, as soon as there is any.

        Raises:
            Permanent: the stream does not exist, or went back behind what was read
                (code `stream_went_back`).
        """
        await self._attach()
        try:
            while not self._closed:
                if self._buffer:
                    batch = self._take()
                    if self._sound:
                        await self._ask()
                    yield batch
                elif self._failure is not None:
                    raise self._failure
                else:
                    await self._advance()
        finally:
            await self._detach()

    def take(self, count: int) -> list[Received]:
        """Return up to `count` messages that have come already, without waiting."""
        return self._take(count) if self._buffer else []

    async def more(self) -> None:
        """Wait until something has come, or `poke` or `end` is called."""
        if not self._buffer and not self._closed:
            self._wake.clear()
            await self._wake.wait()

    def poke(self) -> None:
        """Let `more` return."""
        self._wake.set()

    def end(self) -> None:
        """End `batches` soon; what it has not yielded yet is not yielded any more."""
        self._closed = True
        self._wake.set()

    async def close(self) -> None:
        """End `batches` and let go of the consumer."""
        self.end()
        await self._detach()

    # -- the reader's side -------------------------------------------------------------------
    async def _attach(self) -> None:
        self._inbox = self._connection.client.new_inbox()
        self._subscription = await self._connection.subscribe(f"{self._inbox}.*", self._arrived)
        self._forget = (
            self._connection.on_disconnect(self._unsound),
            self._connection.on_reconnect(self._wake.set),
        )

    async def _detach(self) -> None:
        forget, self._forget = self._forget, ()
        for take_back in forget:
            take_back()
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()
        await self._drop_consumer()

    def _take(self, count: int = limits.PULL_MESSAGES_MAX) -> list[Received]:
        count = min(len(self._buffer), count)
        batch = [self._buffer.popleft() for _ in range(count)]
        self.latest = batch[-1].stream_seq
        return batch

    async def _advance(self) -> None:
        """Make the consumer if there is none, ask it for more, and wait until something comes."""
        self._wake.clear()
        wait_s = _SILENCE_MS / 1000
        try:
            if not self._connection.connected:
                self._sound = False
            elif self._sound:
                await self._ask()
            else:
                pause = self._made + _RETRY_S - asyncio.get_running_loop().time()
                if pause > 0:  # the last one went bad at once: do not whirl
                    await asyncio.sleep(pause)
                await self._make_consumer()
        except StoreUnavailable as error:
            self._sound = False
            wait_s = _RETRY_S
            _log.info("pull_waits_for_the_store", stream=self._stream, reason=str(error))
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            quiet_s = asyncio.get_running_loop().time() - self._heard
            if self._sound and self._under_way and quiet_s > _SILENCE_MS / 1000:
                self._unsound()

    async def _make_consumer(self) -> None:
        await self._drop_consumer()
        if self._received is None:
            self._received = await last_sequence(self._connection, self._stream)
            self.latest = self._received
        consumer = f"{self._name}-{self._connection.fresh_name()}"
        config: dict[str, Any] = {
            "name": consumer,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self._received + 1,
            "ack_policy": "none",
            "replay_policy": "instant",
            "filter_subjects": self._subjects,
            "inactive_threshold": _INACTIVE_MS * _NS,
            "mem_storage": True,
            "num_replicas": 1,
        }
        body = {"stream_name": self._stream, "config": config, "action": "create"}
        try:
            await self._connection.api(
                f"CONSUMER.CREATE.{self._stream}.{consumer}", body, timeout_ms=_CREATE_TIMEOUT_MS
            )
        except ApiError as error:
            if error.code >= _SERVER_FAULT:
                raise StoreUnavailable(str(error)) from error
            raise Permanent(str(error), code=f"nats_{error.err_code}") from error
        self.consumers += 1
        self._made = asyncio.get_running_loop().time()
        self._consumer = consumer
        self._consumer_seq = 0
        self._under_way = 0
        self._sound = True
        await self._ask()

    async def _ask(self) -> None:
        """Ask for as many messages as there is room for, once half of a request has come."""
        half = limits.PULL_MESSAGES_MAX // 2
        room = BUFFER_MESSAGES_MAX - len(self._buffer) - self._under_way
        if self._under_way >= half or room < half:
            return
        count = min(room, limits.PULL_MESSAGES_MAX)
        if self._under_way == 0:
            self._heard = asyncio.get_running_loop().time()
        body = {
            "batch": count,
            "max_bytes": _REQUEST_BYTES_MAX,
            "expires": _EXPIRES_MS * _NS,
            "idle_heartbeat": _HEARTBEAT_MS * _NS,
        }
        self._under_way += count
        try:
            await self._connection.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}",
                orjson.dumps(body),
                reply=f"{self._inbox}.{self._consumer}",
            )
        except StoreUnavailable:
            self._unsound()

    async def _drop_consumer(self) -> None:
        """Ask the server to forget the consumer; it does so by itself after a while."""
        consumer, self._consumer = self._consumer, ""
        self._sound = False
        if consumer:
            with contextlib.suppress(StoreUnavailable):
                await self._connection.publish(
                    f"$JS.API.CONSUMER.DELETE.{self._stream}.{consumer}",
                    b"",
                    reply=f"{self._inbox}.gone",
                )

    def _unsound(self) -> None:
        self._sound = False
        self._wake.set()

    # -- the server's side ---------------------------------------------------------------------
    async def _arrived(self, message: Msg) -> None:
        status = status_of(message)
        if status and not message.data:
            if message.subject == f"{self._inbox}.{self._consumer}" and self._consumer:
                self._told(status, message.headers or {})
            return
        delivery = delivery_of(message.reply)
        if delivery is None or delivery.consumer != self._consumer or not self._sound:
            return
        self._heard = asyncio.get_running_loop().time()
        if delivery.consumer_seq != self._consumer_seq + 1:
            self._unsound()
            return
        if delivery.stream_seq <= (self._received or 0):
            self._failure = Permanent(
                f"stream {self._stream} went back from {self._received} to {delivery.stream_seq}",
                code="stream_went_back",
            )
            self._unsound()
            return
        self._consumer_seq = delivery.consumer_seq
        self._received = delivery.stream_seq
        self._under_way = max(0, self._under_way - 1)
        self._buffer.append(
            Received(
                stream_seq=delivery.stream_seq,
                subject=message.subject,
                headers=message.headers or {},
                data=message.data,
                time_ms=delivery.time_ms,
                pending=delivery.pending,
            )
        )
        self._wake.set()

    def _told(self, status: str, headers: Mapping[str, str]) -> None:
        """Take a word of the server about a pull request (ADR-37)."""
        self._heard = asyncio.get_running_loop().time()
        description = headers.get("Description", "").lower()
        if status == "100":
            last = headers.get("Nats-Last-Consumer")
            if last is not None and int(last) != self._consumer_seq:
                self._unsound()  # a message was sent that never came here
        elif status in _ENDS_REQUEST or (
            status == _CONFLICT and description.startswith(_LIMIT_REACHED)
        ):
            left = int(headers.get("Nats-Pending-Messages", self._under_way))
            self._under_way = max(0, self._under_way - left)
            self._wake.set()
        else:
            self._unsound()  # deleted, without a leader, or unknown: make a new one
