"""Threads by mail, at the real door: tokens, third mails, subjects, strangers, and loops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from demo.house import AUTHSERV_ID, SUPPORT_ADDRESS, House
from demo.writers import letter, send_mail, send_slack
from maitred.contracts.conversation import Speaker
from maitred.contracts.entry import JoinReason
from maitred.contracts.message import MessageKind, ThreadEvidenceKind
from maitred.contracts.reply_token import tokens_in, without_token
from maitred.gateway import reading
from maitred.gateway.bus.connection import Connection
from tests.end_to_end.conftest import OpenHouse, Smarthost, TakeSeat
from tests.end_to_end.records import Records
from tests.end_to_end.seat import Event, Seat

ROUNDS_MAX = 8
KIM, LEE = "kim@mail.example", "lee@elsewhere.example"


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """Open a house whose support address has plus-addresses."""
    closed = await open_house(up=False)
    usual = closed._sections()["email"]
    closed.sections = {"email": f"{usual}plus_addresses = true\n"}
    closed.write()
    await closed.up()
    return closed


async def write(house: House, sender: str, text: str, message_id: str, **fields: Any) -> None:
    """Write a mail to the support, at `to` if it is given, disowned by its domain if `forged`."""
    to, forged = fields.pop("to", SUPPORT_ADDRESS), fields.pop("forged", False)
    fields.setdefault("authenticated", not forged)
    mail = letter(sender=sender, text=text, message_id=message_id, recipients=(to,), **fields)
    if forged:
        domain = sender.rpartition("@")[2].encode()
        verdict = b"%s; dmarc=fail header.from=%s" % (AUTHSERV_ID.encode(), domain)
        mail = b"Authentication-Results: " + verdict + b"\r\n" + mail
    await send_mail(house, sender=sender, mail=mail, recipients=(to,))


async def take_first(ann: Seat, house: House) -> Event:
    """Let Kim write, and Ann accept."""
    await write(house, KIM, "My lamp is broken.", "1@m", subject="The broken brass lamp")
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    return offer


async def answered(ann: Seat, offer: Event, smarthost: Smarthost, text: str) -> EmailMessage:
    """Let Ann answer, and return the mail as it leaves."""
    before = len(smarthost.mails)
    await ann.about("reply", offer, text=text)
    sent = (await smarthost.wait(before + 1))[-1]
    mail = message_from_bytes(sent.content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


@asynccontextmanager
async def second_concern(house: House, session: Any) -> AsyncIterator[None]:
    """Give Kim a newer open conversation beside the one by mail, as a merge does."""
    house.slack.add_user("U1", email="hidden@other.example", name="Kim")
    await send_slack(house, session, user="U1", text="Something else.", ts="1790000000.000100")
    yield
    house.slack.add_user("U1", email=KIM, name="Kim")
    await send_slack(house, session, user="U1", text="It is me.", ts="1790000001.000100")


async def test_an_answer_without_its_references_joins_by_the_token_in_its_address(
    house: House, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    ann = await take_seat(house)
    offer = await take_first(ann, house)
    mail = await answered(ann, offer, smarthost, "Which one?")
    (address,) = mail["Reply-To"].addresses
    assert without_token(address.addr_spec) == SUPPORT_ADDRESS
    assert mail["From"].addresses[0].addr_spec == SUPPORT_ADDRESS
    await write(house, KIM, "The brass one.", "2@m", to=address.addr_spec.upper(), subject="Hm")
    turn = await ann.wait("turn")
    assert turn["conversation"] == offer["conversation"]
    assert turn["turn"]["text"].strip() == "The brass one."
    entry = (await Records(bus, house).messages())[-1]
    assert entry.evidence is not None
    assert entry.evidence.kind is ThreadEvidenceKind.REPLY_TOKEN
    assert entry.message.flags == ()


async def test_a_bad_token_is_taken_like_a_good_one_and_says_nothing(
    house: House, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    ann = await take_seat(house)
    offer = await take_first(ann, house)
    mail = await answered(ann, offer, smarthost, "Which one?")
    (token,) = tokens_in(mail["Reply-To"])
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    address = f"support+{forged}@demo.example"
    await write(house, LEE, "Hello there!", "2@m", to=address)
    other = await ann.wait("offered")
    assert other["conversation"] != offer["conversation"]
    entry = (await Records(bus, house).messages())[-1]
    assert entry.message.flags == ("reply_token_invalid",)
    assert entry.claim is None
    story = await reading.story(bus, house.subjects, offer["conversation"])
    assert len(story.conversation.turns) == 1


@pytest.mark.parametrize(
    ("sender", "forged"), [(LEE, False), (KIM, True)], ids=["a stranger", "a forged From"]
)
async def test_who_bears_a_token_without_belonging_there_is_claimed_and_gets_nothing(
    house: House,
    take_seat: TakeSeat,
    smarthost: Smarthost,
    bus: Connection,
    sender: str,
    *,
    forged: bool,
) -> None:
    ann = await take_seat(house)
    offer = await take_first(ann, house)
    mail = await answered(ann, offer, smarthost, "Which one?")
    before = await reading.story(bus, house.subjects, offer["conversation"])
    await write(
        house,
        sender,
        "Tell me where he lives!",
        "2@m",
        to=mail["Reply-To"].addresses[0].addr_spec,
        in_reply_to=mail["Message-ID"],
        forged=forged,
    )
    claimed = await ann.wait("claimed")
    assert claimed["conversation"] == offer["conversation"]
    assert claimed["turn"]["speaker"] == "claimed"
    assert claimed["turn"]["name"] == f"<{sender}>"
    own = await ann.wait("offered")
    assert own["conversation"] != offer["conversation"]
    assert [turn["text"].strip() for turn in own["brief"]["turns"]] == ["Tell me where he lives!"]
    assert own["brief"]["journey"] == []
    after = await reading.story(bus, house.subjects, offer["conversation"])
    assert [turn.speaker for turn in after.conversation.turns] == [
        Speaker.CUSTOMER,
        Speaker.CLAIMED,
    ]
    assert after.conversation.reply_to == before.conversation.reply_to
    assert after.conversation.participants == before.conversation.participants
    assert after.routing == before.routing
    await answered(ann, offer, smarthost, "For you alone.")
    assert [each.rcpt_tos for each in smarthost.mails] == [[KIM], [KIM]]


async def test_who_answers_from_the_mailbox_that_our_mail_went_to_is_its_owner(
    house: House, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    """No relay vouches for him, so his first mail is a claim; his answer brings our token back."""
    ann = await take_seat(house)
    await write(house, KIM, "My lamp is broken.", "1@m", authenticated=False)
    offer = await ann.wait("offered")
    assert offer["brief"]["identity"]["trust"] == 0
    await ann.about("accept", offer)
    mail = await answered(ann, offer, smarthost, "Which one?")
    to = mail["Reply-To"].addresses[0].addr_spec
    await write(house, KIM, "The brass one.", "2@m", to=to, authenticated=False)
    turn = await ann.wait("turn")
    assert turn["conversation"] == offer["conversation"]
    assert turn["turn"]["speaker"] == "customer"
    said = (await reading.story(bus, house.subjects, offer["conversation"])).conversation
    assert (said.trust, said.may_read, said.act_until) == (3, True, 0)
    claimed, proven = await Records(bus, house).messages()
    assert claimed.message.actor_key != proven.message.actor_key
    assert (proven.customer, proven.joined) == (said.customer, JoinReason.THREAD)
    assert said.participants == (proven.message.actor_key,)
    # From now on it is his, and a forged From is a claim like any other.
    await write(house, KIM, "Send it to Lee!", "3@m", to=to, in_reply_to="<1@m>", forged=True)
    claim = await ann.wait("claimed")
    assert claim["conversation"] == offer["conversation"]
    await answered(ann, offer, smarthost, "It is on its way.")
    assert [each.rcpt_tos for each in smarthost.mails] == [[KIM], [KIM]]


async def test_a_mail_that_answers_the_same_third_mail_joins(
    house: House, take_seat: TakeSeat, session: Any, bus: Connection
) -> None:
    ann = await take_seat(house)
    await write(house, KIM, "As he says.", "1@m", in_reply_to="<third@x>", subject="A")
    first = await ann.wait("offered")
    async with second_concern(house, session):
        await ann.wait("offered")
    await write(house, KIM, "And as I said.", "2@m", in_reply_to="<third@x>", subject="B")
    records = await Records(bus, house).messages()
    last = next(each for each in records if each.message.text.strip() == "And as I said.")
    assert last.conversation == first["conversation"]
    assert last.evidence is not None
    assert last.evidence.kind is ThreadEvidenceKind.SHARED_REFERENCE


async def test_a_mail_of_the_same_subject_joins_where_nothing_else_says_so(
    house: House, take_seat: TakeSeat, session: Any, bus: Connection
) -> None:
    ann = await take_seat(house)
    first = await take_first(ann, house)
    async with second_concern(house, session):
        await ann.wait("offered")
    await write(house, KIM, "Any news?", "2@m", subject="AW: [#12] The  Broken brass LAMP")
    records = await Records(bus, house).messages()
    last = next(each for each in records if each.message.text.strip() == "Any news?")
    assert last.conversation == first["conversation"]
    assert last.evidence is not None
    assert last.evidence.kind is ThreadEvidenceKind.SUBJECT


async def notify(house: House, smarthost: Smarthost, number: int) -> None:
    """Answer our mail of a number with a notice, as a mailbox does that marks it in no header."""
    ours = message_from_bytes((await smarthost.wait(number))[-1].content, policy=default)
    request = number * 7919
    await write(
        house,
        KIM,
        f"Thank you for writing. We gave your request the number {request}.",
        f"notice{number}@m",
        subject=f"[#{request}] {ours['Subject']}",
    )


@pytest.mark.parametrize("completes", [False, True], ids=["stays open", "closes each time"])
async def test_a_responder_without_headers_and_an_agent_who_answers_all_end_by_themselves(
    house: House,
    take_seat: TakeSeat,
    smarthost: Smarthost,
    bus: Connection,
    *,
    completes: bool,
) -> None:
    ann, records = await take_seat(house), Records(bus, house)
    offer = await take_first(ann, house)
    entries = await records.messages()
    while entries[-1].message.kind is MessageKind.MESSAGE and len(entries) < ROUNDS_MAX:
        await ann.about("reply", offer, text="We look into it.")
        if completes:
            await ann.about("complete", offer)
            await ann.wait("closed")
        await notify(house, smarthost, len(entries))
        entries = await records.messages()
        if entries[-1].work is not None and completes:
            offer = await ann.wait("offered")
            await ann.about("accept", offer)
            await ann.wait("assigned")
    *before, last = entries
    assert last.message.kind is MessageKind.AUTO_REPLY
    assert "loop" in last.message.flags
    assert last.message.channel_extra["loop"] == "repeats"
    assert last.work is None
    assert last.conversation == before[-1].conversation
    assert len({each.conversation for each in before}) == (3 if completes else 1)
    assert len(entries) == 4, "one mail, and three rounds"
    assert len(smarthost.mails) == 3
    assert all(each.work is not None for each in before)
    ledger = await records.ledger()
    assert (ledger.accepted, ledger.gap) == (4, 0)
