"""Who is typing and what was read: passed on both ways, never stored, and never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from maitred.connectors.chat import presence
from maitred.connectors.chat import socket as sockets
from maitred.connectors.port import Signalled
from maitred.contracts.identifiers import visitor_identifier
from maitred.contracts.ids import MessageId
from maitred.contracts.signals import SignalKind

Chat = Callable[..., Awaitable[Any]]
READ = MessageId("msg_" + "0" * 32)


def key_of(house: Any, visitor: Any) -> Any:
    return house.context.keys.identifier(visitor_identifier(visitor.id))


async def test_a_visitor_s_typing_is_passed_on_and_never_stored(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await ann.say(type="typing")
    assert await ann.ask(type="ping") == {"type": "pong"}
    assert await asyncio.wait_for(house.context.signals.typed.get(), 5) == key_of(house, ann)
    assert house.context.store.calls == 0
    assert house.context.refusals == []


async def test_nobody_types_before_he_has_said_hello(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    assert (await ann.ask(type="typing"))["code"] == "hello_first"
    assert house.context.signals.typed.empty()


async def test_what_an_agent_signals_reaches_every_tab_of_its_visitor_and_nobody_else(
    chat: Chat,
) -> None:
    house = await chat()
    ann, bob = await house.visit(), await house.visit()
    await ann.hello()
    await bob.hello()
    tab = await house.visit()
    await tab.hello(ann.token)
    key = key_of(house, ann)
    house.context.signals.push(Signalled(key, SignalKind.TYPING))
    house.context.signals.push(Signalled(key, SignalKind.READ, READ))
    for each in (ann, tab):
        assert await each.hear() == {"type": "typing"}
        assert await each.hear() == {"type": "read", "message": READ}
    assert await bob.ask(type="ping") == {"type": "pong"}


@pytest.mark.parametrize("kind", [SignalKind.UNKNOWN, SignalKind.READ])
async def test_a_signal_that_says_nothing_is_not_shown(chat: Chat, kind: SignalKind) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    house.context.signals.push(Signalled(key_of(house, ann), kind))
    house.context.signals.push(Signalled(key_of(house, ann), SignalKind.TYPING))
    assert await ann.hear() == {"type": "typing"}


async def test_signals_do_not_fill_the_line_of_who_reads_slowly(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "HINTS_WAITING_MAX", 0)
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    house.context.signals.push(Signalled(key_of(house, ann), SignalKind.TYPING))
    await house.context.signals.idle()
    house.reply(ann.id, "Hello")
    assert (await ann.hear())["type"] == "reply"


async def test_when_signals_are_interrupted_they_are_followed_again(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_FOLLOW_AGAIN_S", 0)
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    house.context.signals.cut()
    house.context.signals.push(Signalled(key_of(house, ann), SignalKind.TYPING))
    assert await ann.hear() == {"type": "typing"}
    assert house.context.refusals == [("", "signals_interrupted")]
