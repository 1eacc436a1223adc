"""Streams: declared once, put right when they drifted, refused when they are unfit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from maitred.contracts.errors import ConfigurationError, Permanent
from maitred.contracts.ids import AgentId, IdentifierKey
from maitred.contracts.limits import COMMAND_BYTES_MAX, INBOUND_AGE_MS
from maitred.contracts.subjects import BLOBS, COMMANDS, DEAD, INBOUND, JOURNAL, Subjects
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import Endpoint, read_connection
from maitred.gateway.bus.publisher import Publisher

Connect = Callable[[Endpoint], Awaitable[Connection]]


async def _config(connection: Connection, stream: str) -> dict[str, Any]:
    answer = await connection.api(f"STREAM.INFO.{stream}", None)
    return dict(answer["config"])


async def _declare(connection: Connection, **changed: int) -> None:
    settings = {"replicas": 1, "inbound_age_ms": INBOUND_AGE_MS, **changed}
    await streams.declare(connection, **settings)


async def test_declaring_again_changes_nothing(connection: Connection) -> None:
    before = [await _config(connection, name) for name in (INBOUND, JOURNAL, BLOBS, COMMANDS, DEAD)]
    await _declare(connection)
    after = [await _config(connection, name) for name in (INBOUND, JOURNAL, BLOBS, COMMANDS, DEAD)]
    assert before == after


async def test_every_subject_of_the_contracts_has_exactly_one_stream(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    key, agent = IdentifierKey("k"), AgentId("a")
    homes = {
        subjects.inbound("email", key): INBOUND,
        subjects.blob("k", "00", 0): BLOBS,
        subjects.agent_command(agent, "accept"): COMMANDS,
        subjects.dead("intake", "k1"): DEAD,
        subjects.identifier(key): JOURNAL,
        subjects.position("intake", 0): JOURNAL,
        subjects.lease("intake", 0): JOURNAL,
        subjects.message(key): JOURNAL,
        subjects.suppressed(key): JOURNAL,
        subjects.admitted(agent, "accept", "none"): JOURNAL,
        subjects.assign(agent, "c"): JOURNAL,
    }
    kinds = "component customer thread claim proof operation erasure conversation routing agent "
    kinds += "delivery revision change decision due outbound scheduled report undelivered"
    homes |= {f"{subjects.root}.{kind}.x": JOURNAL for kind in kinds.split()}
    for number, (subject, stream) in enumerate(homes.items()):
        ack = await publisher.publish(subject, b"", msg_id=f"m{number}", stream=stream)
        assert ack.stream == stream


async def test_one_sender_stays_in_one_partition_whatever_the_channel(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    async def partition(channel: str, sender: str) -> int:
        subject = subjects.inbound(channel, IdentifierKey(sender))
        ack = await publisher.publish(subject, b"", msg_id=channel + sender, stream=INBOUND)
        stored = await reads.get_at(connection, INBOUND, ack.seq)
        assert stored is not None
        assert stored.subject.endswith(f".{channel}.{sender}")
        return int(stored.subject.split(".")[4])

    senders = [f"sender{number}" for number in range(60)]
    places = {sender: await partition("email", sender) for sender in senders}
    assert set(places.values()) == {0, 1, 2}
    for sender in senders[:10]:
        for channel in ("sms", "chat", "slack"):
            assert await partition(channel, sender) == places[sender]


async def test_a_message_that_is_put_back_keeps_its_partition(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    subject = f"{subjects.root}.inbound.2.email.k"
    ack = await publisher.publish(subject, b"", msg_id="m", stream=INBOUND)
    stored = await reads.get_at(connection, INBOUND, ack.seq)
    assert stored is not None
    assert stored.subject == subject


@pytest.mark.parametrize(
    ("stream", "drift"),
    [
        (JOURNAL, {"max_age": 172_800_000_000_000}),
        (JOURNAL, {"allow_atomic": False}),
        (JOURNAL, {"max_msgs_per_subject": 5}),
        (INBOUND, {"max_age": 120_000_000_000, "duplicate_window": 60_000_000_000}),
        (COMMANDS, {"allow_rollup_hdrs": True, "max_msg_size": -1}),
    ],
)
async def test_drift_is_put_right(
    connection: Connection, stream: str, drift: dict[str, Any]
) -> None:
    wanted = await _config(connection, stream)
    await connection.api(f"STREAM.UPDATE.{stream}", {**wanted, **drift})
    assert await _config(connection, stream) != wanted
    await _declare(connection)
    assert await _config(connection, stream) == wanted


async def test_what_the_operator_may_choose_is_left_alone(connection: Connection) -> None:
    config = await _config(connection, JOURNAL)
    chosen = {**config, "description": "ours", "compression": "s2"}
    await connection.api(f"STREAM.UPDATE.{JOURNAL}", chosen)
    await _declare(connection)
    found = await _config(connection, JOURNAL)
    assert (found["description"], found["compression"]) == ("ours", "s2")


@pytest.mark.parametrize(
    ("field", "value"),
    [("storage", "memory"), ("retention", "workqueue"), ("persist_mode", "async")],
)
async def test_a_stream_that_cannot_be_put_right_is_refused_by_field(
    server: EmbeddedServer, store: Any, connect: Connect, field: str, value: str
) -> None:
    connection = await connect(read_connection(store))
    wrong = {"name": DEAD, "subjects": ["maitred.v1.*.dead.>"], field: value}
    await connection.api(f"STREAM.CREATE.{DEAD}", wrong)
    with pytest.raises(ConfigurationError, match=f"stream DEAD, field {field}: is '{value}'"):
        await _declare(connection)


async def test_other_partitions_are_refused_while_messages_stand_in_the_old_ones(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    await _declare(connection, partitions=4)  # empty: nothing can be read out of order
    subject = subjects.inbound("email", IdentifierKey("k"))
    await publisher.publish(subject, b"", msg_id="m", stream=INBOUND)
    with pytest.raises(ConfigurationError, match="subject_transform"):
        await _declare(connection, partitions=5)


async def test_fewer_replicas_than_there_are_are_not_made_silently(connection: Connection) -> None:
    with pytest.raises(ConfigurationError, match="num_replicas"):
        await _declare(connection, replicas=0)


async def test_a_subject_that_another_stream_has_is_told(
    server: EmbeddedServer, store: Any, connect: Connect
) -> None:
    connection = await connect(read_connection(store))
    await connection.api("STREAM.CREATE.OTHER", {"name": "OTHER", "subjects": ["maitred.>"]})
    with pytest.raises(ConfigurationError, match="stream INBOUND"):
        await _declare(connection)


async def test_commands_are_bounded_and_carry_no_powers(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    subject = subjects.agent_command(AgentId("a"), "accept")
    with pytest.raises(Permanent):
        await publisher.publish(
            subject, bytes(COMMAND_BYTES_MAX + 1), msg_id="big", stream=COMMANDS
        )
    for number, headers in enumerate(
        ({"Nats-Rollup": "all"}, {"Nats-Rollup": "sub"}, {"Nats-TTL": "1s"})
    ):
        with pytest.raises(Permanent):
            await publisher.publish(
                subject, b"{}", msg_id=f"m{number}", stream=COMMANDS, headers=headers
            )


async def test_info_tells_what_a_stream_holds(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    await asyncio.gather(
        *(
            publisher.publish(subjects.dead("intake", "k1"), b"", msg_id=f"m{number}", stream=DEAD)
            for number in range(3)
        )
    )
    found = await streams.info(connection, DEAD)
    assert (found.messages, found.first_seq, found.last_seq) == (3, 1, 3)
    assert found.created_ms > 1_600_000_000_000
    assert await streams.last_sequence(connection, JOURNAL) == 0


async def _monitoring(answer: dict[str, Any]) -> tuple[web.AppRunner, str]:
    async def varz(_: web.Request) -> web.Response:
        return web.json_response(answer)

    app = web.Application()
    app.router.add_get("/varz", varz)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def test_a_server_that_writes_lazily_is_refused_unless_that_is_allowed(
    connection: Connection,
) -> None:
    runner, lazy = await _monitoring({"jetstream": {"config": {"sync_interval": 1}}})
    safe_runner, safe = await _monitoring({"jetstream": {"config": {"sync_always": True}}})
    await streams.check_server(connection, allow_lazy_sync=False, monitoring_url=safe)
    for url in (lazy, f"{safe}, {lazy}", "http://127.0.0.1:1", None):
        with pytest.raises(ConfigurationError, match=r"sync_interval|does not answer"):
            await streams.check_server(connection, allow_lazy_sync=False, monitoring_url=url)
        await streams.check_server(connection, allow_lazy_sync=True, monitoring_url=url)
    await streams.check_server(connection, allow_lazy_sync=False, embedded=True)
    await runner.cleanup()
    await safe_runner.cleanup()
