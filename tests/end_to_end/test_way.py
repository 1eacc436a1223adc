"""The whole way: a customer writes at a real door, an agent holds an assignment over NATS."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.policy import default

import aiohttp

from demo.house import House
from demo.writers import Chat, letter, send_mail, send_slack, send_sms
from maitred.contracts.ids import CustomerId
from maitred.gateway import reading
from maitred.gateway.bus.connection import Connection
from maitred.gateway.ledger import balance
from tests.end_to_end.conftest import OpenHouse, Smarthost, TakeSeat


def last_text(offer: dict) -> str:
    return offer["brief"]["turns"][-1]["text"]


async def test_a_mail_becomes_an_offer_with_its_text_customer_and_skills(
    house: House, take_seat: TakeSeat
) -> None:
    ann = await take_seat(house)
    mail = letter(
        sender="kim@mail.example",
        name="Kim Berg",
        text="Please refund invoice 17.",
        message_id="1@mail.example",
        subject="Charged twice",
    )
    await send_mail(house, sender="kim@mail.example", mail=mail)
    offer = await ann.wait("offered")
    brief = offer["brief"]
    assert last_text(offer).strip() == "Please refund invoice 17."
    assert brief["subject"] == "Charged twice"
    assert brief["identity"]["name"] == "Kim Berg"
    assert brief["identity"]["trust"] == 2
    assert {"skill": "billing", "level": 0.5} in brief["needs"]["skills"]
    assert offer["channel"] == "email"
    assert offer["expires_at"] > offer["at"]


async def test_a_text_message_becomes_an_offer(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession
) -> None:
    ann = await take_seat(house)
    status = await send_sms(
        house, session, number="+15552000001", text="Where is my parcel?", sid="SM" + "1" * 32
    )
    assert status == 200
    offer = await ann.wait("offered")
    assert last_text(offer) == "Where is my parcel?"
    assert offer["brief"]["identity"]["trust"] == 1


async def test_a_slack_message_becomes_an_offer(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession
) -> None:
    house.slack.add_user("U1", email="kim@mail.example", name="Kim")
    ann = await take_seat(house)
    assert (
        await send_slack(house, session, user="U1", text="Hello there", ts="1790000000.000100")
        == 200
    )
    offer = await ann.wait("offered")
    assert last_text(offer) == "Hello there"
    assert offer["brief"]["identity"]["trust"] == 2


async def test_a_chat_message_becomes_an_offer_and_the_reply_reaches_the_chat(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession
) -> None:
    ann = await take_seat(house)
    visitor = Chat(house, session)
    await visitor.open()
    assert (await visitor.say("Can you help me?", message_id="m1"))["type"] == "ack"
    offer = await ann.wait("offered")
    assert last_text(offer) == "Can you help me?"
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("reply", offer, text="Of course!")
    reply = await visitor.next_reply()
    assert reply["text"] == "Of course!"
    await ann.about("complete", offer)
    await ann.wait("closed")
    await visitor.close()


async def test_mail_and_slack_of_the_same_person_are_one_journey(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    house.slack.add_user("U1", email="kim@mail.example", name="Kim")
    ann = await take_seat(house)
    mail = letter(sender="kim@mail.example", text="My invoice is wrong.", message_id="1@m.example")
    await send_mail(house, sender="kim@mail.example", mail=mail)
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await send_slack(house, session, user="U1", text="It is urgent.", ts="1790000000.000100")
    turn = await ann.wait("turn")
    assert turn["conversation"] == offer["conversation"]
    assert turn["turn"]["text"] == "It is urgent."
    journey = await reading.journey(bus, house.subjects, offer["conversation"])
    assert [moment.channel for moment in journey.moments] == ["email", "slack"]
    assert len(journey.identifiers) == 2


async def test_a_reply_goes_to_the_channel_that_the_customer_moved_to(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    house.slack.add_user("U1", email="kim@mail.example", name="Kim")
    ann = await take_seat(house)
    mail = letter(sender="kim@mail.example", text="My invoice is wrong.", message_id="1@m.example")
    await send_mail(house, sender="kim@mail.example", mail=mail)
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await send_slack(house, session, user="U1", text="I am here now.", ts="1790000000.000700")
    await ann.wait("turn")
    await ann.about("reply", offer, text="Then here.")
    async with asyncio.timeout(10):
        (posted,) = await house.slack.wait_sent(1)
    assert posted["text"] == "Then here."
    story = await reading.story(bus, house.subjects, offer["conversation"])
    assert story.routing is not None
    assert [turn.channel for turn in story.routing.replies] == ["slack"]


async def test_a_from_that_nobody_vouches_for_joins_nothing(
    house: House, take_seat: TakeSeat
) -> None:
    ann = await take_seat(house)
    sender = "kim@mail.example"
    await send_mail(
        house, sender=sender, mail=letter(sender=sender, text="It is me.", message_id="1@m")
    )
    real = await ann.wait("offered")
    forged = letter(sender=sender, text="Me too!", message_id="2@m", authenticated=False)
    await send_mail(house, sender=sender, mail=forged)
    other = await ann.wait("offered")
    assert other["conversation"] != real["conversation"]
    assert other["brief"]["identity"]["customer"] != real["brief"]["identity"]["customer"]
    assert other["brief"]["identity"]["trust"] == 0
    assert other["brief"]["journey"] == []


async def test_replies_leave_by_mail_slack_and_sms_in_their_threads(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession, smarthost: Smarthost
) -> None:
    house.slack.add_user("U1", email="lee@mail.example", name="Lee")
    ann = await take_seat(house)

    async def answer(text: str) -> None:
        offer = await ann.wait("offered")
        await ann.about("accept", offer)
        await ann.about("reply", offer, text=text)
        await ann.about("complete", offer)
        await ann.wait("closed")

    mail = letter(
        sender="kim@mail.example", text="My invoice?", message_id="1@m.example", subject="Bill"
    )
    await send_mail(house, sender="kim@mail.example", mail=mail)
    await answer("By mail.")
    (sent,) = await smarthost.wait(1)
    parsed = message_from_bytes(sent.content, policy=default)
    assert sent.rcpt_tos == ["kim@mail.example"]
    assert parsed["In-Reply-To"] == "<1@m.example>"
    assert parsed["Subject"] == "Re: Bill"
    text = parsed.get_body(("plain",))
    assert text is not None
    assert text.get_content().strip() == "By mail."

    await send_slack(house, session, user="U1", text="Hi", ts="1790000000.000500", channel="C7")
    await answer("By Slack.")
    async with asyncio.timeout(10):
        (posted,) = await house.slack.wait_sent(1)
    assert posted["channel"] == "C7"
    assert posted["thread_ts"] == "1790000000.000500"
    assert posted["text"] == "By Slack."

    await send_sms(house, session, number="+15552000001", text="Hi", sid="SM" + "2" * 32)
    await answer("By SMS.")
    async with asyncio.timeout(10):
        (text,) = await house.twilio.wait_sent(1)
    assert text["To"] == "+15552000001"
    assert text["Body"] == "By SMS."


async def test_an_answer_to_our_mail_joins_its_thread(
    house: House, take_seat: TakeSeat, smarthost: Smarthost
) -> None:
    ann = await take_seat(house)
    sender = "kim@mail.example"
    await send_mail(
        house, sender=sender, mail=letter(sender=sender, text="My invoice?", message_id="1@m")
    )
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.about("reply", offer, text="Which one?")
    (sent,) = await smarthost.wait(1)
    ours = message_from_bytes(sent.content, policy=default)["Message-ID"]
    answer = letter(sender=sender, text="Number 17.", message_id="2@m", in_reply_to=ours)
    await send_mail(house, sender=sender, mail=answer)
    turn = await ann.wait("turn")
    assert turn["conversation"] == offer["conversation"]


async def test_one_trace_leads_from_the_door_to_the_assignment(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession
) -> None:
    ann = await take_seat(house)
    await send_sms(house, session, number="+15552000001", text="Hi", sid="SM" + "3" * 32)
    await ann.wait("offered")
    trace = ann.headers[-1]["traceparent"].split("-")[1]
    log = (house.folder / "gateway.log").read_text()
    assert f'"trace":"{trace}"' in log
    assert "+15552000001" not in log


async def test_the_ledger_balances_after_mixed_traffic(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    ann = await take_seat(house)
    for number in range(5):
        await send_sms(
            house, session, number=f"+1555200000{number}", text="Hi", sid=f"SM{number:032x}"
        )
    for _ in range(4):
        await ann.wait("offered")
    found = await balance(bus, house.subjects)
    while found.in_flight:
        found = await balance(bus, house.subjects)
    assert found.accepted == found.journalled == 5
    assert found.gap == 0


async def test_a_stop_finishes_in_time_and_everything_goes_on_after_it(
    open_house: OpenHouse, take_seat: TakeSeat, session: aiohttp.ClientSession
) -> None:
    house = await open_house()
    await send_sms(house, session, number="+15552000001", text="Before", sid="SM" + "4" * 32)
    assert await house.stop() == 0
    await house.up()
    ann = await take_seat(house)
    offer = await ann.wait("offered")
    assert last_text(offer) == "Before"
    assert CustomerId(offer["brief"]["identity"]["customer"]).startswith("cus_")
