"""A house, or its delivery alone, killed at every step of sending, and what everybody saw."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Final

import aiohttp
from aiosmtpd.smtp import SMTP, Envelope

from demo.house import House
from demo.pens import ChatPen
from demo.verdict import read_documents, read_entries, wait_quiet
from demo.writers import letter, send_mail, send_slack, send_sms
from maitred.contracts.ids import OutboundId
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound, Undelivered
from maitred.gateway.bus.connection import Connection
from tests.end_to_end.mailing import KIM, PHONE, take
from tests.end_to_end.peers import deliveries, post_event
from tests.end_to_end.seat import Event, Seat

RESENT: Final = "email"
"""By this channel a reply is sent again of which nobody knows; what bears a mark there shows it."""
DELIVERY: Final = f'[delivery.channels.{RESENT}]\nunknown = "resend"\n'
CHANNELS: Final = ("sms", "email", "slack", "webhook", "chat")
MOMENTS: Final = ("said", "intent", "taken", "answered", "settled", "random")
HOOKED: Final = ("sms", "email", "slack", "webhook")
"""Channels whose peer can tell that it has taken something and not answered yet."""
NOTED: Final = ("sms", "email", "slack")
"""Channels by which an intent is written, since sending twice would be seen twice."""
SHOWN: Final = ("sms", "slack")
"""Channels by which what nobody knows stands as unknown."""
LOOKED_AT: Final = ("slack",)
"""Channels whose provider shows what it was sent, so that what came is never unknown."""
REPLIES: Final = 2
"""How many a conversation gets each time."""


@dataclass
class Peers:
    """Everybody outside of a house, or of the part of it that is killed.

    `seen` is what each channel's side got, by the reply's id or its text.
    """

    house: House
    chance: random.Random
    seen: dict[str, list[str]] = field(default_factory=lambda: {each: [] for each in CHANNELS})
    armed: tuple[str, str] = ("", "")
    struck: asyncio.Event = field(default_factory=asyncio.Event)

    async def took(self, channel: str, name: str) -> None:
        """Note what a peer has taken, and strike if that is the moment."""
        self.seen[channel].append(name)
        if self.armed == (channel, "taken"):
            self.strike()
        elif self.armed == (channel, "answered"):
            # The answer goes out when this returns; the commit behind it takes milliseconds.
            self.strike_after(self.chance.uniform(0.0, 0.01))

    def strike_after(self, seconds: float) -> None:
        """Kill a little later."""
        self.armed = ("", "")
        asyncio.get_running_loop().call_later(seconds, self.strike)

    def strike(self) -> None:
        """Kill the process where it stands; a server of its own goes with it."""
        self.armed = ("", "")
        assert self.house.process is not None
        self.house.process.kill()
        self.struck.set()

    async def watch(self, bus: Connection) -> None:
        """Strike when the journal says that a reply has come to the moment."""
        async with aclosing(deliveries(bus, self.house)) as found:
            async for doc in found:
                moment = "intent" if doc.state is DeliveryState.SENDING else "settled"
                if self.armed == (doc.channel, moment):
                    self.strike()


@dataclass
class Mails:
    """A mail server that notes which reply each mail is, and tells before it answers."""

    peers: Peers
    port: int = 0
    server: asyncio.Server | None = None

    async def start(self) -> None:
        made = asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="smarthost.example"), "127.0.0.1", 0
        )
        self.server = await made
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        assert isinstance(envelope.content, bytes)
        name = message_from_bytes(envelope.content)["Message-ID"]
        await self.peers.took("email", name.strip("<>").partition("@")[0])
        return "250 OK"


@dataclass
class Field:
    """A house with everybody around it, and one conversation a channel.

    `victim` is the process that is killed: the house itself, or its delivery.
    """

    house: House
    victim: House
    peers: Peers
    session: aiohttp.ClientSession
    bus: Connection
    ann: Seat
    visitor: ChatPen
    offers: dict[str, Event] = field(default_factory=dict)
    said: int = 0
    moments: Counter[str] = field(default_factory=Counter)

    async def open(self) -> None:
        """Let somebody write on each channel, and Ann take all of it."""
        house, session = self.house, self.session
        await send_sms(house, session, number=PHONE, text="By sms", sid="SM" + "9" * 32)
        mail = letter(sender=KIM, text="By email", message_id="1@m")
        await send_mail(house, sender=KIM, mail=mail)
        event = {"type": "message", "sender": {"id": "u1"}, "text": "By webhook"}
        await post_event(house, session, event, "msg-1")
        await send_slack(house, session, user="U0KIM", text="By slack", ts="1700000000.000100")
        await self.visitor.write(1)
        for _ in CHANNELS:
            offer = await take(self.ann, await self.ann.wait("offered"))
            self.offers[offer["brief"]["turns"][-1]["channel"]] = offer
        assert set(self.offers) == set(CHANNELS)

    async def round(self, channel: str, moment: str) -> None:
        """Let Ann answer everybody, kill at a moment, start again, and let it end."""
        self.moments[f"{channel} {moment}"] += 1
        self.peers.struck.clear()
        if moment in {"said", "random"}:
            wait = self.peers.chance.uniform(0.0, 0.02 if moment == "said" else 0.3)
            await self._answer()
            self.peers.strike_after(wait)
        else:
            self.peers.armed = (channel, moment)
            await self._answer()
        async with asyncio.timeout(20):
            await self.peers.struck.wait()
        assert self.victim.process is not None
        await self.victim.process.wait()
        await self.victim.up()
        await self.bus.wait_connected()
        assert await wait_quiet(self.bus, self.house.subjects, 30)
        await self.ann.back()

    async def _answer(self) -> None:
        first = self.said + 1
        self.said += REPLIES
        for number in range(first, self.said + 1):
            async with asyncio.TaskGroup() as group:
                for channel, offer in self.offers.items():
                    text = f"Reply {number} by {channel}"
                    group.create_task(self.ann.about("reply", offer, text=text))

    async def counts(self) -> str:
        """Return how many replies each peer took more than once, and how many nobody knows of."""
        twice = {
            channel: sum(times > 1 for times in Counter(names).values())
            for channel, names in self.peers.seen.items()
        }
        docs = await read_documents(self.bus, self.house.subjects, "delivery", DeliveryDoc)
        unknown = Counter(each.channel for each in docs if each.state is DeliveryState.UNKNOWN)
        marked = Counter(each.channel for each in docs if each.again)
        return f"twice: {twice}, unknown: {dict(unknown)}, sent again: {dict(marked)}"

    async def faults(self) -> list[str]:
        """Return everything that must not be."""
        replies = await read_entries(self.bus, self.house.subjects, "outbound", Outbound)
        docs = await read_documents(self.bus, self.house.subjects, "delivery", DeliveryDoc)
        told = await read_entries(self.bus, self.house.subjects, "undelivered", Undelivered)
        seen = {**self.peers.seen}
        names = {each.text: each.id for each in replies}
        seen["sms"] = [names[text] for text in seen["sms"]]
        chats = [each.id for each in replies if each.to.channel == "chat"]
        await self.visitor.read_until(lambda: set(self.visitor.pushed) >= set(chats))
        seen["chat"] = self.visitor.pushed
        missing = len(CHANNELS) * self.said - len(replies)
        found = [f"{missing} replies are missing from the log"] if missing else []
        return found + faults(replies, docs, {each.outbound for each in told}, seen)


def faults(
    replies: Sequence[Outbound],
    docs: Sequence[DeliveryDoc],
    told: set[OutboundId],
    seen: Mapping[str, Sequence[str]],
) -> list[str]:
    """Return what is not as it must be; `seen` are ids, in the order in which a peer took them.

    A peer sees a reply twice only by a channel where that is asked for and then it is marked, or
    where it knows it again by its id, as the receivers of webhooks do. What a peer took that can be
    looked at is never unknown.
    """
    found = []
    known = {each.id: each for each in docs}
    for each in replies:
        channel, doc = each.to.channel, known.get(each.id)
        times = list(seen[channel]).count(each.id)
        if doc is None or doc.state not in {DeliveryState.SENT, DeliveryState.UNKNOWN}:
            found.append(f"{each.text!r} is {doc and doc.state.value}")
            continue
        if doc.state is DeliveryState.SENT and not times:
            found.append(f"{each.text!r} counts as sent and never came")
        if doc.state is DeliveryState.UNKNOWN and channel not in SHOWN:
            found.append(f"{each.text!r} is unknown, and could have been sent again")
        if doc.state is DeliveryState.UNKNOWN and channel in LOOKED_AT and times:
            found.append(f"{each.text!r} is unknown, and could have been found")
        if (doc.state is DeliveryState.UNKNOWN) is not (each.id in told):
            found.append(f"{each.text!r} is {doc.state.value}, and who said it heard otherwise")
        if times > 1 and channel != "webhook" and not (channel == RESENT and doc.again):
            found.append(f"{each.text!r} came {times} times")
    for channel, names in seen.items():
        order = [each.id for each in replies if each.to.channel == channel]
        came = list(dict.fromkeys(names))
        if came != [name for name in order if name in came]:
            found.append(f"what came by {channel} was out of order")
    return found


def moments(chance: random.Random, count: int) -> list[tuple[str, str]]:
    """Deal channels and moments, of a few as many moments as there are."""
    able = [
        (channel, moment)
        for channel in CHANNELS
        for moment in MOMENTS
        if channel in HOOKED or moment not in {"taken", "answered"}
        if channel in NOTED or moment != "intent"
    ]
    dealt: list[tuple[str, str]] = []
    while len(dealt) < count:
        turns = Counter[str]()

        def turn(each: tuple[str, str], turns: Counter[str] = turns) -> int:
            turns[each[1]] += 1
            return turns[each[1]]

        dealt += sorted(chance.sample(able, len(able)), key=turn)
    return dealt[:count]
