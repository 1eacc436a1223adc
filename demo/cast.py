"""The cast: customers with a story over several channels, and agents who answer them.

Played by a seed: the same seed writes the same messages in the same order.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import orjson

from demo.house import House
from demo.pens import letter_id
from demo.writers import Chat, letter, send_mail, send_slack, send_sms
from examples.agent import Agent
from maitred.contracts.ids import MessageId

ROUTING: Final = """
[[routing.rules]]
name = "billing"
when = { text = "invoice|charged|refund|payment" }
skills = { billing = 0.5 }

[[routing.rules]]
name = "delivery"
when = { text = "parcel|deliver|tracking|package" }
skills = { shipping = 0.4 }

[[routing.rules]]
name = "angry"
when = { mood = ["frustrated", "angry"] }
priority_minutes = 5
human_only = true

[[routing.agents]]
id = "ann"
name = "Ann"
skills = { billing = 0.9, shipping = 0.5 }
languages = { en = 1.0, de = 0.8 }
deescalation = 0.9
capacity = 4

[[routing.agents]]
id = "bo"
name = "Bo"
skills = { shipping = 0.9 }
languages = { en = 1.0, fr = 0.7 }
deescalation = 0.6
capacity = 4

[[routing.agents]]
id = "chris"
name = "Chris"
skills = { billing = 0.6, technical = 0.8 }
languages = { en = 1.0, es = 0.9 }
deescalation = 0.5
capacity = 4

[[routing.agents]]
id = "robin"
kind = "ai"
name = "Robin (AI)"
skills = { billing = 0.5, shipping = 0.6, technical = 0.4 }
languages = { en = 0.9, de = 0.9, fr = 0.9, es = 0.9 }
deescalation = 0.2
capacity = 8
"""
AGENTS: Final = ("ann", "bo", "chris", "robin")
_OPENINGS: Final = (
    "Where is my parcel? The tracking page has not moved since Monday.",
    "I was charged twice for the same invoice, please refund one of them.",
    "The app logs me out whenever I open the settings. What can I do?",
    "Thank you so much, the replacement works wonderfully!",
    "Wo bleibt mein Paket? Ich warte seit einer Woche.",
    "This is the third time I write about this payment. It is ridiculous!!!",
    "Can I change the delivery address of my package before it leaves?",
    "Bonjour, je n'ai pas reçu ma facture du mois dernier.",
)
_FOLLOW_UPS: Final = (
    "Any news?",
    "I am still waiting, this is really annoying now.",
    "It is about order #48213, by the way.",
    "Thanks, that helps a lot.",
    "Hello?? Is anybody there?",
)
_WELCOME_BACK: Final = "Welcome back! I have read what you wrote before and go on from there."


@dataclass(slots=True)
class Tally:
    """What the cast did, counted where it was acknowledged."""

    acknowledged: int = 0
    refused: int = 0
    replies_seen: int = 0


class Customer:
    """Somebody with a mail address, a phone, and a seat in the company's Slack or its web chat."""

    def __init__(
        self,
        number: int,
        house: House,
        session: aiohttp.ClientSession,
        tally: Tally,
        seed: int,
    ) -> None:
        self.chance = random.Random(seed * 1_000 + number)
        self.number = number
        self._house = house
        self._session = session
        self._tally = tally
        self._sent = 0
        self.visitor: Chat | None = None
        self.address = f"customer{number}@mail{number % 7}.example"
        self.phone = f"+1555{2_000_000 + number}"
        self.slack = f"U{number:08d}"
        self.name = f"Customer {number}"
        self.said: list[MessageId] = []
        """What he wrote by mail and in the chat, as far as it was acknowledged."""
        house.slack.add_user(self.slack, email=self.address, name=self.name)

    async def play(self, pause: Callable[[float], float]) -> None:
        """Write an opening and a few more, changing the channel as people do."""
        channels = self.chance.choice(
            (
                (self.mail, self.message),
                (self.message, self.mail, self.message),
                (self.chat, self.chat),
                (self.text, self.text),
                (self.mail, self.mail),
                (self.message,),
            )
        )
        words = [self.opening(), *(self.follow_up() for _ in channels[1:])]
        for write, text in zip(channels, words, strict=True):
            self.count(done=await write(text))
            await asyncio.sleep(pause(self.chance.uniform(0.3, 1.5)))
        if self.visitor is not None:
            await self.visitor.next_reply()
            self._tally.replies_seen += 1

    def opening(self) -> str:
        """Return something to begin with."""
        return self.chance.choice(_OPENINGS)

    def follow_up(self) -> str:
        """Return something to go on with."""
        return self.chance.choice(_FOLLOW_UPS)

    def count(self, *, done: bool) -> None:
        """Count something that he handed in."""
        self._tally.acknowledged += done
        self._tally.refused += not done

    async def mail(self, text: str, **fields: Any) -> bool:  # noqa: ANN401  (a letter's own)
        """Write a mail, authenticated by the company's edge unless `fields` say otherwise."""
        self._sent += 1
        fields = {"sender": self.address, "name": self.name, **fields}
        mail = letter(text=text, message_id=self.mail_id(self._sent), **fields)
        try:
            await send_mail(self._house, sender=fields["sender"], mail=mail)
        except OSError:
            return False
        self.said.append(letter_id(mail))
        return True

    def mail_id(self, number: int) -> str:
        """Return the Message-ID of a mail that was the so manieth thing he wrote."""
        return f"{self.number}.{number}@mail.example"

    async def message(self, text: str) -> bool:
        """Write in Slack, with the same address in the profile."""
        self._sent += 1
        ts = f"{1_790_000_000 + self.number}.{self._sent:06d}"
        channel = f"D{self.number:08d}"
        status = await send_slack(
            self._house, self._session, user=self.slack, text=text, ts=ts, channel=channel
        )
        return status == HTTPStatus.OK

    async def text(self, text: str) -> bool:
        """Write an SMS."""
        self._sent += 1
        sid = f"SM{self.number:016x}{self._sent:016x}"
        status = await send_sms(self._house, self._session, number=self.phone, text=text, sid=sid)
        return status == HTTPStatus.OK

    async def chat(self, text: str, **claims: str) -> bool:
        """Write in the web chat; the socket stays open for the replies."""
        visitor = self.visitor or await self.enter()
        self._sent += 1
        answer = await visitor.say(text, message_id=f"m{self._sent}", **claims)
        if answer["type"] != "ack":
            return False
        self.said.append(MessageId(answer["message"]))
        return True

    async def enter(self, identity: str | None = None) -> Chat:
        """Open the web chat, perhaps with the site's word on who he is."""
        self.visitor = Chat(self._house, self._session)
        await self.visitor.open(identity)
        return self.visitor

    async def leave(self) -> None:
        """Close the web chat, if it is open."""
        if self.visitor is not None:
            await self.visitor.close()


@asynccontextmanager
async def agents_at_work(
    house: House, names: tuple[str, ...] = AGENTS, *, think: Callable[[], float] = lambda: 0.0
) -> AsyncIterator[dict[str, Agent]]:
    """Seat the agents; they are asked to leave, and have left, when the block ends."""

    async def answer(offer: dict[str, Any]) -> str | None:
        await asyncio.sleep(think())
        seat, knows = seats[offer["agent"]], bool(offer["brief"]["journey"])
        # He may know more than whoever sits in the chat may hear before it is proven who that is.
        if knows and await seat.reply(offer, _WELCOME_BACK, rests_on="history"):
            await seat.say("complete", offer, reason="answered")
            seat.completed += 1
            return None
        return "Thank you for writing, I am looking into it right now."

    seats = {name: Agent(name, answer=answer) for name in names}
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for agent in seats.values():
            group.create_task(agent.run(stop, **nats_login(house, agent.name)))
        try:
            yield seats
        finally:
            stop.set()


def nats_login(house: House, agent: str) -> dict[str, Any]:
    """Return what `nats.connect` needs to log an agent in to the gateway's own server."""
    found = orjson.loads((house.store / "agents" / f"{agent}.json").read_bytes())
    return {"servers": [found["url"]], "user": found["user"], "password": found["password"]}
