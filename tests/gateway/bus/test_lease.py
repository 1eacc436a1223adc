"""Leases: one holder at a time, handed over quickly, and lost where it must be."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from maitred.contracts import limits
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus import lease as leases
from maitred.gateway.bus import reads
from maitred.gateway.bus.batch import commit, document
from maitred.gateway.bus.committer import Committer
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.lease import Lease
from tests.gateway.bus.freezing import freeze


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a lease expire in fractions of a second."""
    monkeypatch.setattr(limits, "LEASE_RENEW_MS", 100)
    monkeypatch.setattr(limits, "LEASE_EXPIRES_MS", 600)
    monkeypatch.setattr(leases, "_LOOK_S", 0.05)


def _lease(
    connection: Connection, committer: Committer, subjects: Subjects, holder: str, *, alone: bool
) -> Lease:
    subject = subjects.lease("intake", 0)
    return Lease(connection, committer, subject, holder, alone=alone)


async def _renewed(lease: Lease, times: int) -> None:
    """Wait until the lease was renewed so often."""
    async with asyncio.timeout(5):
        for _ in range(times):
            seen = lease._revision
            while lease._revision == seen:  # noqa: ASYNC110  (renewals have no event)
                await asyncio.sleep(0.01)  # polling: a renewal is told to nobody


async def test_a_lease_that_nobody_has_is_ours_at_once_and_is_renewed(
    connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    lease = _lease(connection, committer, subjects, "one", alone=False)
    assert not lease.held
    started = time.monotonic()
    await lease.acquire()
    assert time.monotonic() - started < 0.5
    await _renewed(lease, 3)
    assert lease.held
    await lease.release()
    assert not lease.held


async def test_a_released_lease_is_taken_over_at_once(
    connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    one = _lease(connection, committer, subjects, "one", alone=False)
    two = _lease(connection, committer, subjects, "two", alone=False)
    await one.acquire()
    waiting = asyncio.gather(two.acquire())
    await _renewed(one, 8)  # longer than it takes to expire: a holder who renews keeps it
    assert one.held
    assert not waiting.done()
    await one.release()
    started = time.monotonic()
    await waiting
    assert time.monotonic() - started < 0.4
    assert two.held
    await two.release()


async def test_a_lease_whose_holder_died_is_taken_over_when_it_has_expired(
    connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    one = _lease(connection, committer, subjects, "one", alone=False)
    await one.acquire()
    await one._tasks.stop(1_000)  # as if its process were gone
    two = _lease(connection, committer, subjects, "two", alone=False)
    started = time.monotonic()
    async with asyncio.timeout(5):
        await two.acquire()
    assert 0.4 < time.monotonic() - started < 2
    assert not one.held
    await two.release()


async def test_who_is_alone_waits_for_nobody(
    connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    one = _lease(connection, committer, subjects, "one", alone=False)
    await one.acquire()
    await one._tasks.stop(1_000)
    two = _lease(connection, committer, subjects, "two", alone=True)
    started = time.monotonic()
    await two.acquire()
    assert time.monotonic() - started < 0.3
    await two.release()


async def test_a_lease_that_another_has_taken_is_lost(
    connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    one = _lease(connection, committer, subjects, "one", alone=False)
    two = _lease(connection, committer, subjects, "two", alone=True)
    await one.acquire()
    await two.acquire()
    async with asyncio.timeout(5):
        await one.lost.wait()
    assert not one.held
    assert two.held
    await one.release()  # harmless: it takes nothing from the one who has it
    assert two.held
    await two.release()


async def test_a_store_that_is_away_too_long_takes_the_lease_along(
    server: EmbeddedServer, connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    lease = _lease(connection, committer, subjects, "one", alone=False)
    await lease.acquire()
    freeze(server)
    try:
        async with asyncio.timeout(5):
            await lease.lost.wait()
        assert not lease.held
    finally:
        os.kill(server.pid, signal.SIGCONT)


async def test_a_document_that_nobody_can_read_is_replaced(
    connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    subject = subjects.lease("intake", 0)
    await commit(connection, JOURNAL, [document(subject, b"?", expected=0)])
    lease = _lease(connection, committer, subjects, "one", alone=False)
    async with asyncio.timeout(5):
        await lease.acquire()
    stored = await reads.get_last(connection, JOURNAL, subject)
    assert stored is not None
    assert b'"holder":"one"' in stored.data
    await lease.release()
