"""What text messages and chats can do besides saying something, all the way through."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from demo.house import OUR_NUMBER, House
from demo.writers import Chat
from maitred.contracts.entry import JoinReason
from maitred.contracts.ids import MessageId
from maitred.contracts.message import MessageKind
from maitred.gateway import reading
from maitred.gateway.bus.connection import Connection
from tests.end_to_end.conftest import TakeSeat
from tests.end_to_end.posting import post_twilio, twilio_form
from tests.end_to_end.records import Records

WHATSAPP = {"From": "whatsapp:+15552000001", "To": f"whatsapp:{OUR_NUMBER}", "ProfileName": "Kim"}


async def change(visitor: Chat, **frame: Any) -> dict[str, Any]:
    """Send an edit or a delete, and return what answers it."""
    assert visitor.socket is not None
    answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    visitor._acks[frame["id"]] = answer
    await visitor.socket.send_json(frame)
    return await asyncio.wait_for(answer, 10)


async def post(house: House, session: aiohttp.ClientSession, number: int, **fields: str) -> None:
    form = twilio_form(house, MessageSid=f"SM{number:032x}", **fields)
    assert (await post_twilio(house, session, form)).status == 200


async def test_a_visitor_changes_his_own_words_and_nobody_elses(
    house: House, session: aiohttp.ClientSession, bus: Connection
) -> None:
    kim, eve = Chat(house, session), Chat(house, session)
    await kim.open()
    await eve.open()
    said = await kim.say("My order is 1234", message_id="m1", page="https://shop.example/?q=secret")
    assert (await kim.say("Thanks", message_id="m2"))["type"] == "ack"
    edit = {"type": "edit", "id": "e1", "target": "m1", "text": "My order is 12345"}
    assert (await change(kim, **edit))["duplicate"] is False
    assert (await change(kim, **edit))["duplicate"] is True
    assert (await change(kim, type="delete", id="d1", target="m2"))["type"] == "ack"
    # Eve's frame is well formed; it is about a message of her own that there is not.
    assert (await change(eve, type="delete", id="d1", target="m1"))["type"] == "ack"
    records = Records(bus, house)
    entries = await records.messages()
    kinds = sorted(entry.message.kind.value for entry in entries)
    assert kinds == ["delete", "delete", "edit", "message", "message"]
    first = next(each for each in entries if each.message.id == said["message"])
    assert first.message.channel_extra["page"] == "https://shop.example/"
    edited = next(each for each in entries if each.message.kind is MessageKind.EDIT)
    assert edited.message.target == MessageId(said["message"])
    assert edited.conversation == first.conversation
    assert first.conversation is not None
    story = await reading.story(bus, house.subjects, first.conversation)
    assert [turn.text for turn in story.conversation.turns] == ["My order is 12345", ""]
    assert (await records.ledger()).gap == 0
    await kim.close()
    await eve.close()


async def test_who_opts_out_by_text_is_noted_and_no_agent_is_asked(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    ann = await take_seat(house)
    await post(house, session, 1, Body="Arrêt.")
    await post(house, session, 2, Body="Baja", OptOutType="STOP")
    await post(house, session, 3, Body="unstop")
    await post(house, session, 4, Body="Please stop calling me.")
    offer = await ann.wait("offered")
    assert offer["brief"]["turns"][-1]["text"] == "Please stop calling me."
    records = Records(bus, house)
    kinds = [entry.message.kind for entry in await records.messages()]
    assert kinds == [
        MessageKind.OPT_OUT,
        MessageKind.OPT_OUT,
        MessageKind.OPT_IN,
        MessageKind.MESSAGE,
    ]
    assert len(await records.told()) == 1
    assert (await records.ledger()).gap == 0


async def test_a_place_sent_by_whatsapp_is_read_by_an_agent_whose_answer_can_be_quoted(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    ann = await take_seat(house)
    place = {"Latitude": "52.52", "Longitude": "13.40", "Label": "Museum", "Address": "Am Platz 1"}
    await post(house, session, 101, **WHATSAPP, **place, Body="")
    offer = await ann.wait("offered")
    turn = offer["brief"]["turns"][-1]
    assert turn["text"] == "Location: Museum, Am Platz 1 (52.52, 13.40)"
    assert turn["name"] == "Kim"
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("reply", offer, text="We are round the corner.")
    async with asyncio.timeout(10):
        (sent,) = await house.twilio.wait_sent(1)
    assert (sent["To"], sent["From"]) == (WHATSAPP["From"], WHATSAPP["To"])
    # The note of what was sent follows the sending.
    await Records(bus, house).settle()
    ours = f"SM{1:032x}"
    await post(house, session, 102, **WHATSAPP, Body="This one?", OriginalRepliedMessageSid=ours)
    await ann.wait("turn")
    answer = (await Records(bus, house).messages())[-1]
    assert answer.joined is JoinReason.THREAD
    assert answer.conversation == offer["conversation"]
