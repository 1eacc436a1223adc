"""Group commit: transactions that are ready together share a batch.

A batch costs about the same whatever its size, and a stream writes one batch at a time: what
becomes ready while one is under way goes together in the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from maitred.contracts import limits
from maitred.contracts.errors import MaitredError, Permanent, StoreUnavailable
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus import batch
from maitred.gateway.bus.batch import AlreadyApplied, Conflict, Write
from maitred.gateway.bus.connection import Connection
from maitred.gateway.tasks import Tasks

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Transaction:
    """What one caller wants written, and where he waits."""

    writes: tuple[Write, ...]
    size: int
    touched: frozenset[str]
    expecting: frozenset[str]
    outcome: asyncio.Future[dict[str, int]]


class Committer:
    """Writes transactions to `stream` in the order of their arrival, several to a batch.

    Two that touch one subject, one of them with an expectation, never share a batch. When a
    batch is refused it is halved until the transaction at fault is alone; the others go through.
    """

    def __init__(
        self,
        connection: Connection,
        stream: str = JOURNAL,
        *,
        timeout_ms: int = limits.COMMIT_TIMEOUT_MS,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._timeout_ms = timeout_ms
        self._waiting: deque[_Transaction] = deque()
        self._ready = asyncio.Event()
        self._tasks = Tasks(self._failed)
        self._running = False
        self.batches = 0
        """How many batches were sent."""

    async def start(self) -> None:
        """Write from now on."""
        self._running = True
        self._tasks.start(f"committer {self._stream}", self._run())

    async def stop(self) -> None:
        """Refuse new transactions, finish what waits, and end."""
        self._running = False
        try:
            async with asyncio.timeout(self._timeout_ms / 1000):
                while waiting := [one.outcome for one in self._waiting]:
                    await asyncio.wait(waiting)
        except TimeoutError:
            _log.warning("committer_stopped_with_work", waiting=len(self._waiting))
        await self._tasks.stop(self._timeout_ms)
        self._give_up("the committer is stopped")

    async def commit(self, writes: Sequence[Write]) -> dict[str, int]:
        """Write all of `writes` or none; returns the new sequence of each subject.

        Where a subject is written several times, its last sequence counts.

        Raises:
            Conflict: a document does not stand where it was expected.
            AlreadyApplied: an entry is stored already.
            StoreUnavailable: not confirmed; whether it was written is unknown.
            Permanent: too large, or the server will never take it.
        """
        size = sum(write.size for write in writes)
        if len(writes) > limits.BATCH_MESSAGES_MAX or size > limits.BATCH_BYTES_MAX:
            raise Permanent(
                f"a transaction of {len(writes)} messages and {size} bytes", code="too_large"
            )
        if not writes:
            return {}
        if not self._running:
            raise StoreUnavailable("the committer is not running")
        transaction = _Transaction(
            writes=tuple(writes),
            size=size,
            touched=frozenset(write.subject for write in writes),
            expecting=frozenset(write.subject for write in writes if write.expected is not None),
            outcome=asyncio.get_running_loop().create_future(),
        )
        self._waiting.append(transaction)
        self._ready.set()
        return await transaction.outcome

    async def _run(self) -> None:
        while True:
            await self._ready.wait()
            group = self._next_group()
            if group:
                await self._write(group)
                for transaction in group:
                    self._waiting.remove(transaction)
            if not self._waiting:
                self._ready.clear()

    def _next_group(self) -> list[_Transaction]:
        """Choose from the front what fits into one batch."""
        while self._waiting and self._waiting[0].outcome.done():  # its caller was cancelled
            self._waiting.popleft()
        group: list[_Transaction] = []
        messages = size = 0
        touched: set[str] = set()
        expecting: set[str] = set()
        for one in self._waiting:
            messages += len(one.writes)
            size += one.size
            if group and (
                messages > limits.BATCH_MESSAGES_MAX
                or size > limits.BATCH_BYTES_MAX
                or len(group) >= limits.GROUP_INPUTS_MAX
                or one.expecting & touched
                or one.touched & expecting
                or one.outcome.done()
            ):
                break
            group.append(one)
            touched |= one.touched
            expecting |= one.expecting
        return group

    async def _write(self, group: Sequence[_Transaction]) -> None:
        writes = [write for one in group for write in one.writes]
        self.batches += 1
        try:
            first = await batch.commit(
                self._connection, self._stream, writes, timeout_ms=self._timeout_ms
            )
        except (Conflict, Permanent) as error:
            if len(group) == 1:
                _fail(group, error)
                return
            half = len(group) // 2
            await self._write(group[:half])
            await self._write(group[half:])
        except StoreUnavailable as error:
            _fail(group, error)
        else:
            _succeed(group, first)

    def _failed(self, name: str, error: BaseException) -> None:
        self._running = False
        _log.error("committer_failed", task=name, error=type(error).__name__)
        self._give_up("the committer failed")

    def _give_up(self, reason: str) -> None:
        _fail(self._waiting, StoreUnavailable(reason))
        self._waiting.clear()


def _succeed(group: Sequence[_Transaction], first: int) -> None:
    sequence = first
    for one in group:
        written: dict[str, int] = {}
        for write in one.writes:
            written[write.subject] = sequence
            sequence += 1
        if not one.outcome.done():
            one.outcome.set_result(written)


def _fail(group: Sequence[_Transaction] | deque[_Transaction], error: MaitredError) -> None:
    for one in group:
        if not one.outcome.done():
            one.outcome.set_exception(_again(error))


_PLAIN: Final = (AlreadyApplied, Conflict, StoreUnavailable)


def _again(error: MaitredError) -> MaitredError:
    """Make the error anew for each caller: a shared one would collect their tracebacks."""
    if isinstance(error, Permanent):
        return Permanent(str(error), code=error.code)
    kind = next((kind for kind in _PLAIN if isinstance(error, kind)), StoreUnavailable)
    return kind(str(error))
