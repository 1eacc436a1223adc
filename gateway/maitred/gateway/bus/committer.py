"""Group commit: transactions that are ready together share a batch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from maitred.contracts import limits
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus import batch
from maitred.gateway.bus.batch import Conflict, Write
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.rounds import Rounds, fail


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
        self._rounds = Rounds(
            f"committer {stream}", _next_group, self._write, timeout_ms=timeout_ms
        )
        self.batches = 0
        """How many batches were sent."""

    async def start(self) -> None:
        """Write from now on."""
        await self._rounds.start()

    async def stop(self) -> None:
        """Refuse new transactions, finish what waits, and end."""
        await self._rounds.stop()

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
        transaction = _Transaction(
            writes=tuple(writes),
            size=size,
            touched=frozenset(write.subject for write in writes),
            expecting=frozenset(write.subject for write in writes if write.expected is not None),
            outcome=asyncio.get_running_loop().create_future(),
        )
        self._rounds.add(transaction)
        return await transaction.outcome

    async def _write(self, group: Sequence[_Transaction]) -> None:
        writes = [write for one in group for write in one.writes]
        self.batches += 1
        try:
            first = await batch.commit(
                self._connection, self._stream, writes, timeout_ms=self._timeout_ms
            )
        except (Conflict, Permanent) as error:
            if len(group) == 1:
                fail(group, error)
                return
            half = len(group) // 2
            await self._write(group[:half])
            await self._write(group[half:])
        except StoreUnavailable as error:
            fail(group, error)
        else:
            _succeed(group, first)


def _next_group(waiting: deque[_Transaction]) -> list[_Transaction]:
    """Take from the left what fits into one batch."""
    group: list[_Transaction] = []
    messages = size = 0
    touched: set[str] = set()
    expecting: set[str] = set()
    while waiting:
        one = waiting[0]
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
        group.append(waiting.popleft())
        touched |= one.touched
        expecting |= one.expecting
    return group


def _succeed(group: Sequence[_Transaction], first: int) -> None:
    sequence = first
    for one in group:
        written: dict[str, int] = {}
        for write in one.writes:
            written[write.subject] = sequence
            sequence += 1
        if not one.outcome.done():
            one.outcome.set_result(written)
