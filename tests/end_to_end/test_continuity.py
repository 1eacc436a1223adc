"""Whoever moves from the chat to texts to mail keeps conversation, agent and clock, if proven."""

from __future__ import annotations

from typing import Final

import aiohttp
import pytest

from demo.house import House
from demo.writers import Chat
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.conversation import Conversation
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ConversationId
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.gateway import reading
from maitred.gateway.bus.connection import Connection
from tests.end_to_end.conftest import OpenHouse, Smarthost, TakeSeat
from tests.end_to_end.mailing import KIM, LEE, PHONE, answered, take, write
from tests.end_to_end.records import Records
from tests.end_to_end.visiting import VERIFYING, Kim

OTHER_PHONE: Final = "+15552000002"
ROUTING: Final = "".join(
    f'[[routing.agents]]\nid = "{name}"\ncapacity = 9\n' for name in ("ann", "bo")
)


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house(routing=ROUTING, chat=VERIFYING)


@pytest.fixture
async def kim(house: House, session: aiohttp.ClientSession, smarthost: Smarthost) -> Kim:
    chat = Chat(house, session)
    await chat.open()
    return Kim(house, session, smarthost, chat)


async def stands(
    bus: Connection, house: House, name: ConversationId
) -> tuple[Conversation, RoutingDoc]:
    """Return a conversation and where it stands, once everything is handled."""
    await Records(bus, house).settle()
    story = await reading.story(bus, house.subjects, name)
    assert story.routing is not None
    return story.conversation, story.routing


async def test_from_chat_to_text_to_mail_and_back_it_is_one_conversation_of_one_agent(
    house: House, kim: Kim, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    ann = await take_seat(house)
    await kim.chat.say("My lamp came broken.", message_id="m1")
    offer = await take(ann, await ann.wait("offered"))
    _, first = await stands(bus, house, offer["conversation"])
    await kim.prove_phone()
    await kim.prove_mailbox()
    await kim.chat.say("I have to leave now.", message_id="m2")
    await ann.wait("turn", lambda each: each["turn"]["text"] == "I have to leave now.")
    await ann.about("reply", offer, text="Write from wherever you are.")
    assert (await kim.chat.next_reply())["text"] == "Write from wherever you are."

    texts = len(house.twilio.sent)
    await kim.text("It is the shade that broke.")
    turn = await ann.wait("turn", lambda each: "shade" in each["turn"]["text"])
    assert turn["conversation"] == offer["conversation"]
    await ann.about("reply", offer, text="Can you send a picture?")
    sent = (await house.twilio.wait_sent(texts + 1))[-1]
    assert (sent["To"], sent["Body"]) == (PHONE, "Can you send a picture?")

    await write(house, KIM, "Here is what it looks like.", "1@m", subject="The shade")
    turn = await ann.wait("turn", lambda each: "looks like" in each["turn"]["text"])
    assert turn["conversation"] == offer["conversation"]
    envelope, _ = await answered(ann, offer, smarthost, "A new one is on its way.")
    assert envelope.rcpt_tos == [KIM]

    await kim.chat.say("Thank you!", message_id="m3")
    turn = await ann.wait("turn", lambda each: each["turn"]["text"] == "Thank you!")
    assert turn["conversation"] == offer["conversation"]
    await ann.about("reply", offer, text="You are welcome.")
    assert (await kim.chat.next_reply())["text"] == "You are welcome."

    said, routing = await stands(bus, house, offer["conversation"])
    assert said.channels == ("chat", "sms", "email")
    assert (routing.agent, routing.epoch) == ("ann", offer["epoch"])
    assert routing.arrived_at == first.arrived_at
    told = [each.state for each in await Records(bus, house).told()]
    assert told.count(AssignmentState.OFFERED) == told.count(AssignmentState.ASSIGNED) == 1
    journey = await reading.journey(bus, house.subjects, offer["conversation"])
    assert {each.conversation for each in journey.moments} == {offer["conversation"]}
    assert len(journey.identifiers) == 3
    await kim.chat.close()


async def test_the_gates_go_by_where_he_writes_from_and_not_by_what_he_proved_elsewhere(
    house: House, kim: Kim, take_seat: TakeSeat, bus: Connection
) -> None:
    """His text could be anybody's and may order nothing; what is answered reaches his phone."""
    ann = await take_seat(house)
    await kim.prove_phone()
    await kim.prove_mailbox()
    await kim.chat.say("Please refund me.", message_id="m1")
    offer = await take(ann, await ann.wait("offered"))
    said, routing = await stands(bus, house, offer["conversation"])
    assert (said.trust, said.may_read) == (Level.AUTHENTICATED, True)
    assert said.act_until > said.last_at
    assert routing.act_until == said.act_until

    await kim.text("And send it to another account!")
    said, routing = await stands(bus, house, offer["conversation"])
    assert (said.trust, said.act_until, routing.act_until) == (Level.ASSERTED, 0, 0)
    assert said.reply_to.endpoint.value == PHONE

    await write(house, KIM, "It is me.", "1@m")
    said, routing = await stands(bus, house, offer["conversation"])
    assert (said.trust, said.may_read, said.act_until) == (Level.AUTHENTICATED, True, 0)
    assert (routing.agent, routing.epoch) == ("ann", offer["epoch"])
    await kim.chat.close()


async def test_who_only_types_an_address_and_a_number_in_the_chat_is_not_joined_there(
    house: House, kim: Kim, take_seat: TakeSeat, bus: Connection
) -> None:
    ann = await take_seat(house)
    await kim.chat.say("Hello.", message_id="m1", name="Kim", email=KIM, phone=PHONE)
    await kim.text("It is me, Kim.")
    await write(house, KIM, "It is me, by mail.", "1@m")
    offers = [await ann.wait("offered") for _ in range(3)]
    assert len({each["conversation"] for each in offers}) == 3
    for each in offers:
        assert len(each["brief"]["turns"]) == 1
        assert each["brief"]["journey"] == []
    assert len({each.customer for each in await Records(bus, house).messages()}) == 3
    await kim.chat.close()


async def test_who_writes_in_his_name_from_elsewhere_gets_a_conversation_of_his_own(
    house: House, kim: Kim, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    ann = await take_seat(house)
    await kim.prove_phone()
    await kim.prove_mailbox()
    await kim.chat.say("My lamp came broken.", message_id="m1")
    offer = await take(ann, await ann.wait("offered"))
    await write(house, KIM, "Send it to Lee.", "1@m", dmarc="fail")
    await write(house, KIM, "Send it to Lee now.", "2@m", dmarc="")
    await write(house, LEE, "I am Kim.", "3@m")
    await kim.text("I am Kim as well.", number=OTHER_PHONE)
    for _ in range(4):
        other = await ann.wait("offered")
        assert other["conversation"] != offer["conversation"]
        assert len(other["brief"]["turns"]) == 1
        assert other["brief"]["journey"] == []
        assert other["brief"]["identity"]["act_until"] == 0
    said, routing = await stands(bus, house, offer["conversation"])
    assert said.messages == 1
    assert (routing.agent, routing.epoch) == ("ann", offer["epoch"])
    await ann.about("reply", offer, text="For Kim alone.")
    assert (await kim.chat.next_reply())["text"] == "For Kim alone."
    await kim.chat.close()


async def test_who_waits_keeps_his_place_wherever_he_goes_on(
    house: House, kim: Kim, take_seat: TakeSeat, bus: Connection
) -> None:
    """Nobody is there yet: his clock runs from his first word, and one offer brings all of it."""
    await kim.prove_phone()
    await kim.prove_mailbox()
    await kim.chat.say("My lamp came broken.", message_id="m1")
    (entry,) = [each for each in await Records(bus, house).messages() if each.conversation]
    assert entry.conversation is not None
    _, first = await stands(bus, house, entry.conversation)
    assert first.state is RoutingState.WAITING
    await kim.text("Nobody in the chat?")
    await write(house, KIM, "Then by mail.", "1@m")
    said, routing = await stands(bus, house, entry.conversation)
    assert said.messages == 3
    assert routing.state is RoutingState.WAITING
    assert (routing.arrived_at, routing.waits_since) == (first.arrived_at, first.waits_since)
    ann = await take_seat(house)
    offer = await ann.wait("offered")
    assert offer["conversation"] == entry.conversation
    assert [turn["text"].strip() for turn in offer["brief"]["turns"]] == [
        "My lamp came broken.",
        "Nobody in the chat?",
        "Then by mail.",
    ]
    told = await Records(bus, house).told(AssignmentState.OFFERED)
    assert len(told) == 1
    await kim.chat.close()


async def test_who_comes_back_another_way_when_it_was_closed_goes_to_who_had_served_him(
    house: House, kim: Kim, take_seat: TakeSeat, bus: Connection
) -> None:
    seats = {name: await take_seat(house, name) for name in ("ann", "bo")}
    await kim.prove_mailbox()
    await kim.chat.say("My lamp came broken.", message_id="m1")
    (told,) = await Records(bus, house).told(AssignmentState.OFFERED)
    seat = seats[told.agent]
    offer = await take(seat, await seat.wait("offered"))
    await seat.about("reply", offer, text="A new one is on its way.")
    await kim.chat.next_reply()
    await seat.about("complete", offer)
    await seat.wait("closed")
    await write(house, KIM, "It has not come.", "1@m")
    again = await seat.wait("offered")
    assert again["conversation"] != offer["conversation"]
    assert [each["conversation"] for each in again["brief"]["journey"]] == [offer["conversation"]]
    await kim.chat.close()
