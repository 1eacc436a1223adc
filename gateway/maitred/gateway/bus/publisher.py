"""Publishing: many messages under way at once, each with its own outcome and time-out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts import limits
from maitred.contracts.errors import MaitredError, Permanent, StoreUnavailable
from maitred.gateway.bus.connection import Connection

_SERVER_FAULT: Final = 500
_ROLLUP_NOT_PERMITTED: Final = 10111
"""Comes as a 500, but no repetition helps."""


@dataclass(frozen=True, slots=True)
class PubAck:
    """Where a message stands; `duplicate` when its `Nats-Msg-Id` was stored before."""

    stream: str
    seq: int
    duplicate: bool = False


class AckError(msgspec.Struct, frozen=True):
    """Why the server did not store a message."""

    code: int = 0
    err_code: int = 0
    description: str = ""


class Ack(msgspec.Struct, frozen=True):
    """The server's answer to a message or to the last one of a batch."""

    stream: str = ""
    seq: int = 0
    duplicate: bool = False
    count: int = 0
    error: AckError | None = None


_ack_decoder: Final = msgspec.json.Decoder(Ack)


def decode_ack(data: bytes) -> Ack:
    """Read the server's answer to a message.

    Raises:
        StoreUnavailable: it is not such an answer, so the outcome is unknown.
    """
    try:
        return _ack_decoder.decode(data)
    except msgspec.DecodeError as error:
        raise StoreUnavailable("the answer is not JetStream's: outcome unknown") from error


def error_of(refusal: AckError) -> MaitredError:
    """Map a refusal to our error: 5xx may pass, everything else stays as it is."""
    text = f"JetStream answered {refusal.code}, {refusal.err_code}: {refusal.description}"
    if refusal.code >= _SERVER_FAULT and refusal.err_code != _ROLLUP_NOT_PERMITTED:
        return StoreUnavailable(text)
    return Permanent(text, code=f"nats_{refusal.err_code}")


def ttl(ttl_ms: int) -> str:
    """Return `ttl_ms` as a `Nats-TTL` header: whole seconds, rounded up, at least one (ADR-43)."""
    return f"{max(1, -(-ttl_ms // limits.SECOND_MS))}s"


class Publisher:
    """Stores messages; at most `window` are under way, further callers wait their turn.

    The wait for a turn counts against `timeout_ms`.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        window: int = limits.PUBLISH_WINDOW_MAX,
        timeout_ms: int = limits.PUBLISH_TIMEOUT_MS,
    ) -> None:
        self.connection = connection
        self._turns = asyncio.Semaphore(window)
        self._timeout_ms = timeout_ms
        self._open = True

    async def start(self) -> None:
        """Take messages from now on."""
        self._open = True

    async def stop(self) -> None:
        """Refuse new messages; those under way end by themselves."""
        self._open = False

    async def publish(
        self,
        subject: str,
        data: bytes,
        *,
        msg_id: str,
        stream: str,
        headers: Mapping[str, str] | None = None,
        ttl_ms: int | None = None,
        timeout_ms: int | None = None,
    ) -> PubAck:
        """Store one message under `msg_id` in `stream`, within `timeout_ms` if it is given.

        After StoreUnavailable the outcome is unknown: publish again with the same `msg_id`.

        Raises:
            StoreUnavailable: not confirmed in time.
            Permanent: the server will never take it.
        """
        sent = {**(headers or {}), "Nats-Msg-Id": msg_id, "Nats-Expected-Stream": stream}
        if ttl_ms is not None:
            sent["Nats-TTL"] = ttl(ttl_ms)
        if not self._open:
            raise StoreUnavailable("the publisher is stopped")
        deadline = asyncio.get_running_loop().time() + (timeout_ms or self._timeout_ms) / 1000
        try:
            async with asyncio.timeout_at(deadline):
                await self._turns.acquire()
        except TimeoutError as error:
            raise StoreUnavailable("too many messages are under way") from error
        try:
            left_ms = int((deadline - asyncio.get_running_loop().time()) * 1000)
            answer = await self.connection.request(
                subject, data, headers=sent, timeout_ms=max(1, left_ms)
            )
        finally:
            self._turns.release()
        ack = decode_ack(answer.data)
        if ack.error is not None:
            raise error_of(ack.error)
        return PubAck(stream=ack.stream, seq=ack.seq, duplicate=ack.duplicate)
