"""The own server's encryption at rest: what the disk shows, and which keys are let near it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.ids import AgentId, IdentifierKey, Tenant
from maitred.contracts.limits import INBOUND_AGE_MS
from maitred.contracts.secret import Secret
from maitred.contracts.subjects import BLOBS, COMMANDS, DEAD, INBOUND, JOURNAL, Subjects
from maitred.gateway.bus import reads, server_config, store_key, streams
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.consumers import declare_agent, list_agents
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.permissions import render_user
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.bus.store_key import NOTE

KEY = Secret("the key of this test, long enough to be one")
OTHER = Secret("another key, and of the same sort as the first")
MARKER = b"Zinnoberrot, Kim Berg, 14 Mill Lane"
SUBJECTS = Subjects(Tenant("t"))
SUBJECT = SUBJECTS.inbound("email", "5e11e7")
ANN = AgentId("ann")


@asynccontextmanager
async def opened(
    store: Path, key: Secret | None, *, declare: bool = True, kill: bool = False
) -> AsyncIterator[Connection]:
    """Run the server, and do what a gateway does when it starts; `kill` ends both at once."""
    server = EmbeddedServer(store, key=key)
    endpoint = await server.start()
    connection = await Connection.connect(endpoint, name="test", on_closed=lambda _: None)
    try:
        if declare:
            await streams.declare(connection, replicas=1, inbound_age_ms=INBOUND_AGE_MS)
            await declare_agent(connection, Tenant("t"), ANN)
        yield connection
    finally:
        await connection.close()
        if kill:
            os.kill(server.pid, signal.SIGKILL)
        await server.stop()


async def write(connection: Connection, *, count: int = 1, first: int = 0) -> None:
    publisher = Publisher(connection)
    await publisher.start()
    for number in range(first, first + count):
        await publisher.publish(SUBJECT, MARKER, msg_id=f"id-{number}", stream=INBOUND)
    await publisher.stop()


async def names(connection: Connection) -> list[str]:
    answer = await connection.api("STREAM.NAMES", {"offset": 0})
    return sorted(answer["streams"])


async def kept(connection: Connection) -> bytes:
    end = await streams.last_sequence(connection, INBOUND)
    found = await reads.get_at(connection, INBOUND, end)
    assert found is not None
    return found.data


def showing(store: Path, words: bytes) -> list[str]:
    """Return the files below a store in which words stand in plain."""
    files = [path for path in store.rglob("*") if path.is_file()]
    return [str(each.relative_to(store)) for each in files if words in each.read_bytes()]


@pytest.mark.parametrize("key", [None, KEY], ids=["without a key", "with a key"])
async def test_the_disk_shows_what_was_said_only_without_a_key(
    store: Path, key: Secret | None
) -> None:
    async with opened(store, key) as connection:
        await write(connection)
    assert bool(showing(store, MARKER)) is (key is None)
    assert bool(showing(store, b"5e11e7")) is (key is None), "subjects are covered as well"
    async with opened(store, key) as connection:
        assert await kept(connection) == MARKER


async def test_the_key_stands_in_no_file(store: Path) -> None:
    async with opened(store, KEY) as connection:
        await write(connection)
    assert showing(store, KEY.reveal().encode()) == []
    assert (store / NOTE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("key", "why"),
    [(OTHER, "encrypted with another key"), (None, "nats.encryption_key is needed")],
    ids=["another key", "no key"],
)
async def test_a_start_without_the_right_key_is_refused_and_touches_nothing(
    store: Path, key: Secret | None, why: str
) -> None:
    async with opened(store, KEY) as connection:
        await write(connection)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=why) as refused:
            await EmbeddedServer(store, key=key).start()
        assert str(store) in str(refused.value)
    async with opened(store, KEY) as connection:
        assert await kept(connection) == MARKER
        assert await list_agents(connection) == [ANN]


async def test_an_encrypted_store_without_its_note_is_refused(store: Path) -> None:
    async with opened(store, KEY) as connection:
        await write(connection)
    note = (store / NOTE).read_bytes()
    (store / NOTE).unlink()
    for key in (KEY, OTHER, None):
        with pytest.raises(ConfigurationError):
            await EmbeddedServer(store, key=key).start()
    (store / NOTE).write_bytes(b"{")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        await EmbeddedServer(store, key=KEY).start()
    (store / NOTE).write_bytes(note)
    async with opened(store, KEY) as connection:
        assert await kept(connection) == MARKER


async def test_a_plain_store_takes_no_key_and_stays_as_it_is(store: Path) -> None:
    async with opened(store, None) as connection:
        await write(connection)
    with pytest.raises(ConfigurationError, match="can be given to a new store only"):
        await EmbeddedServer(store, key=KEY).start()
    async with opened(store, None) as connection:
        assert await kept(connection) == MARKER
    assert not (store / NOTE).exists()


async def test_an_encrypted_store_is_whole_after_stops_and_kills(store: Path) -> None:
    before: dict[str, tuple[int, int]] = {}
    for cycle in range(6):
        async with opened(store, KEY, kill=cycle % 2 == 1) as connection:
            now = {name: await streams.info(connection, name) for name in (INBOUND, BLOBS, DEAD)}
            assert all(
                (now[each].created_ms, now[each].last_seq) == before[each] for each in before
            )
            await write(connection, count=cycle, first=10 * cycle)
            if cycle == 2:
                await connection.api(f"STREAM.PURGE.{INBOUND}", {})
            for name in now:
                found = await streams.info(connection, name)
                before[name] = (found.created_ms, found.last_seq)


# -- why a store has one key for life: what the server does otherwise ----------------------------
async def test_the_server_loses_empty_streams_when_it_encrypts_a_plain_store(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where this fails, the server has learnt it, and `admit` need not refuse it any more."""
    async with opened(store, None) as connection:
        await write(connection)
    monkeypatch.setattr(store_key, "admit", lambda _store, _key: None)
    async with opened(store, KEY, declare=False) as connection:
        assert await names(connection) == [BLOBS, COMMANDS, DEAD, INBOUND, JOURNAL]
    assert showing(store, MARKER) == []
    async with opened(store, KEY, declare=False) as connection:
        assert await names(connection) == [INBOUND]


async def test_the_server_loses_empty_streams_and_consumers_when_it_changes_the_key(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where this fails, `prev_key` can be offered."""
    async with opened(store, KEY) as connection:
        await write(connection)
        await connection.request(SUBJECTS.message(IdentifierKey("5e11e7")), b"{}", timeout_ms=5_000)
        assert await list_agents(connection) == [ANN]
    monkeypatch.setattr(store_key, "admit", lambda _store, _key: None)
    both = f'{server_config._ENCRYPTION}  prev_key: "{KEY.reveal()}"\n'
    monkeypatch.setattr(server_config, "_ENCRYPTION", both)
    async with opened(store, OTHER, declare=False) as connection:
        assert await names(connection) == [INBOUND, JOURNAL]
        assert await kept(connection) == MARKER
        assert await list_agents(connection) == []


async def test_an_encrypted_server_takes_a_changed_configuration_and_comes_back_by_itself(
    store: Path,
) -> None:
    server = EmbeddedServer(store, key=KEY)
    connection = await Connection.connect(
        await server.start(), name="test", on_closed=lambda _: None
    )
    try:
        await streams.declare(connection, replicas=1, inbound_age_ms=INBOUND_AGE_MS)
        await write(connection)
        back = asyncio.Event()
        connection.on_reconnect(back.set)
        await server.set_agents([render_user(None, user="ann", password="a-password")])
        await server.restart()
        async with asyncio.timeout(10):
            await back.wait()
        assert await kept(connection) == MARKER
        assert (await streams.info(connection, JOURNAL)).last_seq == 0
    finally:
        await connection.close()
        await server.stop()
