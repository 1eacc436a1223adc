"""What comes together at the doors is stored together, and each door learns its own outcome."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest

from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import NATS_PAYLOAD_BYTES_MAX
from maitred.contracts.subjects import INBOUND, Subjects
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.gatherer import BATCHED_MIN, Gatherer
from maitred.gateway.bus.publisher import Publisher
from tests.gateway.bus.freezing import freeze

MANY = 3 * BATCHED_MIN


@pytest.fixture
async def gatherer(publisher: Publisher) -> AsyncIterator[Gatherer]:
    started = Gatherer(publisher, INBOUND)
    await started.start()
    yield started
    await started.stop()


def _subject(subjects: Subjects, number: int) -> str:
    return subjects.inbound("sms", IdentifierKey(f"k{number}"))


async def _store(gatherer: Gatherer, subjects: Subjects, number: int) -> bool:
    return await gatherer.store(
        _subject(subjects, number), b"%d" % number, msg_id=f"m{number}", headers={"a": "b"}
    )


async def _stored(connection: Connection) -> list[bytes]:
    """Return what stands in the stream, oldest first."""
    last = await streams.last_sequence(connection, INBOUND)
    found = [await reads.get_at(connection, INBOUND, seq) for seq in range(1, last + 1)]
    return [each.data for each in found if each is not None]


async def test_many_at_once_go_in_together_in_the_order_of_their_arrival(
    gatherer: Gatherer, connection: Connection, subjects: Subjects
) -> None:
    outcomes = await asyncio.gather(*(_store(gatherer, subjects, n) for n in range(MANY)))
    assert outcomes == [False] * MANY
    assert gatherer.batches == 1
    assert await _stored(connection) == [b"%d" % n for n in range(MANY)]


async def test_each_of_a_batch_goes_to_its_senders_partition_with_its_headers(
    gatherer: Gatherer, connection: Connection, subjects: Subjects
) -> None:
    await asyncio.gather(*(_store(gatherer, subjects, n) for n in range(MANY)))
    partitions = set()
    for seq in range(1, MANY + 1):
        found = await reads.get_at(connection, INBOUND, seq)
        assert found is not None
        partition, _, sender = found.subject.removeprefix(f"{subjects.root}.inbound.").split(".")
        assert sender == f"k{seq - 1}"
        assert found.headers["a"] == "b"
        partitions.add(partition)
    assert partitions == {"0", "1", "2"}


async def test_one_that_comes_alone_needs_no_batch(gatherer: Gatherer, subjects: Subjects) -> None:
    assert await _store(gatherer, subjects, 1) is False
    assert await _store(gatherer, subjects, 1) is True
    assert gatherer.batches == 0


async def test_one_that_was_stored_before_holds_up_nobody_of_its_round(
    gatherer: Gatherer, connection: Connection, subjects: Subjects
) -> None:
    await _store(gatherer, subjects, 5)
    outcomes = await asyncio.gather(*(_store(gatherer, subjects, n) for n in range(MANY)))
    assert outcomes == [n == 5 for n in range(MANY)]
    assert sorted(await _stored(connection)) == sorted(b"%d" % n for n in range(MANY))


async def test_the_same_message_twice_at_once_is_stored_once(
    gatherer: Gatherer, connection: Connection, subjects: Subjects
) -> None:
    twice = [number for number in range(MANY) for _ in range(2)]
    outcomes = await asyncio.gather(*(_store(gatherer, subjects, n) for n in twice))
    assert outcomes.count(False) == outcomes.count(True) == MANY
    assert sorted(await _stored(connection)) == sorted(b"%d" % n for n in range(MANY))


@pytest.mark.parametrize(
    ("data", "headers", "code"),
    [
        (bytes(NATS_PAYLOAD_BYTES_MAX), {}, "too_large"),
        (b"", {"a": "b\r\nc: d"}, "bad_header"),
    ],
)
async def test_only_the_one_that_can_never_be_stored_is_refused(
    gatherer: Gatherer, subjects: Subjects, data: bytes, headers: dict[str, str], code: str
) -> None:
    bad = gatherer.store(_subject(subjects, 0), data, msg_id="bad", headers=headers)
    outcomes = await asyncio.gather(
        bad, *(_store(gatherer, subjects, n) for n in range(1, MANY)), return_exceptions=True
    )
    assert isinstance(outcomes[0], Permanent)
    assert outcomes[0].code == code
    assert outcomes[1:] == [False] * (MANY - 1)


async def test_nobody_waits_longer_than_his_own_time_and_the_next_round_goes_through(
    server: EmbeddedServer, publisher: Publisher, subjects: Subjects
) -> None:
    hasty = Gatherer(publisher, INBOUND, timeout_ms=300)
    await hasty.start()
    freeze(server)

    async def wait(number: int) -> tuple[BaseException | bool, float]:
        started = time.monotonic()
        (outcome,) = await asyncio.gather(_store(hasty, subjects, number), return_exceptions=True)
        return outcome, time.monotonic() - started

    first = asyncio.gather(*(wait(n) for n in range(MANY)))
    await asyncio.sleep(0)  # let the first round be sent
    second = asyncio.gather(*(wait(n) for n in range(MANY, 2 * MANY)))
    for outcome, seconds in [*await first, *await second]:
        assert isinstance(outcome, StoreUnavailable)
        assert seconds < 1
    os.kill(server.pid, signal.SIGCONT)
    async with asyncio.timeout(10):
        while True:
            try:
                await _store(hasty, subjects, 0)
            except StoreUnavailable:
                continue  # what the server thawed with is still on its way
            break
    await hasty.stop()


async def test_what_was_confirmed_is_there_once_whenever_the_server_is_killed(
    server: EmbeddedServer, connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    gatherer = Gatherer(publisher, INBOUND, timeout_ms=1_000)
    await gatherer.start()
    total, kill_at = 600, {100, 350}
    numbers = iter(range(total))

    async def door() -> None:
        for number in numbers:
            if number in kill_at:
                os.kill(server.pid, signal.SIGKILL)
            while True:
                try:
                    await _store(gatherer, subjects, number)
                except StoreUnavailable:  # what a provider does then: it comes again
                    await connection.wait_connected()
                else:
                    break

    async with asyncio.timeout(30):
        await asyncio.gather(*(door() for _ in range(MANY)))
    assert server.restarts == len(kill_at)
    assert gatherer.batches > 0
    assert sorted(await _stored(connection)) == sorted(b"%d" % n for n in range(total))
    await gatherer.stop()


async def test_stopping_finishes_what_waits_and_refuses_what_comes(
    publisher: Publisher, subjects: Subjects
) -> None:
    gatherer = Gatherer(publisher, INBOUND)
    await gatherer.start()
    under_way = asyncio.gather(*(_store(gatherer, subjects, n) for n in range(MANY)))
    while gatherer.batches == 0:  # noqa: ASYNC110  (nothing tells that a round is under way)
        await asyncio.sleep(0)
    waiting = asyncio.gather(*(_store(gatherer, subjects, n) for n in range(MANY, 2 * MANY)))
    await asyncio.sleep(0)  # let them wait
    await gatherer.stop()
    assert [*await under_way, *await waiting] == [False] * 2 * MANY
    with pytest.raises(StoreUnavailable):
        await _store(gatherer, subjects, 2 * MANY)
