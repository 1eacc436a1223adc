"""A house to throw bad input at, with an eye on its journal, its metrics and its log."""

from __future__ import annotations

import asyncio
import re
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import orjson

from demo.cast import ROUTING, nats_login
from demo.house import SUPPORT_ADDRESS, House
from demo.standins.slack_api import SlackApi
from demo.standins.twilio_api import TwilioApi
from demo.writers import Chat, letter, send_mail, send_slack, send_sms
from maitred.contracts.entry import MessageEntry
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.pull import Pull
from tests.end_to_end.seat import Seat

PHONE = "+15552000001"
ADDRESS = "kim.berg@mail.example"
NAME = "Kim Berg"
WORD = "Zinnoberrot"
"""Stands in every bad text, so that it can be looked for."""
SLACK_USER = "U0PERSONAL"
PERSONAL = (PHONE, PHONE[1:], ADDRESS, "kim.berg", NAME, WORD, WORD.lower(), SLACK_USER)
MAIL_BYTES_MAX = 200_000
_SAMPLE = re.compile(r"^(maitred_\w+)\{([^}]*)\} (\S+)$", re.MULTILINE)


class Lab:
    """The house, and what has become of what was sent to it."""

    def __init__(self, house: House, session: aiohttp.ClientSession, bus: Connection) -> None:
        self.house = house
        self.session = session
        self.bus = bus
        self.ann = Seat("ann")
        self.texts: list[str] = []
        self._came = asyncio.Condition()
        self._good = 0

    async def follow(self) -> None:
        """Note every message of the journal, until cancelled."""
        subjects = [self.house.subjects.any("message")]
        pull = Pull(self.bus, JOURNAL, subjects, after=0, name="lab")
        try:
            async for received in pull.batches():
                async with self._came:
                    for item in received:
                        entry = msgspec.json.decode(item.data, type=MessageEntry)
                        self.texts.append(entry.message.text.strip())
                    self._came.notify_all()
        finally:
            await pull.close()

    async def journalled(self, text: str) -> None:
        """Wait until a message of this text stands in the journal."""
        async with asyncio.timeout(10), self._came:
            await self._came.wait_for(lambda: text in self.texts)

    async def next_good_one(self, channel: str) -> None:
        """Send a good message at a door and see it arrive."""
        self._good += 1
        text = f"Good message {self._good}."
        await getattr(self, f"_by_{channel}")(text)
        await self.journalled(text)

    async def refusals(self) -> dict[tuple[str, str, str], float]:
        """Return what the doors count as refused, by channel, account and reason."""
        return {
            (labels["channel"], labels["account"], labels["reason"]): value
            for labels, value in await self.samples("maitred_refused_total")
        }

    async def samples(self, metric: str) -> list[tuple[dict[str, str], float]]:
        """Return the samples of a metric with their labels."""
        async with self.session.get(f"{self.house.admin}/metrics") as response:
            text = await response.text()
        return [
            (dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value))
            for name, labels, value in _SAMPLE.findall(text)
            if name == metric
        ]

    def log(self) -> str:
        """Return the gateway's log."""
        return (self.house.folder / "gateway.log").read_text()

    def logged(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        """Return the log's lines of an event."""
        lines = [orjson.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [
            line
            for line in lines
            if line.get("event") == event and all(line.get(k) == v for k, v in fields.items())
        ]

    def personal(self) -> list[str]:
        """Return what of the senders' own stands in the log: nothing may."""
        log = self.log()
        return [each for each in PERSONAL if each in log]

    async def _by_sms(self, text: str) -> None:
        sid = f"SM{self._good:032x}"
        assert await send_sms(self.house, self.session, number=PHONE, text=text, sid=sid) == 200

    async def _by_slack(self, text: str) -> None:
        ts = f"179000{self._good:04d}.000100"
        status = await send_slack(self.house, self.session, user=SLACK_USER, text=text, ts=ts)
        assert status == 200

    async def _by_email(self, text: str) -> None:
        mail = letter(sender=ADDRESS, name=NAME, text=text, message_id=f"{self._good}@m")
        await send_mail(self.house, sender=ADDRESS, mail=mail)

    async def _by_chat(self, text: str) -> None:
        visitor = Chat(self.house, self.session)
        await visitor.open()
        answer = await visitor.say(text, message_id=f"m{self._good}", name=NAME, email=ADDRESS)
        assert answer["type"] == "ack"
        await visitor.close()


@asynccontextmanager
async def open_lab(folder: Path, *, size: int = MAIL_BYTES_MAX) -> AsyncIterator[Lab]:
    """Open a house whose mails may have `size` bytes, and seat an agent at it."""
    slack, twilio = SlackApi(), TwilioApi()
    await slack.start()
    await twilio.start()
    slack.add_user(SLACK_USER, email=ADDRESS, name=NAME)
    house = House(folder, slack, twilio, routing=ROUTING)
    usual = house._sections()["email"]
    bounded = usual.replace("[channels.email]\n", f"[channels.email]\nbytes_max = {size}\n")
    house.sections = {"email": bounded}
    house.write()
    try:
        await house.up()
        bus = await Connection.connect(
            read_connection(house.store), name="lab", on_closed=lambda _: None
        )
        async with aiohttp.ClientSession() as session:
            lab = Lab(house, session, bus)
            following = asyncio.get_running_loop().create_task(lab.follow())
            await lab.ann.sit(nats_login(house, "ann"))
            try:
                yield lab
            finally:
                await lab.ann.leave()
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                await bus.close()
    finally:
        await house.kill()
        await slack.stop()
        await twilio.stop()


class RawMail:
    """A mail client that says what it is told to, in a thread of its own."""

    def __init__(self, house: House) -> None:
        self._port = house.ports.smtp

    async def hand_over(
        self,
        mail: bytes,
        *,
        recipient: str = SUPPORT_ADDRESS,
        sender: str = ADDRESS,
    ) -> tuple[int, bytes]:
        """Return the last answer to a mail whose bytes go out as they are."""
        return await asyncio.to_thread(self._hand_over, mail, recipient, sender)

    async def say(self, *commands: bytes) -> list[int]:
        """Return the code of each answer."""
        return await asyncio.to_thread(self._say, commands)

    async def break_off(self, part: bytes) -> None:
        """Hang up amid the mail."""
        await asyncio.to_thread(self._break_off, part)

    def _client(self) -> smtplib.SMTP:
        client = smtplib.SMTP("127.0.0.1", self._port, timeout=10)
        client.ehlo("client.example")
        return client

    def _hand_over(self, mail: bytes, recipient: str, sender: str) -> tuple[int, bytes]:
        client = self._client()
        try:
            client.mail(sender)
            code, words = client.rcpt(recipient)
            if code != 250:
                return code, words
            code, words = client.docmd("DATA")
            assert code == 354
            client.send(mail + b"\r\n.\r\n")
            return client.getreply()
        finally:
            client.close()

    def _say(self, commands: tuple[bytes, ...]) -> list[int]:
        client = self._client()
        codes = []
        try:
            for each in commands:
                client.send(each + b"\r\n")
                codes.append(client.getreply()[0])
        except smtplib.SMTPServerDisconnected:
            codes.append(0)
        finally:
            client.close()
        return codes

    def _break_off(self, part: bytes) -> None:
        client = self._client()
        client.mail(ADDRESS)
        client.rcpt(SUPPORT_ADDRESS)
        client.docmd("DATA")
        client.send(part)
        client.close()
