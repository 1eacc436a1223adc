"""The door for mail: nobody brings more than it holds, nor keeps it open for nothing."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest

from maitred.connectors.email.reading import read_mail
from maitred.connectors.email.sessions import Held, Sessions
from maitred.contracts.limits import MIB
from tests.connectors.email.delivery import Dial, Make


async def test_a_mail_that_announces_too_much_is_refused_before_it_is_read(
    email: Make, dial: Dial
) -> None:
    connector, context = await email(bytes_max=4096)
    peer = await dial(connector)
    await peer.greet()
    refused = await peer.say(b"MAIL FROM:<a@b.example> SIZE=4097\r\n")
    assert refused == "552 5.3.4 Message too big"
    assert context.refusals == [("", "smtp_552")]
    assert (await peer.say(b"MAIL FROM:<a@b.example> SIZE=4096\r\n")).startswith("250")


async def test_a_mail_that_grows_too_big_is_refused_at_its_end(email: Make, dial: Dial) -> None:
    connector, context = await email(bytes_max=4096)
    peer = await dial(connector)
    await peer.open_data()
    assert (await peer.say(b"x" * 98 + b"\r\n" + b"y\r\n" * 1500 + b".\r\n")).startswith("552")
    assert context.accepted == []
    assert context.refusals == [("help", "smtp_552")]


async def test_a_mail_that_never_ends_is_cut_off(email: Make, dial: Dial) -> None:
    connector, context = await email(bytes_max=4096)
    peer = await dial(connector)
    await peer.open_data()
    assert (await peer.say(b"y" * 9000)).startswith("552")
    assert (await peer.closed()) == b""
    assert context.accepted == []


async def test_a_line_that_is_too_long_is_refused_and_the_next_mail_passes(
    email: Make, dial: Dial
) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.open_data()
    assert (await peer.say(b"x" * 3000 + b"\r\n.\r\n")).startswith("500 5.5.2")
    assert context.accepted == []
    await peer.say(b"MAIL FROM:<a@b.example>\r\n")
    await peer.say(b"RCPT TO:<help@shop.example>\r\n")
    await peer.say(b"DATA\r\n")
    assert (await peer.say(b"x" * 998 + b"\r\n.\r\n")).startswith("250")
    assert context.accepted[0][1] == b"x" * 998 + b"\r\n"


async def test_mails_under_way_together_are_bounded(email: Make, dial: Dial) -> None:
    connector, context = await email(bytes_max=4096, bytes_held_max=4096)
    context.store.gate = asyncio.Event()
    first, second = await dial(connector), await dial(connector)
    await first.open_data()
    await second.open_data()
    first.writer.write(b"x\r\n" * 1000 + b".\r\n")
    await asyncio.wait_for(context.store.called.wait(), 5)
    assert (await second.say(b"y\r\n" * 1000 + b".\r\n")).startswith("452 4.3.1")
    context.store.gate.set()
    assert (await first.answer()).startswith("250")
    assert connector._sessions.bytes_held == 0


async def test_one_peer_cannot_take_all_the_room_for_mails_unless_it_is_a_relay(
    email: Make, dial: Dial
) -> None:
    here = ("127.0.0.0/8",)
    bounds = {"bytes_max": 4096, "bytes_held_max": 16_384, "timeout_s": 5}
    for relays, answer in (((), "452 4.3.1"), (here, "250")):
        named = {"trusted_relays": relays, "authserv_id": "mx.shop.example"} if relays else {}
        connector, context = await email(**bounds, **named)
        context.store.gate = asyncio.Event()
        first, second = await dial(connector), await dial(connector)
        await first.open_data()
        await second.open_data()
        first.writer.write(b"x\r\n" * 1000 + b".\r\n")
        await asyncio.wait_for(context.store.called.wait(), 5)
        third = await dial(connector)
        await third.greet()
        announced = await third.say(b"MAIL FROM:<a@b.example> SIZE=4000\r\n")
        assert announced.startswith(answer)
        second.writer.write(b"y\r\n" * 1000 + b".\r\n")
        if not relays:
            assert (await second.answer()).startswith(answer)
        context.store.gate.set()
        assert (await first.answer()).startswith("250")
        if relays:
            assert (await second.answer()).startswith("250")
        assert not connector._sessions.held_by


def test_a_mail_of_many_lines_takes_no_more_memory_than_it_has_bytes() -> None:
    sessions = Sessions(1, 1, MIB, MIB, unbounded=lambda _: False, may_connect=lambda _: True)
    held = Held(sessions, "192.0.2.1")
    tracemalloc.start()
    try:
        for _ in range(100_000):
            held.add(bytes([13, 10]))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 3 * sessions.bytes_held
    assert held.take() == b"\r\n" * 100_000
    held.release()
    assert (sessions.bytes_held, dict(sessions.held_by)) == (0, {})


async def test_while_a_mail_of_many_lines_is_read_others_come_to_their_turn() -> None:
    sessions = Sessions(1, 1, MIB, MIB, unbounded=lambda _: True, may_connect=lambda _: True)
    reader = asyncio.StreamReader()
    reader.feed_data(b"\r\n" * 50_000 + b".\r\n")
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.get_running_loop().create_task(count())
    assert await read_mail(reader, Held(sessions, ""), MIB, lambda: None) == ""
    counting.cancel()
    assert turns >= 40


async def test_a_mail_that_finds_no_room_is_put_off_before_it_is_read(
    email: Make, dial: Dial
) -> None:
    connector, context = await email(bytes_max=4096, bytes_held_max=2048)
    peer = await dial(connector)
    await peer.greet()
    assert (await peer.say(b"MAIL FROM:<a@b.example> SIZE=3000\r\n")).startswith("452 4.3.1")
    assert (await peer.say(b"MAIL FROM:<a@b.example> SIZE=2000\r\n")).startswith("250")
    assert context.refusals == [("", "smtp_452")]


@pytest.mark.parametrize("size", [b"", b"=", b"=x", b"=-1", b"=\xc2\xb2"])
async def test_a_size_that_is_none_is_refused(email: Make, dial: Dial, size: bytes) -> None:
    connector, _ = await email()
    peer = await dial(connector)
    await peer.greet()
    assert (await peer.say(b"MAIL FROM:<a@b.example> SIZE" + size + b"\r\n"))[:1] in {"4", "5"}
    assert (await peer.say(b"MAIL FROM:<a@b.example>\r\n")).startswith("250")


async def test_a_connection_lost_in_the_middle_of_a_mail_stores_nothing(
    email: Make, dial: Dial
) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.open_data()
    peer.writer.write(b"From: a@b.example\r\n\r\nhalf a sen")
    await peer.close()
    await asyncio.wait_for(connector._sessions.empty.wait(), 5)
    assert context.store.calls == 0
    assert connector._sessions.bytes_held == 0


async def test_a_peer_that_falls_silent_is_told_so_and_closed(email: Make, dial: Dial) -> None:
    connector, context = await email(timeout_s=0.05)
    peer = await dial(connector)
    await peer.answer()
    assert await peer.closed() == b"421 4.4.2 Timeout, closing\r\n"
    assert context.refusals == [("", "timeout")]


async def test_connections_beyond_the_bound_are_put_off(email: Make, dial: Dial) -> None:
    connector, _ = await email(sessions_max=1)
    first = await dial(connector)
    await first.greet()
    second = await dial(connector)
    assert (await second.answer()).startswith("421 4.3.2")
    assert await second.closed() == b""
    assert (await first.say(b"NOOP\r\n")).startswith("250")
    await first.close()
    await asyncio.wait_for(connector._sessions.empty.wait(), 5)
    assert (await (await dial(connector)).answer()).startswith("220")


async def test_one_peer_cannot_take_every_connection_unless_it_is_a_relay(
    email: Make, dial: Dial
) -> None:
    stranger, _ = await email(sessions_per_peer_max=1)
    await (await dial(stranger)).greet()
    assert (await (await dial(stranger)).answer()).startswith("421")
    relay, _ = await email(
        sessions_per_peer_max=1, trusted_relays=("127.0.0.0/8",), authserv_id="mx.shop.example"
    )
    await (await dial(relay)).greet()
    assert (await (await dial(relay)).answer()).startswith("220")


async def test_strangers_leave_a_connection_for_the_relays(email: Make) -> None:
    connector, _ = await email(
        sessions_max=10, trusted_relays=("127.0.0.1/32",), authserv_id="mx.shop.example"
    )

    async def greeted(address: str) -> bytes:
        opened = await asyncio.open_connection("127.0.0.1", connector.port, local_addr=(address, 0))
        peers.append(opened[1])
        return await asyncio.wait_for(opened[0].readline(), 5)

    peers: list[asyncio.StreamWriter] = []
    try:
        strangers = [await greeted(f"127.0.0.{number}") for number in range(2, 12)]
        assert [each[:3] for each in strangers] == [b"220"] * 9 + [b"421"]
        assert (await greeted("127.0.0.1"))[:3] == b"220"
        assert (await greeted("127.0.0.1"))[:3] == b"421"
    finally:
        for each in peers:
            each.close()
