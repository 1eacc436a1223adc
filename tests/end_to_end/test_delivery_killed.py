"""Killed with `kill -9` at every step of sending: nobody hears twice what could be known.

Once the whole gateway is killed, its server with it, and once a delivery of its own, while doors,
intake and dispatch go on in another process.
`DELIVERY_KILLS` says how often (a few by default; `make kills` takes many), `DELIVERY_SEED` when.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from msgspec.structs import replace

from demo.cast import nats_login
from demo.house import House
from demo.pens import ChatPen
from demo.standins.slack_api import SlackApi
from demo.standins.twilio_api import TwilioApi
from maitred.contracts.identifiers import visitor_identifier
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    OutboundId,
    Tenant,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound
from maitred.gateway import clock
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from tests.end_to_end.killing import (
    CHANNELS,
    DELIVERY,
    MOMENTS,
    Field,
    Mails,
    Peers,
    faults,
    moments,
)
from tests.end_to_end.peers import System, keep_secrets
from tests.end_to_end.seat import Seat

KILLS: Final = int(os.environ.get("DELIVERY_KILLS", "5"))
SEED: Final = int(os.environ.get("DELIVERY_SEED", "1"))
DEALER: Final = random.Random(1)  # noqa: S311  (dealt by a seed)
ROUTING: Final = '[[routing.agents]]\nid = "ann"\ncapacity = 20\n'


@pytest.fixture(params=["", "doors,intake,dispatch"], ids=["gateway", "delivery"])
async def ground(
    request: pytest.FixtureRequest, tmp_path: Path, session: aiohttp.ClientSession
) -> AsyncIterator[Field]:
    """Open a house, with peers that note what they take; its roles, if not all, go on living."""
    folder, twilio, system = tmp_path / "house", TwilioApi(), System()
    slack = SlackApi(clock=lambda: clock.now_ms() / 1_000)
    house = House(folder, slack, twilio, routing=ROUTING, roles=request.param)
    victim = house
    if request.param:
        victim = House(tmp_path / "delivery", slack, twilio, routing=ROUTING, roles="delivery")
    peers = Peers(victim, random.Random(SEED))  # noqa: S311  (dealt by a seed)
    mails = Mails(peers)
    twilio.taken = lambda form: peers.took("sms", form["Body"])
    slack.taken = lambda post: peers.took("slack", post["metadata"]["event_payload"]["outbound"])
    system.taken = lambda name: peers.took("webhook", name)
    async with AsyncExitStack() as stack:
        for each in (slack, twilio, mails, system):
            await each.start()
            stack.push_async_callback(each.stop)
        for each in (house, victim) if victim is not house else (house,):
            each.smarthost_port = mails.port
            each.sections = {"webhook": system.section(), "delivery": DELIVERY}
            each.beside = None if each is house else house
            each.write()
            keep_secrets(each.folder)
            stack.push_async_callback(each.kill)
            await each.up()
        where = read_connection(house.store)
        bus = await Connection.connect(where, name="test", on_closed=lambda _: None)
        stack.push_async_callback(bus.close)
        watching = asyncio.get_running_loop().create_task(peers.watch(bus))
        stack.push_async_callback(asyncio.wait, {watching})
        stack.callback(watching.cancel)
        ann = Seat("ann")
        stack.push_async_callback(ann.leave)
        await ann.sit(nats_login(house, "ann"))
        visitor = ChatPen(house, session, "kim")
        stack.push_async_callback(visitor.hang_up)
        made = Field(house, victim, peers, session, bus, ann, visitor)
        await made.open()
        yield made


# A killed peer leaves sockets behind that the client libraries close late.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.timeout(90 + 20 * KILLS)
async def test_a_peer_sees_twice_only_what_its_protocol_leaves_no_choice_about(
    ground: Field,
) -> None:
    for channel, moment in moments(ground.peers.chance, KILLS):
        await ground.round(channel, moment)
    found = await ground.faults()
    print(f"seed {SEED}: {dict(ground.moments)}, {await ground.counts()}")  # noqa: T201  (shown when it fails, or with -s)
    assert found == [], f"seed {SEED}"


def test_of_a_few_kills_each_is_another_moment() -> None:
    few = moments(DEALER, len(MOMENTS))
    assert {moment for _, moment in few} == set(MOMENTS)
    many = moments(DEALER, 100)
    assert {channel for channel, _ in many} == set(CHANNELS)
    assert len(many) == 100


def reply(name: str, channel: str) -> Outbound:
    to = ReplyTo(
        channel=channel,
        account="main",
        endpoint=visitor_identifier("v1"),
        key=IdentifierKey("key"),
    )
    return Outbound(
        id=OutboundId(name),
        tenant=Tenant("main"),
        conversation=ConversationId("cnv_1"),
        customer=CustomerId("cus_1"),
        agent=AgentId("ann"),
        to=to,
        text=name,
        at=1,
    )


def verdict(channel: str, seen: list[str], **changes: Any) -> list[str]:
    """Return what is at fault of two replies of which the second one stands as is said."""
    both = [reply("one", channel), reply("two", channel)]
    told = {OutboundId("two")} if changes.pop("told", False) else set()
    docs = [
        DeliveryDoc(
            id=each.id,
            conversation=each.conversation,
            channel=channel,
            state=DeliveryState.SENT,
            at=1,
        )
        for each in both
    ]
    docs[1] = replace(docs[1], **changes)
    return faults(both, docs, told, {channel: seen})


UNKNOWN = DeliveryState.UNKNOWN


@pytest.mark.parametrize(
    ("channel", "seen", "changes"),
    [
        ("sms", ["one", "two"], {}),
        ("sms", ["one", "two"], {"state": UNKNOWN, "told": True}),
        ("sms", ["one"], {"state": UNKNOWN, "told": True}),
        ("slack", ["one"], {"state": UNKNOWN, "told": True}),
        ("email", ["one", "two", "two"], {"again": True}),
        ("webhook", ["one", "one", "two"], {}),
    ],
)
def test_what_must_be_is_no_fault(channel: str, seen: list[str], changes: dict[str, Any]) -> None:
    assert verdict(channel, seen, **changes) == []


@pytest.mark.parametrize(
    ("channel", "seen", "changes", "said"),
    [
        ("sms", ["one"], {}, "counts as sent and never came"),
        ("sms", ["one", "two", "two"], {}, "came 2 times"),
        ("sms", ["one", "two", "two"], {"again": True}, "came 2 times"),
        ("slack", ["one", "two", "two"], {}, "came 2 times"),
        ("slack", ["one", "two"], {"state": UNKNOWN, "told": True}, "could have been found"),
        ("email", ["one", "two", "two"], {}, "came 2 times"),
        ("chat", ["one", "two", "two"], {}, "came 2 times"),
        ("sms", ["two", "one"], {}, "out of order"),
        ("sms", ["one", "two"], {"state": UNKNOWN}, "heard otherwise"),
        ("sms", ["one", "two"], {"told": True}, "heard otherwise"),
        ("email", ["one"], {"state": UNKNOWN, "told": True}, "could have been sent again"),
        ("sms", ["one"], {"state": DeliveryState.WAITING}, "is waiting"),
    ],
)
def test_every_fault_is_seen(
    channel: str, seen: list[str], changes: dict[str, Any], said: str
) -> None:
    (fault,) = verdict(channel, seen, **changes)
    assert said in fault
