"""What a stranger can learn at the real doors, and from what lies open behind them: nothing."""

from __future__ import annotations

import asyncio
import smtplib
from typing import Any

import aiohttp
import orjson
import pytest

from demo.house import SUPPORT_ADDRESS, House
from demo.writers import Chat, letter, send_sms
from maitred.contracts.subjects import BLOBS, COMMANDS, DEAD, INBOUND, JOURNAL
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from tests.end_to_end.conftest import OpenHouse, Smarthost, TakeSeat
from tests.end_to_end.mailing import KIM, LEE, PHONE, answered, plus_house, take, write
from tests.end_to_end.posting import post_slack, post_twilio, slack_event, twilio_form
from tests.end_to_end.records import Records
from tests.end_to_end.seat import Seat

NOBODY = "nobody@mail.example"
OTHER_PHONE = "+15552000002"


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await plus_house(open_house)


# -- no door tells whether it knows somebody ------------------------------------------------------
class Talk(smtplib.SMTP):
    """A mail client that keeps what is answered, byte by byte."""

    def __init__(self, house: House) -> None:
        self.heard: list[bytes] = []
        super().__init__("127.0.0.1", house.ports.smtp, timeout=10)

    def getreply(self) -> tuple[int, bytes]:
        code, words = super().getreply()
        self.heard.append(b"%d %s" % (code, words))
        return code, words


def whole(response: aiohttp.ClientResponse) -> tuple[object, ...]:
    """Return all of an answer but the time of day."""
    headers = {name: value for name, value in response.headers.items() if name != "Date"}
    return response.status, tuple(sorted(headers.items())), response._body


def dialogue(house: House, sender: str, to: str, number: str) -> list[bytes]:
    mail = letter(sender=sender, text="Do you know me?", message_id=number, recipients=(to,))
    with Talk(house) as client:
        client.ehlo("client.example")
        client.sendmail(sender, [to], mail)
        client.verify(sender)
        client.rset()
    return client.heard


async def known(house: House, seat: Seat, smarthost: Smarthost, session: Any) -> str:
    """Make Kim a customer by mail and by text; return where her answers are asked to."""
    await write(house, KIM, "My lamp is broken.", "1@m")
    offer = await take(seat, await seat.wait("offered"))
    _, mail = await answered(seat, offer, smarthost, "Which one?")
    assert await send_sms(house, session, number=PHONE, text="Hi", sid="SM" + "1" * 32) == 200
    await seat.wait("offered")
    return str(mail["Reply-To"].addresses[0].addr_spec)


async def test_every_door_answers_the_same_bytes_whomever_it_knows(
    house: House, take_seat: TakeSeat, smarthost: Smarthost, session: aiohttp.ClientSession
) -> None:
    token = await known(house, await take_seat(house), smarthost, session)
    # -- mail: who writes, and where to
    forged = token[:-20] + ("a" if token[-20] != "a" else "b") + token[-19:]
    talks = [
        await asyncio.to_thread(dialogue, house, sender, to, f"{number}@oracle")
        for number, (sender, to) in enumerate(
            (sender, to) for to in (SUPPORT_ADDRESS, token, forged) for sender in (KIM, NOBODY)
        )
    ]
    assert len({tuple(each) for each in talks}) == 1, talks
    # -- text messages and Slack: status, headers and body
    answers = set()
    for number, sid in ((PHONE, "SM" + "2" * 32), (OTHER_PHONE, "SM" + "3" * 32)):
        form = twilio_form(house, From=number, MessageSid=sid)
        answers.add(whole(await post_twilio(house, session, form)))
    assert len(answers) == 1
    house.slack.add_user("U1", email=KIM, name="Kim")
    house.slack.add_user("U2", email=NOBODY, name="Kim")
    answers = set()
    for user in ("U1", "U2", "U3"):
        body = slack_event(
            house, event_id=f"Ev{user}", user=user, channel=f"D{user}", channel_type="im"
        )
        answers.add(whole(await post_slack(house, session, body)))
    assert len(answers) == 1
    # -- the chat: what answers a message with an address in it
    acks = set()
    for email in (KIM, NOBODY, KIM.upper(), ""):
        visitor = Chat(house, session)
        await visitor.open()
        claims = {"email": email, "name": "Kim"} if email else {}
        ack = await visitor.say("Do you know me?", message_id="m1", **claims)
        ack.pop("message", None)
        acks.add(orjson.dumps(ack))
        assert not visitor.replies, "nobody is told anything by himself"
        await visitor.close()
    assert len(acks) == 1, acks


async def test_a_claimed_address_merges_and_reveals_nothing(
    house: House,
    take_seat: TakeSeat,
    smarthost: Smarthost,
    session: aiohttp.ClientSession,
    bus: Connection,
) -> None:
    ann = await take_seat(house)
    await known(house, ann, smarthost, session)
    (first,) = [each for each in await Records(bus, house).messages() if each.message.text == "Hi"]
    visitor = Chat(house, session)
    await visitor.open()
    await visitor.say("Which lamp did I ask about?", message_id="m1", email=KIM, name="Kim")
    offer = await ann.wait("offered")
    brief = offer["brief"]
    assert (brief["journey"], brief["preferences"]) == ([], {})
    assert brief["identity"]["messages"] == 1, "the one that he just wrote"
    assert (brief["identity"]["may_read"], brief["identity"]["act_until"]) == (False, 0)
    assert "lamp is broken" not in str(brief)
    entries = await Records(bus, house).messages()
    owners = {each.customer for each in entries if each.message.channel != "chat"}
    (chat,) = [each for each in entries if each.message.channel == "chat"]
    assert chat.customer not in owners
    assert first.customer in owners
    await take(ann, offer)
    refused = await ann.about("reply", offer, text="The brass one.", rests_on="history")
    told = await ann.wait("refused")
    assert (told["command"], told["reason"]) == (refused, "needs_proof")
    await visitor.close()


async def test_each_door_gives_each_sender_the_level_that_it_can_vouch_for(
    house: House,
    take_seat: TakeSeat,
    smarthost: Smarthost,
    session: aiohttp.ClientSession,
    bus: Connection,
) -> None:
    ann = await take_seat(house)
    await write(house, KIM, "mail, passed", "1@m")
    offer = await take(ann, await ann.wait("offered"))
    _, mail = await answered(ann, offer, smarthost, "Which one?")
    to = mail["Reply-To"].addresses[0].addr_spec
    await write(house, KIM, "mail, our token", "2@m", to=to, dmarc="none")
    await write(house, KIM, "mail, our token, disowned", "3@m", to=to, dmarc="fail")
    await write(house, LEE, "mail, another's token", "4@m", to=to, dmarc="none")
    await write(house, LEE, "mail, no verdict", "5@m", dmarc="")
    form = twilio_form(house, From=PHONE, Body="text", MessageSid="SM" + "4" * 32)
    await post_twilio(house, session, form)
    form = twilio_form(house, From="anonymous", Body="text, withheld", MessageSid="SM" + "5" * 32)
    await post_twilio(house, session, form)
    house.slack.add_user("U1", email=KIM, name="Kim")
    house.slack.add_user("U2", email=LEE, name="Lee", flags={"is_restricted": True})
    house.slack.add_user("U3", email=KIM, name="Kim", team="T9")
    for user, team in (("U1", house.slack.team_id), ("U2", house.slack.team_id), ("U3", "T9")):
        body = slack_event(
            house,
            event_id=f"E{user}",
            user=user,
            team=team,
            channel=f"D{user}",
            text=f"slack {user}",
        )
        await post_slack(house, session, body)
    visitor = Chat(house, session)
    await visitor.open()
    await visitor.say("chat", message_id="m1", email=KIM)
    await visitor.close()
    levels = {
        entry.message.text.strip(): (
            int(entry.message.actor.level),
            entry.message.verification.value,
            sorted(int(each.level) for each in entry.message.observed),
        )
        for entry in await Records(bus, house).messages()
    }
    assert levels == {
        "mail, passed": (2, "dmarc", []),
        "mail, our token": (3, "reply_token", []),
        "mail, our token, disowned": (0, "none", []),
        "mail, another's token": (0, "none", []),
        "mail, no verdict": (0, "none", []),
        "text": (1, "signature", []),
        "text, withheld": (0, "signature", []),
        "slack U1": (2, "signature", [2]),
        "slack U2": (2, "signature", [1]),
        "slack U3": (2, "signature", [1]),
        "chat": (2, "token", [0]),
    }


# -- what is written down
SEEDED = (KIM, "kim", "mail.example", LEE, PHONE[1:], "U0PERSONAL", "Zinnoberrot", "Kim Berg")


async def test_nothing_of_anybody_stands_in_subjects_headers_logs_or_metrics(
    house: House,
    take_seat: TakeSeat,
    smarthost: Smarthost,
    session: aiohttp.ClientSession,
    bus: Connection,
) -> None:
    ann = await take_seat(house)
    await write(house, KIM, "Zinnoberrot, please.", "1@m", name="Kim Berg", subject="Zinnoberrot")
    offer = await take(ann, await ann.wait("offered"))
    _, mail = await answered(ann, offer, smarthost, "For Zinnoberrot?", asks_proof=True)
    to = mail["Reply-To"].addresses[0].addr_spec
    await write(house, KIM, "Yes.", "2@m", to=to, dmarc="")
    await write(house, LEE, "Zinnoberrot!", "3@m", to=to, dmarc="fail")
    await write(house, KIM, "Zinnoberrot.", "4@m", dmarc="fail", in_reply_to="<1@m>")
    form = twilio_form(house, From=PHONE, Body="Zinnoberrot", ProfileName="Kim Berg")
    assert (await post_twilio(house, session, form)).status == 200
    house.slack.add_user("U0PERSONAL", email=KIM, name="Kim Berg")
    body = slack_event(house, event_id="Ev1", user="U0PERSONAL", text="Zinnoberrot")
    assert (await post_slack(house, session, body)).status == 200
    broken = slack_event(house, event_id="Ev2", user="U0PERSONAL", text=5)
    await post_slack(house, session, broken)
    visitor = Chat(house, session)
    await visitor.open()
    await visitor.say("Zinnoberrot", message_id="kim", email=KIM, name="Kim Berg")
    await Records(bus, house).settle()
    found: list[str] = []
    payloads = 0
    for stream in (INBOUND, JOURNAL, BLOBS, COMMANDS, DEAD):
        async for stored in scan(bus, stream, ">"):
            open_words = f"{stored.subject} {stored.headers}".lower()
            found += [f"{stream}: {each}" for each in SEEDED if each.lower() in open_words]
            payloads += any(each.encode() in stored.data for each in SEEDED)
    assert payloads > 10, "what is looked for is there, in payloads"
    async with session.get(f"{house.admin}/metrics") as response:
        metrics = await response.text()
    await visitor.close()
    log = (house.folder / "gateway.log").read_text()
    server = (house.store / "run" / "nats.log").read_text()
    for where, text in (("log", log), ("metrics", metrics), ("server's log", server)):
        found += [f"{where}: {each}" for each in SEEDED if each.lower() in text.lower()]
    assert found == []
    assert '"event":"accepted"' in log.replace(" ", "")
