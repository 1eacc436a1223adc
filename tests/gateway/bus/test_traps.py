"""One test for each way in which nats-py leaves its caller waiting, or says nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from maitred.contracts.errors import ConfigurationError, Permanent, StoreUnavailable
from maitred.contracts.limits import NATS_PAYLOAD_BYTES_MAX
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.batch import commit, document
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import Endpoint, read_connection
from maitred.gateway.bus.permissions import Permissions, render_user
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.bus.pull import BUFFER_MESSAGES_MAX, Pull
from tests.gateway.bus.freezing import freeze

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


async def _lost(connection: Connection) -> None:
    gone = asyncio.Event()
    forget = connection.on_disconnect(gone.set)
    if connection.connected:
        async with asyncio.timeout(5):
            await gone.wait()
    forget()


async def test_a_request_under_way_fails_as_soon_as_the_connection_drops(
    server: EmbeddedServer, connection: Connection
) -> None:
    freeze(server)
    asking = asyncio.gather(
        connection.request("$JS.API.INFO", b"", timeout_ms=60_000), return_exceptions=True
    )
    await asyncio.sleep(0)  # let it be sent
    os.kill(server.pid, signal.SIGKILL)
    async with asyncio.timeout(5):
        (outcome,) = await asking
    assert isinstance(outcome, StoreUnavailable)


async def test_what_is_published_while_disconnected_is_refused_and_never_stored(
    server: EmbeddedServer, connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    os.kill(server.pid, signal.SIGKILL)
    await _lost(connection)
    with pytest.raises(StoreUnavailable):
        await connection.publish(subjects.root + ".message.a", b"late")
    with pytest.raises(StoreUnavailable):
        await publisher.publish(
            subjects.root + ".message.a", b"late", msg_id="late", stream=JOURNAL
        )
    async with asyncio.timeout(10):
        await connection.wait_connected()
    assert await streams.last_sequence(connection, JOURNAL) == 0


async def test_what_was_not_sent_when_the_connection_dropped_is_not_sent_afterwards(
    server: EmbeddedServer, connection: Connection, subjects: Subjects
) -> None:
    back = asyncio.Event()
    connection.on_reconnect(back.set)
    freeze(server)
    # The socket fills up, and what comes then waits in nats-py's own buffer.
    while connection.client.pending_data_size < 500_000:
        await connection.publish(subjects.root + ".message.a", bytes(200_000))
        await asyncio.sleep(0)
    os.kill(server.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        await back.wait()
    await connection.api("INFO", None)
    assert await streams.last_sequence(connection, JOURNAL) == 0


async def test_a_publish_that_nobody_answers_ends_and_frees_its_place(
    server: EmbeddedServer, connection: Connection, subjects: Subjects
) -> None:
    narrow = Publisher(connection, window=1, timeout_ms=200)
    freeze(server)
    outcomes = await asyncio.gather(
        *(
            narrow.publish(subjects.root + ".message.a", b"x", msg_id=f"m{n}", stream=JOURNAL)
            for n in range(3)
        ),
        return_exceptions=True,
    )
    os.kill(server.pid, signal.SIGCONT)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
    ack = await narrow.publish(subjects.root + ".message.a", b"x", msg_id="m9", stream=JOURNAL)
    assert ack.stream == JOURNAL


async def test_a_reader_gets_the_one_message_there_is_without_waiting_for_more(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    await publisher.publish(subjects.root + ".message.a", b"x", msg_id="m", stream=JOURNAL)
    pull = Pull(connection, JOURNAL, [subjects.any("message")], after=0, name="one")
    started = time.monotonic()
    first = await anext(pull.batches())
    assert [one.data for one in first] == [b"x"]
    assert time.monotonic() - started < 1
    await pull.close()


async def test_a_payload_the_server_would_close_the_connection_for_is_refused(
    connection: Connection, subjects: Subjects
) -> None:
    with pytest.raises(Permanent) as refused:
        await connection.publish(subjects.root + ".message.a", bytes(NATS_PAYLOAD_BYTES_MAX))
    assert refused.value.code == "too_large"
    # Alone the payload would do, and nats-py looks at nothing else; headers count as well.
    with pytest.raises(Permanent):
        await connection.publish(
            subjects.root + ".message.a",
            bytes(NATS_PAYLOAD_BYTES_MAX - 20_000),
            {"trace": "x" * 30_000},
        )
    assert connection.connected


async def test_a_connection_that_the_server_closes_for_good_is_told(
    server: EmbeddedServer, store: Path
) -> None:
    closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    endpoint = read_connection(store)
    connection = await Connection.connect(endpoint, name="test", on_closed=closed.set_result)
    waiting = asyncio.gather(
        connection.request("nobody.answers", b"", timeout_ms=60_000), return_exceptions=True
    )
    await connection.client._send_command(b"NONSENSE\r\n")
    await connection.client._flush_pending()
    async with asyncio.timeout(5):
        await closed
        (outcome,) = await waiting
    assert isinstance(outcome, StoreUnavailable)
    assert not connection.connected


async def test_a_forbidden_request_ends_in_time_and_is_counted(store: Path) -> None:
    user = render_user(
        Permissions(publish=("allowed",), subscribe=("_INBOX.>",)), user="a", password="a"
    )
    server = EmbeddedServer(store, agents=[user])
    endpoint = await server.start()
    agent = await Connection.connect(
        Endpoint(urls=endpoint.urls, user="a", password="a"), name="a", on_closed=lambda _: None
    )
    with pytest.raises(StoreUnavailable):
        await agent.request("forbidden", b"", timeout_ms=300)
    assert agent.permission_violations == 1
    assert agent.connected
    await agent.close()
    await server.stop()


async def test_a_slow_reader_holds_a_bounded_number_of_messages_and_loses_none(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    total = 3 * BUFFER_MESSAGES_MAX
    for first in range(0, total, BUFFER_MESSAGES_MAX // 8):  # none of them waits for long
        await asyncio.gather(
            *(
                publisher.publish(subjects.root + ".message.a", b"", msg_id=f"m{n}", stream=JOURNAL)
                for n in range(first, min(first + BUFFER_MESSAGES_MAX // 8, total))
            )
        )
    pull = Pull(connection, JOURNAL, [subjects.any("message")], after=0, name="slow")
    read: list[int] = []
    most = 0
    async for batch in pull.batches():
        read += [one.stream_seq for one in batch]
        # A round trip lets everything arrive that is on its way.
        await connection.api("INFO", None)
        most = max(most, len(pull._buffer))
        if len(read) == total:
            break
    await pull.close()
    assert read == list(range(1, total + 1))
    assert 0 < most <= BUFFER_MESSAGES_MAX


async def test_reconnecting_never_ends_and_a_dead_connection_is_noticed_soon(
    connection: Connection,
) -> None:
    options = connection.client.options
    assert options["max_reconnect_attempts"] == -1
    assert options["reconnect_time_wait"] <= 1
    assert options["ping_interval"] * (options["max_outstanding_pings"] + 1) <= 30


async def test_a_document_that_expired_is_missing_and_can_be_made_again(
    connection: Connection, subjects: Subjects, until: Until
) -> None:
    subject = subjects.root + ".thread.a"
    await commit(connection, JOURNAL, [document(subject, b"1", expected=0, ttl_ms=1_000)])
    assert subject in await reads.get_many(connection, JOURNAL, [subject])

    async def gone() -> bool:
        return not await reads.get_many(connection, JOURNAL, [subject])

    await until(gone)
    again = await commit(connection, JOURNAL, [document(subject, b"2", expected=0)])
    found = await reads.get_last(connection, JOURNAL, subject)
    assert found is not None
    assert (found.seq, found.data) == (again, b"2")


@pytest.mark.parametrize("value", ["a\r\nNats-Rollup: all", "a\nb"])
async def test_a_header_that_would_be_changed_on_the_way_is_refused(
    connection: Connection, subjects: Subjects, value: str
) -> None:
    with pytest.raises(Permanent) as refused:
        await connection.publish(subjects.root + ".message.a", b"", {"trace": value})
    assert refused.value.code == "bad_header"


async def test_wrong_credentials_are_told_at_once(server: EmbeddedServer, store: Path) -> None:
    endpoint = read_connection(store)
    started = time.monotonic()
    with pytest.raises(ConfigurationError, match="refused the credentials"):
        await Connection.connect(
            Endpoint(urls=endpoint.urls, user="maitred", password="wrong"),
            name="test",
            on_closed=lambda _: None,
        )
    assert time.monotonic() - started < 3
