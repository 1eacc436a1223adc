"""Signals between customers and the agents who have them, over a real server and two processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import msgspec
import pytest
from nats.aio.msg import Msg

from maitred.connectors.chat.connector import ChatConnector
from maitred.connectors.port import Signalled
from maitred.connectors.sms.connector import SmsConnector
from maitred.contracts.identifiers import visitor_identifier
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.limits import (
    SIGNAL_BYTES_MAX,
    SIGNAL_EVERY_MS,
    SIGNALS_AT_ONCE_MAX,
)
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.signals import Signal, SignalKind
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import streams
from maitred.gateway.holding import Holding
from maitred.gateway.signalling import ChannelSignals, Relay, _Restraint, signals_of
from tests.gateway.conftest import OpenBackbone

CNV, ANN, KIM = ConversationId("cnv_x"), AgentId("ann"), IdentifierKey("kim")
READ = MessageId("msg_1")
TYPING = Signal(kind=SignalKind.TYPING, conversation=CNV, epoch=3)


def held(**more: Any) -> RoutingDoc:
    """Return a conversation that Ann has, and whose customer reads in the chat."""
    to = ReplyTo(channel="chat", account="web", endpoint=visitor_identifier("v"), key=KIM)
    doc = RoutingDoc(
        conversation=CNV,
        customer=CustomerId("cus_kim"),
        state=RoutingState.ASSIGNED,
        agent=ANN,
        epoch=3,
        channel="chat",
        account="web",
        arrived_at=1,
        state_at=1,
        reply_to=to,
    )
    return msgspec.structs.replace(doc, **more)


@dataclass
class Wires:
    """A process with a door, one that dispatches, and what Ann hears and the door is told."""

    door: Backbone
    house: Backbone
    holding: Holding
    in_charge: Iterator[bool] = field(default_factory=lambda: repeat(True))
    """Whether it dispatches, asked at each signal."""
    heard: asyncio.Queue[Msg] = field(default_factory=asyncio.Queue)
    shown: asyncio.Queue[Signalled] = field(default_factory=asyncio.Queue)

    async def start(self) -> None:
        """Listen on both sides."""
        await Relay(self.house, self.holding, lambda: next(self.in_charge)).start()
        where = self.door.subjects.signal_heard(ANN)
        await self.door.connection.subscribe(where, self.heard.put)
        for each in (self.door, self.house):
            await each.connection.client.flush()

    async def say(self, signal: Signal | bytes, agent: str = ANN) -> None:
        """Let an agent signal something."""
        data = signal if isinstance(signal, bytes) else msgspec.json.encode(signal)
        await self.door.connection.publish(self.door.subjects.signal_said(agent), data)

    async def told(self) -> Signalled:
        """Return what the door is told next."""
        return await asyncio.wait_for(self.shown.get(), 5)


@pytest.fixture
async def wires(open_backbone: OpenBackbone) -> AsyncIterator[Wires]:
    made = Wires(await open_backbone(), await open_backbone(), Holding())
    made.holding.note(held())

    async def follow() -> None:
        async for each in ChannelSignals(made.door, "chat").follow():
            made.shown.put_nowait(each)

    following = asyncio.get_running_loop().create_task(follow())
    await asyncio.sleep(0)
    await made.start()
    yield made
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_who_has_the_conversation_hears_that_its_customer_types(wires: Wires) -> None:
    before = [await streams.info(wires.door.connection, each) for each in ("JOURNAL", "COMMANDS")]
    await ChannelSignals(wires.door, "chat").typing(KIM)
    message = await asyncio.wait_for(wires.heard.get(), 5)
    assert msgspec.json.decode(message.data, type=Signal) == TYPING
    assert (message.subject, message.reply) == ("maitred.v1.t.signal.heard.ann", "")
    after = [await streams.info(wires.door.connection, each) for each in ("JOURNAL", "COMMANDS")]
    assert after == before


async def test_what_an_agent_signals_comes_to_every_door(wires: Wires) -> None:
    await wires.say(TYPING)
    assert await wires.told() == Signalled(KIM, SignalKind.TYPING)
    await wires.say(Signal(kind=SignalKind.READ, conversation=CNV, epoch=3, message=READ))
    assert await wires.told() == Signalled(KIM, SignalKind.READ, READ)


@pytest.mark.parametrize(
    ("agent", "signal"),
    [
        ("bob", TYPING),
        ("ann", msgspec.structs.replace(TYPING, epoch=2)),
        ("ann", msgspec.structs.replace(TYPING, conversation=ConversationId("cnv_y"))),
        ("ann", msgspec.structs.replace(TYPING, conversation=None)),
        ("ann", msgspec.structs.replace(TYPING, kind=SignalKind.READ)),
        ("ann", msgspec.structs.replace(TYPING, kind=SignalKind.UNKNOWN)),
        ("ann", msgspec.json.encode(TYPING) + b" " * SIGNAL_BYTES_MAX),
        ("ann", b"[" * SIGNAL_BYTES_MAX),
        ("ann", b"\xff"),
        ("ann", b""),
    ],
)
async def test_what_is_not_his_to_say_or_says_nothing_is_dropped(
    wires: Wires, agent: str, signal: Signal | bytes
) -> None:
    await wires.say(signal, agent)
    await wires.say(Signal(kind=SignalKind.READ, conversation=CNV, epoch=3, message=READ))
    assert (await wires.told()).kind is SignalKind.READ


@pytest.mark.parametrize(
    "change",
    [
        {"state": RoutingState.OFFERED},
        {"state": RoutingState.WAITING, "agent": None},
        {"state": RoutingState.CLOSED},
        {"reply_to": None},
    ],
)
async def test_nobody_hears_of_what_nobody_has(wires: Wires, change: dict[str, Any]) -> None:
    later = ConversationId("cnv_y")
    wires.holding.note(held(**change))
    wires.holding.note(held(conversation=later))
    await ChannelSignals(wires.door, "chat").typing(KIM)
    # They are told in the order of their names.
    message = await asyncio.wait_for(wires.heard.get(), 5)
    assert msgspec.json.decode(message.data, type=Signal).conversation == later


async def test_only_the_gateway_that_dispatches_passes_anything_on(wires: Wires) -> None:
    wires.in_charge = iter((False, True))
    await wires.say(TYPING)
    await wires.say(Signal(kind=SignalKind.READ, conversation=CNV, epoch=3, message=READ))
    assert (await wires.told()).kind is SignalKind.READ
    wires.in_charge = iter((False, True))
    typing = ChannelSignals(wires.door, "chat").typing
    await typing(KIM)
    wires.holding.note(held(epoch=4))
    await typing(KIM)
    message = await asyncio.wait_for(wires.heard.get(), 5)
    assert msgspec.json.decode(message.data, type=Signal).epoch == 4


async def test_a_door_without_a_connection_forgets_what_it_would_have_said(wires: Wires) -> None:
    await wires.door.connection.close()
    await ChannelSignals(wires.door, "chat").typing(KIM)


def test_a_customer_is_found_where_he_reads_now() -> None:
    holding = Holding()
    holding.note(held())
    assert [each.agent for each in holding.at("chat", KIM)] == [ANN]
    to = held().reply_to
    assert to is not None
    elsewhere = msgspec.structs.replace(to, channel="sms", key=IdentifierKey("phone"))
    holding.note(held(reply_to=elsewhere, epoch=4))
    assert holding.at("chat", KIM) == []
    assert [each.epoch for each in holding.at("sms", IdentifierKey("phone"))] == [4]
    holding.forget(CNV)
    assert holding.of(CNV) is None
    assert holding._at == {}
    holding.note(held())
    holding.clear()
    assert holding.at("chat", KIM) == []


def test_a_few_pass_at_once_and_then_one_in_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0
    monkeypatch.setattr(clock, "monotonic_ms", lambda: now)
    restraint = _Restraint[str]()
    passed = [restraint.lets_pass("kim") for _ in range(SIGNALS_AT_ONCE_MAX + 2)]
    assert passed == [True] * SIGNALS_AT_ONCE_MAX + [False] * 2
    assert restraint.lets_pass("jo")
    now = SIGNAL_EVERY_MS
    assert [restraint.lets_pass("kim") for _ in range(2)] == [True, False]
    now = 10 * SIGNAL_EVERY_MS
    assert all(restraint.lets_pass("kim") for _ in range(SIGNALS_AT_ONCE_MAX))


async def test_only_channels_that_can_show_it_have_signals(backbone: Backbone) -> None:
    assert signals_of(backbone, ChatConnector) is not None
    assert signals_of(backbone, SmsConnector) is None
