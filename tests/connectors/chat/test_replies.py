"""Replies: every tab hears them, nobody twice, and who was away hears them on his return."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import WSCloseCode

from maitred.connectors.chat.presence import Presence
from maitred.contracts.errors import StoreUnavailable

Chat = Callable[..., Awaitable[Any]]


async def test_a_reply_reaches_every_tab_of_its_visitor_and_nobody_else(chat: Chat) -> None:
    house = await chat()
    ann, bob = await house.visit(), await house.visit()
    await ann.hello()
    await bob.hello()
    tab = await house.visit()
    await tab.hello(ann.token)
    house.reply(ann.id, "Hello Ann")
    expected = {
        "type": "reply",
        "id": "out_1",
        "seq": 1,
        "text": "Hello Ann",
        "name": "Sam",
        "at": house.context.now,
    }
    assert await ann.hear() == expected
    assert await tab.hear() == expected
    assert await bob.ask(type="ping") == {"type": "pong"}


async def test_who_was_away_hears_what_he_missed_once_and_in_order(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    house.reply(ann.id, "one", "1")
    assert (await ann.hear())["seq"] == 1
    await ann.socket.close()
    house.reply(ann.id, "two", "2")
    house.reply("somebody else", "not for you", "3")
    house.reply(ann.id, "four", "4")
    back = await house.visit()
    assert (await back.hello(ann.token, after=1))["resumed"] is True
    assert [(await back.hear())["text"] for _ in range(2)] == ["two", "four"]
    house.reply(ann.id, "five", "5")
    assert (await back.hear())["text"] == "five"
    assert await back.ask(type="ping") == {"type": "pong"}


async def test_a_visitor_without_a_token_gets_nothing_of_anybody(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    house.reply(ann.id, "one")
    stranger = await house.visit()
    assert (await stranger.hello(after=0))["visitor"] != ann.id
    assert await stranger.ask(type="ping") == {"type": "pong"}


async def test_a_reply_that_comes_while_the_missed_ones_are_read_is_neither_lost_nor_doubled(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await ann.socket.close()
    house.reply(ann.id, "one", "1")
    read = house.context.outbox.since

    async def since(*given: Any) -> Any:
        missed = await read(*given)
        house.reply(ann.id, "two", "2")
        await asyncio.sleep(0)
        return [*missed, house.reply(ann.id, "three", "3")]

    monkeypatch.setattr(house.context.outbox, "since", since)
    back = await house.visit()
    await back.hello(ann.token)
    assert [(await back.hear())["seq"] for _ in range(3)] == [1, 2, 3]
    assert await back.ask(type="ping") == {"type": "pong"}


async def test_a_store_that_does_not_answer_at_hello_asks_to_come_back(chat: Chat) -> None:
    house = await chat()
    before = await house.visit()
    await before.hello()
    house.context.outbox.error = StoreUnavailable("no answer")
    ann = await house.visit()
    assert (await ann.hello(before.token))["token"]
    expected = {"type": "error", "code": "try_again", "retry_after_ms": 2000}
    assert await ann.hear() == expected
    assert await ann.closed() == 1013
    house.context.outbox.error = None
    assert (await (await house.visit()).hello(ann.token))["resumed"] is True


async def test_replies_that_passed_while_the_store_was_away_are_fetched(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maitred.connectors.chat.presence._FOLLOW_AGAIN_S", 0)
    house = await chat()
    ann, tab = await house.visit(), await house.visit()
    await ann.hello()
    await tab.hello(ann.token)
    house.reply(ann.id, "one", "1")
    assert (await ann.hear())["seq"] == (await tab.hear())["seq"] == 1
    read, asked, go = house.context.outbox.since, asyncio.Event(), asyncio.Event()

    async def since(*given: Any) -> Any:
        missed = await read(*given)
        asked.set()
        await go.wait()
        return missed

    monkeypatch.setattr(house.context.outbox, "since", since)
    house.context.outbox.cut()
    house.reply(ann.id, "two", "2")
    await asyncio.wait_for(asked.wait(), 5)
    house.reply(ann.id, "three", "3")
    # The pong shows that the live reply has had its turn, and was held back.
    assert await ann.ask(type="ping") == {"type": "pong"}
    go.set()
    for one in (ann, tab):
        assert [(await one.hear())["seq"] for _ in range(2)] == [2, 3]
        assert await one.ask(type="ping") == {"type": "pong"}
    assert ("", "replies_interrupted") in house.context.refusals


async def test_a_store_that_stays_away_sends_its_visitors_away_too(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maitred.connectors.chat.presence._FOLLOW_AGAIN_S", 0)
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    assert await ann.ask(type="ping") == {"type": "pong"}
    house.context.outbox.error = StoreUnavailable("no answer")
    house.context.outbox.cut()
    assert await ann.closed() == 1013


async def test_who_does_not_read_is_dropped_and_the_others_are_not_held_up(chat: Chat) -> None:
    house = await chat()
    slow, quick = await house.visit(), await house.visit()
    await slow.hello()
    await quick.hello(slow.token)
    slow.socket._response.connection.transport.pause_reading()
    long = "x" * 40_000
    heard = 0
    while len(house.connector._sockets) == 2 and heard < 2_000:
        heard += 1
        house.reply(slow.id, long, str(heard))
        assert (await quick.hear())["seq"] == heard
    assert len(house.connector._sockets) == 1
    back = await house.visit()
    await back.hello(slow.token, after=heard - 1)
    assert (await back.hear())["seq"] == heard


async def test_a_stop_says_goodbye_to_everybody_and_finishes_what_is_under_way(
    chat: Chat,
) -> None:
    house = await chat()
    ann, bob, mute = await house.visit(), await house.visit(), await house.visit()
    await ann.hello()
    await bob.hello()
    house.context.store.gate = asyncio.Event()
    await bob.say(type="message", id="m1", text="x")
    await house.context.store.called.wait()
    async with asyncio.TaskGroup() as group:
        group.create_task(house.connector.stop())
        assert await ann.closed() == WSCloseCode.GOING_AWAY
        assert await mute.closed() == WSCloseCode.GOING_AWAY
        house.context.store.gate.set()
    assert len(house.context.accepted) == 1
    assert house.connector._sockets == set()


async def test_nothing_is_kept_of_who_left_but_his_bucket(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await ann.ask(type="ping")
    presence: Presence = house.connector._presence
    assert len(presence._here) == 1
    await ann.socket.close()
    await asyncio.wait_for(house.connector._all_gone.wait(), 5)
    assert presence._here == {}
    assert len(presence._buckets) == 1


async def test_sending_is_done_when_the_journal_holds_the_reply(chat: Chat) -> None:
    house = await chat()
    outbound = house.reply("anybody", "x").outbound
    sent = await house.connector.send(outbound)
    assert sent.provider_id == outbound.id
    assert house.connector.capabilities.resend_is_safe
