"""Notebook: what one channel's delivery writes into the journal; a store that is away delays it.

What this process wrote is told from what another one did by a header, so that after an answer that
never came it is found out what was written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
import structlog

from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import batch
from maitred.gateway.bus.batch import Conflict, Write
from maitred.gateway.bus.lease import Lease
from maitred.gateway.bus.reads import Stored, get_last
from maitred.gateway.journal.stage import Fenced

log = structlog.get_logger(__name__)
T = TypeVar("T")
_WRITER: Final = "Maitred-Writer"
"""The header that tells what this process wrote from what another one did."""
_RETRY_S: Final = 0.1


class Notebook:
    """Writes for one stage while its lease is held, and reads with patience."""

    def __init__(self, stage: str, backbone: Backbone, lease: Lease) -> None:
        self._stage = stage
        self._backbone = backbone
        self._lease = lease
        self._writer = backbone.connection.fresh_name()

    def wrote(self, stored: Stored) -> bool:
        """Whether this process wrote a document last."""
        return stored.headers.get(_WRITER) == self._writer

    def document(
        self, subject: str, body: msgspec.Struct, expected: int, ttl_ms: int | None = None
    ) -> Write:
        """Return a document to write in place of the version `expected` (0: none)."""
        return batch.document(
            subject,
            msgspec.json.encode(body),
            expected=expected,
            ttl_ms=ttl_ms,
            headers={_WRITER: self._writer},
        )

    async def commit(self, writes: Sequence[Write]) -> Mapping[str, int]:
        """Write all or none; while the outcome is unknown, find out or write again.

        Raises:
            Conflict: somebody else wrote there.
            Fenced: the lease was lost while the store was away.
        """
        try:
            return await self._backbone.committer.commit(writes)
        except StoreUnavailable as error:
            log.warning("store_unavailable", stage=self._stage, reason=str(error))
        while True:
            await self._wait_for_the_store()
            try:
                # An entry stands where the documents of its batch do.
                compared = [each for each in writes if each.expected is not None]
                standing = {each.subject: await self.standing(each.subject) for each in compared}
                if all(_is(standing[each.subject], each) for each in compared):
                    return {subject: each.seq for subject, each in standing.items() if each}
                as_before = all(
                    (stored.seq if (stored := standing[each.subject]) else 0) == each.expected
                    for each in compared
                )
                if as_before:
                    return await self._backbone.committer.commit(writes)
            except StoreUnavailable as error:
                log.warning("store_unavailable", stage=self._stage, reason=str(error))
            except Conflict:
                # The first try may have been written late: look again.
                continue
            else:
                raise Conflict("somebody else wrote while the store was away")

    async def standing(self, subject: str) -> Stored | None:
        """Return a document as it stands.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        return await get_last(self._backbone.connection, JOURNAL, subject, leader=True)

    async def patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until the store answers.

        Raises:
            Fenced: the lease was lost while it was away.
        """
        while True:
            try:
                return await ask()
            except StoreUnavailable as error:
                log.warning("store_unavailable", stage=self._stage, reason=str(error))
            await self._wait_for_the_store()

    async def _wait_for_the_store(self) -> None:
        await asyncio.sleep(_RETRY_S)
        await self._backbone.connection.wait_connected()
        if not self._lease.held:
            raise Fenced("the lease was lost while the store was away")


def _is(stored: Stored | None, write: Write) -> bool:
    """Return whether what stands there is what was to be written, and by that very process."""
    return (
        stored is not None
        and stored.seq != write.expected
        and stored.data == write.data
        and stored.headers.get(_WRITER) == write.headers[_WRITER]
    )
