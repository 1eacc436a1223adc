"""Each channel in both directions: in, answered by an agent, out, and what is said of it later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from demo.cast import ROUTING
from demo.house import OUR_NUMBER, House
from demo.standins.twilio_api import signed_twilio_request
from demo.writers import Chat, send_mail, send_slack, send_sms
from maitred.contracts.outbound import DeliveryDoc, DeliveryState
from maitred.gateway import reading
from maitred.gateway.bus.connection import Connection
from tests.end_to_end.conftest import OpenHouse, Smarthost, TakeSeat
from tests.end_to_end.mailing import KIM, PHONE, answered, take, write
from tests.end_to_end.peers import System, became, keep_secrets, post_event
from tests.end_to_end.records import Records
from tests.end_to_end.seat import Event, Seat

SENT, DELIVERED, READ, FAILED = (
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
    DeliveryState.FAILED,
)
BOUNCE = """\
From: Mail Delivery System <MAILER-DAEMON@mx.mail.example>
To: <{to}>
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce@mx.mail.example>
MIME-Version: 1.0
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b0"

--b0
Content-Type: text/plain; charset=us-ascii

I could not deliver your message.

--b0
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.mail.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b0
Content-Type: text/rfc822-headers

{header}
--b0--
"""


@pytest.fixture
async def system() -> AsyncIterator[System]:
    made = System()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def house(open_house: OpenHouse, system: System) -> House:
    """Open a house with two systems as channels, and an address where Twilio finds it."""
    closed = await open_house(up=False, routing=ROUTING, webhook=system.section("app", "other"))
    sms = f'{closed._sections()["sms"]}public_url = "{closed.http}"\n'
    closed.sections = {**closed.sections, "sms": sms}
    closed.write()
    keep_secrets(closed.folder)
    await closed.up()
    return closed


@pytest.fixture
async def ann(house: House, take_seat: TakeSeat) -> Seat:
    return await take_seat(house)


async def offered(ann: Seat, text: str) -> Event:
    offer = await take(ann, await ann.wait("offered"))
    assert offer["brief"]["turns"][-1]["text"].strip() == text
    return offer


async def only_reply(bus: Connection, house: House) -> str:
    (reply,) = await Records(bus, house).replies()
    return reply.id


async def on_the_journey(
    bus: Connection, house: House, offer: Event, doc: DeliveryDoc
) -> list[str]:
    """Return what was said on a journey, whose last reply must stand as its document does."""
    journey = await reading.journey(bus, house.subjects, offer["conversation"])
    delivery = next(each.delivery for each in reversed(journey.moments) if each.delivery)
    assert (delivery.state, delivery.error) == (doc.state, doc.error)
    return [each.text.strip() for each in journey.moments]


async def test_by_chat_a_visitor_is_answered_and_his_reading_is_known(
    house: House, ann: Seat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    visitor = Chat(house, session)
    await visitor.open()
    await visitor.say("Where is my lamp?", message_id="m1")
    offer = await offered(ann, "Where is my lamp?")
    await ann.about("reply", offer, text="On its way.")
    reply = await visitor.next_reply()
    assert reply["text"] == "On its way."
    await became(bus, house, reply["id"], SENT)
    assert visitor.socket is not None
    mark = {"seq": reply["seq"], "after": 0}
    await visitor.socket.send_json({"type": "received", **mark})
    await became(bus, house, reply["id"], DELIVERED)
    await visitor.socket.send_json({"type": "read", **mark})
    doc = await became(bus, house, reply["id"], READ)
    assert doc.sent_at <= doc.delivered_at <= doc.read_at
    said = await on_the_journey(bus, house, offer, doc)
    assert said == ["Where is my lamp?", "On its way."]
    await visitor.close()


async def post_status(house: House, session: aiohttp.ClientSession, url: str, **fields: str) -> int:
    """Report on a message as Twilio does, at the address that it was given."""
    url = url.partition("#")[0]
    form = {"AccountSid": house.twilio.account_sid, "MessageSid": f"SM{1:032x}", **fields}
    headers = signed_twilio_request(house.twilio.auth_token, url, form)
    body = aiohttp.FormData(form)()._value
    async with session.post(url, data=BytesIO(body), headers=headers) as response:
        return response.status


async def test_by_text_a_number_is_answered_and_its_phone_reports(
    house: House, ann: Seat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    await send_sms(house, session, number=PHONE, text="Where is my lamp?", sid="SM" + "9" * 32)
    offer = await offered(ann, "Where is my lamp?")
    await ann.about("reply", offer, text="On its way.")
    (sent,) = await asyncio.wait_for(house.twilio.wait_sent(1), 15)
    assert (sent["From"], sent["To"], sent["Body"]) == (OUR_NUMBER, PHONE, "On its way.")
    name = await only_reply(bus, house)
    assert (await became(bus, house, name, SENT)).segments == 1
    for status in ("sent", "delivered"):
        assert await post_status(house, session, sent["StatusCallback"], MessageStatus=status) < 300
    doc = await became(bus, house, name, DELIVERED)
    said = await on_the_journey(bus, house, offer, doc)
    assert said == ["Where is my lamp?", "On its way."]


async def test_by_text_a_failure_is_told_to_whoever_holds_the_conversation(
    house: House, ann: Seat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    await send_sms(house, session, number=PHONE, text="Where is my lamp?", sid="SM" + "9" * 32)
    offer = await offered(ann, "Where is my lamp?")
    await ann.about("reply", offer, text="On its way.")
    (sent,) = await asyncio.wait_for(house.twilio.wait_sent(1), 15)
    fields = {"MessageStatus": "undelivered", "ErrorCode": "30003"}
    assert await post_status(house, session, sent["StatusCallback"], **fields) < 300
    told = await ann.wait("undelivered")
    doc = await became(bus, house, await only_reply(bus, house), FAILED)
    assert (told["conversation"], told["reason"]) == (offer["conversation"], doc.error)
    await on_the_journey(bus, house, offer, doc)


async def test_by_slack_a_member_is_answered_in_the_thread_and_goes_on_in_it(
    house: House, ann: Seat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    house.slack.add_user("U1", name="Kim")
    place: dict[str, Any] = {"user": "U1", "channel": "C1"}
    await send_slack(house, session, text="Where is my lamp?", ts="1790000000.000100", **place)
    offer = await offered(ann, "Where is my lamp?")
    await ann.about("reply", offer, text="On its way.")
    (sent,) = await asyncio.wait_for(house.slack.wait_sent(1), 15)
    assert (sent["channel"], sent["text"]) == ("C1", "On its way.")
    assert sent["thread_ts"] == "1790000000.000100"
    doc = await became(bus, house, await only_reply(bus, house), SENT)
    assert doc.provider_id
    await send_slack(
        house,
        session,
        text="Thanks!",
        ts="1790000001.000100",
        thread_ts="1790000000.000100",
        **place,
    )
    turn = await ann.wait("turn")
    assert turn["conversation"] == offer["conversation"]
    said = await on_the_journey(bus, house, offer, doc)
    assert said == ["Where is my lamp?", "On its way.", "Thanks!"]


async def test_by_mail_a_customer_is_answered_in_his_thread_and_goes_on_in_it(
    house: House, ann: Seat, smarthost: Smarthost, bus: Connection
) -> None:
    await write(house, KIM, "Where is my lamp?", "1@m")
    offer = await offered(ann, "Where is my lamp?")
    envelope, mail = await answered(ann, offer, smarthost, "On its way.")
    assert envelope.rcpt_tos == [KIM]
    assert (mail["In-Reply-To"], mail["Subject"]) == ("<1@m>", "Re: Where is my lamp?")
    doc = await became(bus, house, await only_reply(bus, house), SENT)
    await write(house, KIM, "Thanks!", "2@m", in_reply_to=mail["Message-ID"])
    turn = await ann.wait("turn")
    assert turn["conversation"] == offer["conversation"]
    said = await on_the_journey(bus, house, offer, doc)
    assert said == ["Where is my lamp?", "On its way.", "Thanks!"]


async def test_by_mail_a_bounce_is_told_to_whoever_holds_the_conversation(
    house: House, ann: Seat, smarthost: Smarthost, bus: Connection
) -> None:
    await write(house, KIM, "Where is my lamp?", "1@m")
    offer = await offered(ann, "Where is my lamp?")
    envelope, mail = await answered(ann, offer, smarthost, "On its way.")
    name = await only_reply(bus, house)
    await became(bus, house, name, SENT)
    header = "\n".join(f"{key}: {value}" for key, value in mail.items() if key != "Content-Type")
    sender = envelope.mail_from
    assert sender
    bounce = BOUNCE.format(to=sender, recipient=KIM, header=header)
    raw = bounce.replace("\n", "\r\n").encode()
    await send_mail(house, sender="", mail=raw, recipients=(sender,))
    told = await ann.wait("undelivered")
    doc = await became(bus, house, name, FAILED)
    assert (told["conversation"], told["reason"]) == (offer["conversation"], doc.error)
    assert doc.error == "bounce_5.1.1"


async def test_by_webhook_a_system_is_answered_and_reports_and_no_other_system_can(
    house: House, ann: Seat, system: System, session: aiohttp.ClientSession, bus: Connection
) -> None:
    event = {"type": "message", "sender": {"id": "user-77"}, "text": "Where is my lamp?"}
    assert await post_event(house, session, event, "msg-1") == 202
    offer = await offered(ann, "Where is my lamp?")
    await ann.about("reply", offer, text="On its way.")
    name, reply = await asyncio.wait_for(system.came.get(), 15)
    assert (reply["to"], reply["text"]) == ({"id": "user-77"}, "On its way.")
    await became(bus, house, name, SENT)
    lie = {"type": "status", "reply": name, "state": "failed", "error": "gone"}
    assert await post_event(house, session, lie, "status-1", account="other") == 202
    truth = {"type": "status", "reply": name, "state": "delivered"}
    assert await post_event(house, session, truth, "status-1", account="other") == 202
    assert await post_event(house, session, truth, "status-2") == 202
    doc = await became(bus, house, name, DELIVERED)
    assert (doc.account, doc.error) == ("app", "")
    async with session.get(f"{house.admin}/metrics") as response:
        shown = await response.text()
    counted = '{account="other",channel="webhook",reason="foreign_report"} 2.0'
    assert f"maitred_refused_total{counted}" in shown
    said = await on_the_journey(bus, house, offer, doc)
    assert said == ["Where is my lamp?", "On its way."]
    assert not [each for each in ann.events if each["state"] == "undelivered"]
