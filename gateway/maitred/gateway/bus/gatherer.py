"""Group commit at the doors: what comes while others are being stored is stored together.

A server that flushes every write flushes once for each message by itself, and four times for an
atomic batch of whatever size. So a few messages are stored one by one, side by side, and many in
one batch (`docs/performance.md`, "Doors").
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from maitred.contracts import limits
from maitred.contracts.errors import MaitredError, Permanent, StoreUnavailable
from maitred.gateway.bus import batch
from maitred.gateway.bus.batch import Conflict, Write
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.bus.rounds import Rounds, fail

BATCHED_MIN: Final = 12
"""From here on a batch is quicker than one message after another."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Message:
    """One message, until when its door waits, and where; the outcome tells a duplicate."""

    name: str
    write: Write
    deadline: float
    outcome: asyncio.Future[bool]


class Gatherer:
    """Stores messages in `stream`, each under its own name, several to a batch."""

    def __init__(
        self,
        publisher: Publisher,
        stream: str,
        *,
        timeout_ms: int = limits.PUBLISH_TIMEOUT_MS,
    ) -> None:
        self._publisher = publisher
        self._stream = stream
        self._timeout_s = timeout_ms / limits.SECOND_MS
        self._rounds = Rounds(f"gatherer {stream}", _together, self._store, timeout_ms=timeout_ms)
        self.batches = 0
        """How many batches were sent."""

    async def start(self) -> None:
        """Store from now on."""
        await self._rounds.start()

    async def stop(self) -> None:
        """Refuse new messages, finish what waits, and end."""
        await self._rounds.stop()

    async def store(
        self, subject: str, data: bytes, *, msg_id: str, headers: Mapping[str, str]
    ) -> bool:
        """Store one message under `msg_id`; return whether it was stored before.

        After StoreUnavailable the outcome is unknown: store it again with the same `msg_id`.

        Raises:
            StoreUnavailable: not confirmed in time.
            Permanent: the server will never take it.
        """
        loop = asyncio.get_running_loop()
        message = _Message(
            name=msg_id,
            write=Write(subject=subject, data=data, headers={**headers, "Nats-Msg-Id": msg_id}),
            deadline=loop.time() + self._timeout_s,
            outcome=loop.create_future(),
        )
        self._rounds.add(message)
        return await message.outcome

    async def _store(self, together: Sequence[_Message]) -> None:
        """Store a round; all in it know their outcome afterwards.

        The oldest message's time is the round's, so that nobody waits longer than his own.
        """
        left_s = together[0].deadline - asyncio.get_running_loop().time()
        left_ms = max(1, int(left_s * limits.SECOND_MS))
        try:
            if len(together) < BATCHED_MIN or not await self._batch(together, left_ms):
                await asyncio.gather(*(self._alone(one, left_ms) for one in together))
        except StoreUnavailable as error:
            fail(together, error)
        except Exception as error:  # noqa: BLE001  (a fault of ours ends a round, not all doors)
            _log.exception("gatherer_failed", stream=self._stream, error=type(error).__name__)
            fail(together, StoreUnavailable("the round failed"))

    async def _batch(self, together: Sequence[_Message], timeout_ms: int) -> bool:
        """Store all in one batch; false if the server refuses it, because of whichever."""
        self.batches += 1
        try:
            await batch.commit(
                self._publisher.connection,
                self._stream,
                [one.write for one in together],
                timeout_ms=timeout_ms,
            )
        except (Conflict, Permanent):
            return False
        for one in together:
            _succeed(one, duplicate=False)
        return True

    async def _alone(self, one: _Message, timeout_ms: int) -> None:
        try:
            ack = await self._publisher.publish(
                one.write.subject,
                one.write.data,
                msg_id=one.name,
                stream=self._stream,
                headers=one.write.headers,
                timeout_ms=timeout_ms,
            )
        except MaitredError as error:
            fail((one,), error)
        else:
            _succeed(one, duplicate=ack.duplicate)


def _together(waiting: deque[_Message]) -> list[_Message]:
    """Take from the left what fits into one batch, each name once."""
    found: list[_Message] = []
    names: set[str] = set()
    size = 0
    while waiting:
        one = waiting[0]
        size += one.write.size
        if found and (
            len(found) >= limits.BATCH_MESSAGES_MAX
            or size > limits.BATCH_BYTES_MAX
            or one.name in names
            or one.outcome.done()
        ):
            break
        found.append(waiting.popleft())
        names.add(one.name)
    return found


def _succeed(one: _Message, *, duplicate: bool) -> None:
    if not one.outcome.done():
        one.outcome.set_result(duplicate)
