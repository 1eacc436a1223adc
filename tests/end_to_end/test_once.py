"""Whatever comes twice counts once: retries, reconnects, repeated commands, restarts."""

from __future__ import annotations

import asyncio

import aiohttp
import orjson
import pytest

from demo.cast import ROUTING
from demo.house import SUPPORT_ADDRESS, House
from demo.writers import Chat, letter, send_mail, send_sms
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import Tenant, digest, message_id
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.end_to_end.posting import post_slack, post_twilio, slack_event, twilio_form
from tests.end_to_end.records import Records
from tests.end_to_end.seat import Event, Seat

KIM = "kim@mail.example"
ALIAS = "help@demo.example"


@pytest.fixture
def records(bus: Connection, house: House) -> Records:
    return Records(bus, house)


async def test_twilio_posting_the_same_sid_again_and_at_once_is_one_message(
    house: House, session: aiohttp.ClientSession, records: Records, take_seat: TakeSeat
) -> None:
    ann = await take_seat(house)
    form = twilio_form(house)
    answers = await asyncio.gather(*(post_twilio(house, session, form) for _ in range(8)))
    answers.append(await post_twilio(house, session, form))
    assert {each.status for each in answers} == {200}
    await ann.wait("offered")
    (entry,) = await records.messages()
    assert entry.message.id == message_id(Tenant("main"), "sms", "main", form["MessageSid"])
    assert len(await records.told()) == 1
    ledger = await records.ledger()
    assert (ledger.accepted, ledger.journalled, ledger.gap) == (1, 1, 0)
    async with session.get(f"{house.admin}/metrics") as response:
        assert 'maitred_duplicates_total{account="main",channel="sms"} 8.0' in await response.text()


async def test_a_retry_of_slack_and_a_mention_of_the_app_are_the_same_message(
    house: House, session: aiohttp.ClientSession, records: Records, take_seat: TakeSeat
) -> None:
    ann = await take_seat(house)
    message = slack_event(house, event_id="Ev1")
    mention = slack_event(house, event_id="Ev2", type="app_mention")
    again = {"X_Slack_Retry_Num": "1", "X_Slack_Retry_Reason": "http_timeout"}
    for body, headers in ((message, {}), (mention, {}), (message, again), (mention, again)):
        answer = await post_slack(house, session, body, **headers)
        assert answer.status == 200
    await ann.wait("offered")
    assert len(await records.messages()) == 1
    assert len(await records.told()) == 1


async def test_the_same_mail_again_is_one_message(house: House, records: Records) -> None:
    mail = letter(sender=KIM, text="My invoice?", message_id="1@m")
    for _ in range(3):
        await send_mail(house, sender=KIM, mail=mail)
    (entry,) = await records.messages()
    own = digest(mail, SUPPORT_ADDRESS)
    assert entry.message.id == message_id(Tenant("main"), "email", "support", own)
    assert await records.suppressed() == []


async def test_the_same_mail_over_two_aliases_is_one_message_and_a_note_of_the_second_way(
    house: House, records: Records, take_seat: TakeSeat
) -> None:
    ann = await take_seat(house)
    mail = letter(sender=KIM, text="My invoice?", message_id="1@m")
    for number, alias in enumerate((SUPPORT_ADDRESS, ALIAS)):
        received = f"Received: from relay{number}.example by edge{number}.example; now\r\n"
        await send_mail(house, sender=KIM, mail=received.encode() + mail, recipients=(alias,))
    (entry,) = await records.messages()
    (note,) = await records.suppressed()
    assert entry.message.recipients == (SUPPORT_ADDRESS,)
    assert note.recipients[0] == ALIAS
    assert note.original == entry.message.id
    assert note.id != entry.message.id
    await ann.wait("offered")
    assert len(await records.told()) == 1
    ledger = await records.ledger()
    assert (ledger.accepted, ledger.journalled, ledger.suppressed, ledger.gap) == (2, 1, 1, 0)


async def test_a_mail_to_two_of_our_addresses_is_one_message_with_both(
    house: House, records: Records
) -> None:
    both = (SUPPORT_ADDRESS, ALIAS)
    mail = letter(sender=KIM, text="My invoice?", message_id="1@m", recipients=both)
    await send_mail(house, sender=KIM, mail=mail, recipients=both)
    (entry,) = await records.messages()
    assert entry.message.recipients == both


async def test_a_visitor_who_reconnects_says_it_once_and_gets_what_he_missed_once(
    house: House, session: aiohttp.ClientSession, records: Records, take_seat: TakeSeat
) -> None:
    ann = await take_seat(house)
    visitor = Chat(house, session)
    await visitor.open()
    first = await visitor.say("Can you help me?", message_id="m1")
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.about("reply", offer, text="One.")
    assert (await visitor.next_reply())["text"] == "One."
    await visitor.close()
    await ann.about("reply", offer, text="Two.")
    await ann.about("reply", offer, text="Three.")
    assert len(await records.replies()) == 3
    await visitor.open()
    again = await visitor.say("Can you help me?", message_id="m1")
    assert again == {**first, "duplicate": True}
    assert [(await visitor.next_reply())["text"] for _ in range(2)] == ["Two.", "Three."]
    await ann.about("reply", offer, text="Four.")
    assert (await visitor.next_reply())["text"] == "Four."
    assert not visitor.replies
    await visitor.close()
    assert len(await records.messages()) == 1


async def say_unchanged(seat: Seat, verb: str, offer: Event, *, named: bool, **fields: str) -> None:
    """Send a command whose id is its verb, with that id as header or without any header."""
    about = {"conversation": offer["conversation"], "epoch": offer["epoch"]}
    body = orjson.dumps({"schema": "command", "id": verb, **about, **fields})
    if named:
        await seat.publish(verb, body, verb)
    else:
        assert seat._stream is not None
        await seat._stream.publish(f"maitred.v1.main.command.{seat.name}.{verb}", body)


@pytest.mark.parametrize("named", [True, False], ids=["with Nats-Msg-Id", "without"])
async def test_a_command_that_an_agent_repeats_counts_once(
    house: House,
    session: aiohttp.ClientSession,
    records: Records,
    take_seat: TakeSeat,
    *,
    named: bool,
) -> None:
    ann = await take_seat(house)
    visitor = Chat(house, session)
    await visitor.open()
    await visitor.say("Can you help me?", message_id="m1")
    offer = await ann.wait("offered")
    for verb, fields in (("accept", {}), ("reply", {"text": "Of course!"}), ("complete", {})):
        for _ in range(3):
            await say_unchanged(ann, verb, offer, named=named, **fields)
    assert (await visitor.next_reply())["text"] == "Of course!"
    await ann.wait("closed")
    assert len(await records.replies()) == 1
    assert [each.state.value for each in await records.told()] == ["offered", "assigned", "closed"]
    await visitor.say("Thanks!", message_id="m2")
    await visitor.close()
    assert not visitor.replies


async def test_a_command_of_an_epoch_that_is_over_is_refused(
    house: House, session: aiohttp.ClientSession, records: Records, take_seat: TakeSeat
) -> None:
    ann, bo = await take_seat(house), await take_seat(house, "bo")
    await send_sms(house, session, number="+15552000001", text="Invoice!", sid="SM1")
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("transfer", offer, to="bo")
    moved = await bo.wait("offered")
    assert moved["epoch"] > offer["epoch"]
    said = await ann.about("reply", offer, text="Too late.")
    refused = await ann.wait("refused")
    assert (refused["reason"], refused["command"]) == ("stale_epoch", said)
    stolen = await ann.about("reply", moved, text="Not mine.")
    refused = await ann.wait("refused")
    assert (refused["reason"], refused["command"]) == ("not_yours", stolen)
    assert await records.replies() == []


async def test_an_agent_who_leaves_without_a_word_loses_the_offer_to_the_next(
    open_house: OpenHouse, session: aiohttp.ClientSession, take_seat: TakeSeat
) -> None:
    house = await open_house(routing="[routing]\noffer_seconds = 1.0\n" + ROUTING)
    ann = await take_seat(house)
    await send_sms(house, session, number="+15552000001", text="Invoice!", sid="SM1")
    first = await ann.wait("offered")
    await ann.leave()
    chris = await take_seat(house, "chris")
    second = await chris.wait("offered")
    assert second["conversation"] == first["conversation"]
    assert second["epoch"] == first["epoch"] + 1
    await chris.about("accept", second)
    await chris.wait("assigned")


async def test_a_gateway_that_is_restarted_amid_an_offer_offers_nothing_twice(
    open_house: OpenHouse, session: aiohttp.ClientSession, take_seat: TakeSeat
) -> None:
    house = await open_house()
    ann = await take_seat(house)
    form = twilio_form(house)
    await post_twilio(house, session, form)
    offer = await ann.wait("offered")
    await house.kill()
    await house.up()
    assert (await post_twilio(house, session, form)).status == 200
    await ann.about("accept", offer)
    assigned = await ann.wait("assigned")
    assert assigned["epoch"] == offer["epoch"]
    bus = await Connection.connect(
        read_connection(house.store), name="test", on_closed=lambda _: None
    )
    try:
        records = Records(bus, house)
        assert len(await records.messages()) == 1
        assert len(await records.told(AssignmentState.OFFERED)) == 1
        assert len(await records.told(AssignmentState.ASSIGNED)) == 1
    finally:
        await bus.close()
