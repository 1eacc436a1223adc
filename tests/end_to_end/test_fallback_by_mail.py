"""What nobody reads in the chat goes on by mail, at the real doors, and comes back from there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import aiohttp
import msgspec
import pytest

from demo.house import House
from demo.writers import Chat
from maitred.contracts.documents import PositionDoc
from maitred.contracts.outbound import DeliveryState
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.pull import Pull
from maitred.gateway.delivery.fallback import STAGE
from tests.end_to_end.conftest import OpenHouse, Smarthost, TakeSeat
from tests.end_to_end.mailing import KIM, ROUTING, take, write
from tests.end_to_end.peers import became
from tests.end_to_end.records import Records
from tests.end_to_end.visiting import VERIFYING, Kim

FALLBACK = '[delivery]\nfallback_account = "support"\nfallback_minutes = 0.02\n'


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house(routing=ROUTING, chat=VERIFYING, delivery=FALLBACK)


@pytest.fixture
async def kim(house: House, session: aiohttp.ClientSession, smarthost: Smarthost) -> Kim:
    chat = Chat(house, session)
    await chat.open()
    return Kim(house, session, smarthost, chat)


async def positions(bus: Connection, house: House) -> AsyncIterator[PositionDoc]:
    """Yield how far the fallback is, whenever that changes."""
    pull = Pull(bus, JOURNAL, [house.subjects.position(STAGE, 0)], after=0, name="fallback")
    try:
        async for received in pull.batches():
            for item in received:
                yield msgspec.json.decode(item.data, type=PositionDoc)
    finally:
        await pull.close()


async def looked_at(bus: Connection, house: House, replies: int) -> None:
    """Wait until the time of so many replies was up, and it was decided what becomes of them."""
    async with aclosing(positions(bus, house)) as found:
        async for position in found:
            # The first step is where it began.
            if position.applied == replies + 1:
                return


def mail_of(content: bytes | str | None) -> EmailMessage:
    assert isinstance(content, bytes)
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


async def test_who_left_is_answered_by_mail_and_goes_on_from_there_and_back_in_the_chat(
    house: House, kim: Kim, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    ann = await take_seat(house)
    await kim.prove_mailbox()
    await kim.chat.say("My lamp came broken.", message_id="m1")
    offer = await take(ann, await ann.wait("offered"))
    await kim.chat.close()
    before = len(smarthost.mails)
    await ann.about("reply", offer, text="Which one is it?")
    envelope = (await smarthost.wait(before + 1))[-1]
    mail = mail_of(envelope.content)
    assert envelope.rcpt_tos == [KIM]
    assert "My lamp came broken." in mail["Subject"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Which one is it?" in body.get_content()
    _code, chatted, mailed = await Records(bus, house).replies()
    assert mailed.instead_of == chatted.id
    assert (await became(bus, house, mailed.id, DeliveryState.SENT)).account == "support"

    await write(house, KIM, "The brass one.", "1@m", in_reply_to=mail["Message-ID"])
    turn = await ann.wait("turn")
    assert turn["conversation"] == offer["conversation"]
    await ann.about("reply", offer, text="A new one is on its way.")
    envelope = (await smarthost.wait(before + 2))[-1]
    assert envelope.rcpt_tos == [KIM]

    # He finds in the chat what was said there, and goes on with the same person.
    await kim.chat.open()
    assert (await kim.chat.next_reply())["text"] == "Which one is it?"
    await kim.chat.say("I am back.", message_id="m2")
    turn = await ann.wait("turn")
    assert turn["conversation"] == offer["conversation"]
    await ann.about("reply", offer, text="Welcome back.")
    assert (await kim.chat.next_reply())["text"] == "Welcome back."
    assert len(await Records(bus, house).told()) == 4, "offered, assigned, and two turns"
    await kim.chat.close()


async def test_what_was_read_in_the_chat_is_not_mailed_as_well(
    house: House, kim: Kim, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    ann = await take_seat(house)
    await kim.prove_mailbox()
    await kim.chat.say("My lamp came broken.", message_id="m1")
    offer = await take(ann, await ann.wait("offered"))
    await ann.about("reply", offer, text="Which one is it?")
    reply = await kim.chat.next_reply()
    assert kim.chat.socket is not None
    await kim.chat.socket.send_json({"type": "read", "seq": reply["seq"], "after": 0})
    await looked_at(bus, house, 1)
    assert (await became(bus, house, reply["id"], DeliveryState.READ)).read_at
    assert len(smarthost.mails) == 1, "only the code"
    await kim.chat.close()


async def test_nobody_is_mailed_at_an_address_that_he_only_typed(
    house: House, kim: Kim, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    ann = await take_seat(house)
    await kim.chat.say("My lamp came broken.", message_id="m1", email=KIM)
    offer = await take(ann, await ann.wait("offered"))
    await kim.chat.close()
    await ann.about("reply", offer, text="Which one is it?")
    await looked_at(bus, house, 1)
    assert len(await Records(bus, house).replies()) == 1
    assert smarthost.mails == []


async def test_a_gateway_killed_while_the_time_runs_mails_it_once(
    house: House, kim: Kim, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    ann = await take_seat(house)
    await kim.prove_mailbox()
    await kim.chat.say("My lamp came broken.", message_id="m1")
    offer = await take(ann, await ann.wait("offered"))
    await kim.chat.close()
    await ann.about("reply", offer, text="Which one is it?")
    _code, reply, *_ = await Records(bus, house).replies()
    await became(bus, house, reply.id, DeliveryState.SENT)
    await house.kill()
    await house.up()
    await bus.wait_connected()
    await ann.back()
    await smarthost.wait(2)
    await looked_at(bus, house, 1)
    assert [each.rcpt_tos for each in smarthost.mails] == [[KIM], [KIM]], "the code, and the reply"
