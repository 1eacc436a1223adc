"""The server is killed: what was confirmed is there, once and in order, and work goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable

import pytest
from nats.aio.msg import Msg

from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.batch import commit, document, entry
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.publisher import PubAck, Publisher
from maitred.gateway.bus.pull import Pull
from maitred.gateway.tasks import Tasks
from tests.gateway.bus.freezing import freeze

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


async def _store(publisher: Publisher, connection: Connection, subject: str, number: int) -> PubAck:
    while True:
        try:
            return await publisher.publish(
                subject, b"%d" % number, msg_id=f"m{number}", stream=JOURNAL
            )
        except StoreUnavailable:
            await connection.wait_connected()


async def test_nothing_is_lost_doubled_or_reordered_when_the_server_is_killed(
    server: EmbeddedServer, connection: Connection, subjects: Subjects
) -> None:
    total, kill_at = 600, {150, 400}
    publisher = Publisher(connection, timeout_ms=500)
    failures: list[str] = []
    tasks = Tasks(lambda name, error: failures.append(f"{name}: {error!r}"))
    subject = subjects.root + ".message.a"
    confirmed: list[PubAck] = []

    async def publish() -> None:
        for number in range(total):
            confirmed.append(await _store(publisher, connection, subject, number))
            if number in kill_at:
                os.kill(server.pid, signal.SIGKILL)

    tasks.start("publish", publish())
    pull = Pull(connection, JOURNAL, [subjects.any("message")], after=0, name="reader")
    sequences: list[int] = []
    texts: list[bytes] = []
    longest, last = 0.0, time.monotonic()
    async with asyncio.timeout(30):
        async for batch in pull.batches():
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
            sequences += [one.stream_seq for one in batch]
            texts += [one.data for one in batch]
            if len(texts) >= total:
                break
    await pull.close()
    await tasks.stop(1_000)
    assert failures == []
    assert texts == [b"%d" % number for number in range(total)]
    assert sequences == sorted(set(sequences))
    assert [ack.seq for ack in confirmed] == sequences
    assert server.restarts == len(kill_at)
    assert pull.consumers > 1
    assert longest < 5


async def test_a_quiet_reader_goes_on_after_the_server_was_killed(
    server: EmbeddedServer, connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    pull = Pull(connection, JOURNAL, [subjects.any("message")], after=None, name="live")
    batches = pull.batches()
    await publisher.publish(subjects.root + ".agent.x", b"", msg_id="old", stream=JOURNAL)
    asking = asyncio.gather(anext(batches))
    back = asyncio.Event()
    connection.on_reconnect(back.set)
    await asyncio.sleep(0)
    while pull.consumers == 0:
        await connection.api("INFO", None)
    os.kill(server.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        await back.wait()
        started = time.monotonic()
        await publisher.publish(subjects.root + ".message.a", b"new", msg_id="n", stream=JOURNAL)
        ((received,),) = await asking
    assert received.data == b"new"
    assert time.monotonic() - started < 5
    await pull.close()


async def test_a_reader_goes_on_when_its_consumer_is_deleted_under_it(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    pull = Pull(connection, JOURNAL, [subjects.any("message")], after=0, name="robbed")
    batches = pull.batches()
    await publisher.publish(subjects.root + ".message.a", b"1", msg_id="1", stream=JOURNAL)
    assert [one.data for one in await anext(batches)] == [b"1"]
    await connection.api(f"CONSUMER.DELETE.{JOURNAL}.{pull._consumer}", None)
    await publisher.publish(subjects.root + ".message.a", b"2", msg_id="2", stream=JOURNAL)
    async with asyncio.timeout(5):
        assert [one.data for one in await anext(batches)] == [b"2"]
    assert pull.consumers == 2
    await pull.close()


async def test_a_message_that_got_lost_on_the_way_is_read_again(
    connection: Connection,
    publisher: Publisher,
    subjects: Subjects,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(10):
        await publisher.publish(
            subjects.root + ".message.a", b"%d" % number, msg_id=f"m{number}", stream=JOURNAL
        )
    pull = Pull(connection, JOURNAL, [subjects.any("message")], after=0, name="holey")
    arrived = pull._arrived
    dropped: list[Msg] = []

    async def drop_one(message: Msg) -> None:
        if message.data in {b"4", b"9"} and len(dropped) < 2:
            dropped.append(message)
        else:
            await arrived(message)

    monkeypatch.setattr(pull, "_arrived", drop_one)
    read: list[bytes] = []
    async with asyncio.timeout(10):
        async for batch in pull.batches():
            read += [one.data for one in batch]
            if len(read) >= 10:
                break
    assert read == [b"%d" % number for number in range(10)]
    assert len(dropped) == 2
    await pull.close()


async def test_documents_outlive_a_restart_after_the_log_has_expired(
    server: EmbeddedServer, connection: Connection, subjects: Subjects, until: Until
) -> None:
    names = [f"{subjects.root}.customer.c{number}" for number in range(20)]
    await commit(
        connection,
        JOURNAL,
        [
            *(document(name, b"stays", expected=0) for name in names),
            *(
                entry(subjects.root + ".message.a", b"goes", msg_id=f"m{number}", ttl_ms=1_000)
                for number in range(20)
            ),
        ],
    )
    before = await reads.get_many(connection, JOURNAL, names)

    async def expired() -> bool:
        return (await streams.info(connection, JOURNAL)).messages == len(names)

    await until(expired)
    for number in (signal.SIGKILL, signal.SIGTERM):
        restarts = server.restarts
        os.kill(server.pid, number)

        async def again(seen: int = restarts) -> bool:
            return server.restarts > seen and connection.connected

        await until(again)
        assert await reads.get_many(connection, JOURNAL, [subjects.any("customer")]) == before
    assert await reads.get_many(connection, JOURNAL, [subjects.any("message")]) == {}
    assert (await streams.info(connection, JOURNAL)).messages == len(names)


async def test_log_entries_that_expire_while_the_server_is_down_take_no_document_along(
    server: EmbeddedServer, connection: Connection, subjects: Subjects, until: Until
) -> None:
    name = subjects.root + ".customer.a"
    await commit(
        connection,
        JOURNAL,
        [
            document(name, b"stays", expected=0),
            entry(subjects.root + ".message.a", b"goes", msg_id="m", ttl_ms=1_000),
        ],
    )
    freeze(server)  # time passes for the store, not for the server
    await asyncio.sleep(1.1)  # polling: a stopped server cannot say that its entry's second is over
    os.kill(server.pid, signal.SIGKILL)

    async def again() -> bool:
        return server.restarts == 1 and connection.connected

    await until(again)

    async def expired() -> bool:
        return (await streams.info(connection, JOURNAL)).messages == 1

    await until(expired)
    assert set(await reads.get_many(connection, JOURNAL, [subjects.root + ".>"])) == {name}
