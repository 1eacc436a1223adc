"""A lease: who works on a partition now, so that two do not compute the same in vain.

It is about liveness only. That an effect happens once is the position document's doing, which
is compared and set together with the effect.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from maitred.contracts import limits
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus import reads
from maitred.gateway.bus.batch import Conflict, document
from maitred.gateway.bus.committer import Committer
from maitred.gateway.bus.connection import Connection
from maitred.gateway.clock import monotonic_ms
from maitred.gateway.tasks import Tasks

_LOOK_S: Final = limits.LEASE_RENEW_MS / 2000
_STOP_TIMEOUT_MS: Final = 2_000

_log = structlog.get_logger(__name__)


class LeaseDoc(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="lease"):
    """Who holds it; `token` tells two runs of one holder apart."""

    version: int = 1
    holder: str
    token: str
    released: bool = False


class Lease:
    """The lease that stands under `subject` in the JOURNAL.

    `alone` says that no other gateway can be there (an embedded server, whose store is locked):
    then it is taken at once, whoever held it.
    """

    def __init__(
        self,
        connection: Connection,
        committer: Committer,
        subject: str,
        holder: str,
        *,
        alone: bool,
    ) -> None:
        self._connection = connection
        self._committer = committer
        self._subject = subject
        self._alone = alone
        self._doc = LeaseDoc(holder=holder, token=connection.fresh_name())
        self._revision = 0
        self._confirmed_ms = 0
        self._mine = False
        self._tasks = Tasks(self._failed)
        self._renewing: asyncio.Task[None] | None = None
        self.lost = asyncio.Event()
        """Set when somebody else has it, or it could not be renewed in time."""
        self.when_lost: Callable[[], None] | None = None
        """Called when it is lost, so that whoever works under it stops waiting for work."""

    @property
    def held(self) -> bool:
        """Whether it is ours and was confirmed in time."""
        fresh = monotonic_ms() - self._confirmed_ms < limits.LEASE_EXPIRES_MS
        return self._mine and (fresh or self._alone) and not self.lost.is_set()

    async def acquire(self) -> None:
        """Wait until the lease is ours; from then on it is renewed in the background.

        Who is alone need not renew it: nobody else is there to take it.
        It is taken over when its document has not moved for `LEASE_EXPIRES_MS` of our own
        monotonic clock, so clocks of two machines are never compared.
        """
        self.lost.clear()
        seen, since = -1, monotonic_ms()
        while not self._mine:
            try:
                revision, free = await self._look()
                if revision != seen:
                    seen, since = revision, monotonic_ms()
                if free or monotonic_ms() - since >= limits.LEASE_EXPIRES_MS:
                    await self._write(self._doc, revision)
                    self._mine = True
                    break
            except (Conflict, StoreUnavailable) as error:
                _log.debug("lease_waits", subject=self._subject, reason=type(error).__name__)
            await asyncio.sleep(_LOOK_S)
        if not self._alone and (self._renewing is None or self._renewing.done()):
            self._renewing = self._tasks.start(f"lease {self._subject}", self._renew())

    async def release(self) -> None:
        """Give the lease back, so that the next holder need not wait; harmless when not held."""
        await self._tasks.stop(_STOP_TIMEOUT_MS)
        if self._mine and not self.lost.is_set():
            with contextlib.suppress(Conflict, StoreUnavailable):
                await self._write(msgspec.structs.replace(self._doc, released=True), self._revision)
        self._mine = False

    async def _look(self) -> tuple[int, bool]:
        """Return the document's revision, and whether the lease may be taken at once."""
        stored = await reads.get_last(self._connection, JOURNAL, self._subject, leader=True)
        if stored is None:
            return 0, True
        try:
            doc = msgspec.json.decode(stored.data, type=LeaseDoc)
        except msgspec.DecodeError:
            return stored.seq, self._alone
        return stored.seq, self._alone or doc.released or doc.token == self._doc.token

    async def _write(self, doc: LeaseDoc, revision: int) -> None:
        asked_ms = monotonic_ms()
        try:
            async with asyncio.timeout(limits.LEASE_EXPIRES_MS / 1000):
                written = await self._committer.commit(
                    [document(self._subject, msgspec.json.encode(doc), expected=revision)]
                )
        except TimeoutError as error:
            raise StoreUnavailable("the lease was not confirmed in time") from error
        self._revision = written[self._subject]
        self._confirmed_ms = asked_ms

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(limits.LEASE_RENEW_MS / 1000)
            try:
                await self._write(self._doc, self._revision)
            except StoreUnavailable:
                pass  # whether it was written is unknown; the next try finds out
            except Conflict:
                if not await self._still_ours():
                    self._lose("taken")
                    return
            if not self.held:
                self._lose("not renewed in time")
                return

    async def _still_ours(self) -> bool:
        """After a renewal of unknown outcome, find whether the document is ours after all."""
        try:
            stored = await reads.get_last(self._connection, JOURNAL, self._subject, leader=True)
            if stored is None:
                return False
            doc = msgspec.json.decode(stored.data, type=LeaseDoc)
        except (StoreUnavailable, msgspec.DecodeError):
            return False
        if doc.token != self._doc.token:
            return False
        self._revision = stored.seq
        return True

    def _lose(self, reason: str) -> None:
        self._mine = False
        self.lost.set()
        _log.warning("lease_lost", subject=self._subject, reason=reason)
        if self.when_lost is not None:
            self.when_lost()

    def _failed(self, name: str, error: BaseException) -> None:
        _log.error("lease_failed", task=name, error=type(error).__name__)
        self._lose("an error")
