"""What a visitor changes is stored like a message; what is of the moment is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.connectors.chat.frames import NotTaken, read
from maitred.contracts.ids import message_id
from maitred.contracts.limits import CHAT_TEXT_CHARACTERS_MAX

Chat = Callable[..., Awaitable[Any]]


async def test_an_edit_and_a_delete_are_stored_and_acked(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await ann.ask(type="message", id="m1", text="Helo")
    edit = await ann.ask(type="edit", id="e1", target="m1", text="Hello")
    delete = await ann.ask(type="delete", id="d1", target="m1")
    (_, edited), (_, deleted) = house.context.accepted[1:]
    assert edit["type"] == delete["type"] == "ack"
    assert (edit["id"], delete["id"]) == ("e1", "d1")
    assert b'"target":"m1"' in edited.replace(b" ", b"")
    assert b"delete" in deleted
    assert [one.provider_id for one, _ in house.context.accepted] == [
        f"{ann.id}:m1",
        f"{ann.id}:edit:e1",
        f"{ann.id}:delete:d1",
    ]


async def test_the_same_change_again_is_the_same_change(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    for duplicate in (False, True):
        ack = await ann.ask(type="edit", id="e1", target="m1", text="Hello")
        assert ack["duplicate"] is duplicate
    # Ids of messages and of changes do not get in each other's way.
    assert (await ann.ask(type="message", id="e1", text="Hi"))["duplicate"] is False
    assert (await ann.ask(type="delete", id="e1", target="m1"))["duplicate"] is False


async def test_the_id_that_an_ack_names_is_the_one_that_an_edit_is_about(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    ack = await ann.ask(type="message", id="m1", text="Hello")
    context = house.context.context
    assert ack["message"] == message_id(context.tenant, "chat", "web", f"{ann.id}:m1")


@pytest.mark.parametrize(
    ("frame", "code", "about"),
    [
        ({"type": "edit", "id": "e1", "text": "x"}, "bad_frame", "e1"),
        ({"type": "edit", "id": "e1", "target": "m1"}, "bad_frame", "e1"),
        ({"type": "edit", "id": "e1", "target": "m1", "text": " "}, "bad_frame", "e1"),
        ({"type": "edit", "id": "e1", "target": "a b", "text": "x"}, "bad_frame", "e1"),
        ({"type": "edit", "target": "m1", "text": "x"}, "bad_frame", None),
        ({"type": "delete", "id": "d1"}, "bad_frame", "d1"),
        ({"type": "delete", "id": "d1", "target": ["m1"]}, "bad_frame", "d1"),
        ({"type": "read"}, "bad_frame", None),
        ({"type": "read", "seq": -1}, "bad_frame", None),
        ({"type": "read", "seq": "1"}, "bad_frame", None),
        ({"type": "message", "id": "m1", "text": "x", "title": "t" * 1_001}, "bad_frame", "m1"),
        ({"type": "message", "id": "m1", "text": "x", "referrer": 1}, "bad_frame", "m1"),
    ],
)
async def test_a_change_that_is_none_is_refused(
    chat: Chat, frame: dict[str, Any], code: str, about: str | None
) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    expected = {"type": "error", "code": code} | ({"id": about} if about else {})
    assert await ann.ask(**frame) == expected
    assert house.context.store.calls == 0


async def test_an_edit_too_long_is_refused_as_a_message_is(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    text = "x" * (CHAT_TEXT_CHARACTERS_MAX + 1)
    answer = await ann.ask(type="edit", id="e1", target="m1", text=text)
    assert answer == {"type": "error", "id": "e1", "code": "too_long"}


async def test_signals_count_like_every_frame(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    for _ in range(121):
        await ann.say(type="typing")
    assert (await ann.hear())["code"] == "slow_down"


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_not_taken(data: bytes) -> None:
    with suppress(NotTaken):
        read(data)
