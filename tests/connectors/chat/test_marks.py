"""Marks: what a visitor's side says became of the replies to him is reported, and only of those."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from maitred.connectors.chat.socket import FRAMES_WAITING_MAX
from maitred.contracts.identifiers import visitor_identifier
from maitred.contracts.ids import OutboundId
from maitred.contracts.outbound import OutboundKind

Chat = Callable[..., Awaitable[Any]]


async def _answered(house: Any, visitor: Any, *commands: str) -> None:
    for command in commands:
        house.reply(visitor.id, f"Answer {command}", command)
        await visitor.hear()


def _told(house: Any) -> list[tuple[str, str]]:
    return [(each.outbound, each.state.value) for each in house.context.reports]


async def test_what_arrived_and_what_was_read_is_reported_once(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await _answered(house, ann, "1", "2")
    assert await ann.ask(type="received", seq=2) == {
        "type": "marked",
        "state": "delivered",
        "seq": 2,
    }
    await ann.ask(type="read", seq=1)
    assert await ann.ask(type="read", seq=2, after=1) == {
        "type": "marked",
        "state": "read",
        "seq": 2,
    }
    assert _told(house) == [
        ("out_1", "delivered"),
        ("out_2", "delivered"),
        ("out_1", "read"),
        ("out_2", "read"),
    ]
    (report, *_) = house.context.reports
    assert (report.channel, report.account, report.at) == ("chat", "web", house.context.now)


async def test_who_comes_back_may_mark_what_went_over_an_earlier_connection(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await _answered(house, ann, "1", "2")
    await ann.socket.close()
    back = await house.visit()
    await back.hello(ann.token, after=2)
    await back.ask(type="read", seq=2, after=1)
    assert _told(house) == [("out_2", "read")]


async def test_nobody_marks_what_went_to_somebody_else(chat: Chat) -> None:
    house = await chat()
    ann, bob = await house.visit(), await house.visit()
    await ann.hello()
    await bob.hello()
    await _answered(house, ann, "1", "2")
    await bob.ask(type="read", seq=1_000)
    back = await house.visit()
    await back.hello(bob.token, after=900)
    assert (await back.ask(type="read", seq=1_000))["type"] == "marked"
    assert _told(house) == []


async def test_a_mark_whose_report_is_not_stored_is_not_answered_as_if_it_were(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await _answered(house, ann, "1")
    house.context.store.fail()
    fault = {"type": "error", "code": "try_again", "retry_after_ms": 2_000}
    assert await ann.ask(type="read", seq=1) == fault
    house.context.store.recover()
    assert (await ann.ask(type="read", seq=1))["type"] == "marked"
    assert _told(house) == [("out_1", "read")]


async def test_after_very_many_replies_the_journal_knows_the_older_ones(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await _answered(house, ann, *map(str, range(1, FRAMES_WAITING_MAX + 11)))
    await ann.ask(type="read", seq=5, after=3)
    assert _told(house) == [("out_4", "read"), ("out_5", "read")]


async def test_an_edit_names_the_reply_that_it_stands_for(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await _answered(house, ann, "1")
    outbound = house.context.outbound(
        visitor_identifier(ann.id), "Better", channel="chat", account="web", command="2"
    )
    edit = msgspec.structs.replace(outbound, kind=OutboundKind.EDIT, target=OutboundId("out_1"))
    house.context.outbox.push(edit)
    frame = await ann.hear()
    assert (frame["id"], frame["target"], frame["text"]) == ("out_2", "out_1", "Better")


async def test_a_welcome_says_what_the_widget_needs_to_know(chat: Chat) -> None:
    house = await chat()
    welcome = await (await house.visit()).hello()
    assert welcome["title"] == "Shop <care>"
    assert welcome["pre_chat"] == {}
    assert welcome["files"]["count"] == 5
    assert "image/*" in welcome["files"]["types"]
