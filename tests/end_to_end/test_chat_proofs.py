"""A visitor proves who he is, at the real doors: by a code in his mail, in a text, by the site."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import msgspec
import orjson
import pytest

from demo.cast import ROUTING
from demo.house import House
from demo.writers import Chat, letter, send_mail
from maitred.contracts.entry import JoinReason
from maitred.contracts.identifiers import Level
from maitred.contracts.message import MessageKind
from maitred.contracts.outbound import OutboundKind
from maitred.contracts.subjects import INBOUND
from maitred.gateway import reading
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import read_log
from tests.end_to_end.conftest import OpenHouse, Smarthost, TakeSeat
from tests.end_to_end.records import Records
from tests.end_to_end.seat import Seat

KIM, NOBODY = "kim@mail.example", "nobody@mail.example"
SITE_SECRET = "a secret of the demo's site, long enough"
CODE = re.compile(r"\b[0-9]{6}\b")
CHAT = """[channels.chat]
secret = "file:chat"
[channels.chat.accounts.shop]
title = "Demo shop"
identity_secrets = ["file:site"]
verify_email_account = "support"
verify_sms_account = "main"
"""


def keep_secret(house: House) -> House:
    path = house.folder / "site"
    path.write_text(SITE_SECRET)
    path.chmod(0o600)
    return house


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """Open a house whose chat verifies by mail and SMS, and takes its site's word."""
    closed = keep_secret(await open_house(up=False, chat=CHAT))
    await closed.up()
    return closed


async def tell(visitor: Chat, **frame: Any) -> dict[str, Any]:
    """Send a frame and return what answers it."""
    assert visitor.socket is not None
    answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    visitor._acks[frame["id"]] = answer
    await visitor.socket.send_json(frame)
    return await asyncio.wait_for(answer, 10)


async def mailed(smarthost: Smarthost, count: int = 1) -> tuple[EmailMessage, str]:
    """Return a mail that came from the gateway, and the code in it."""
    envelope = (await smarthost.wait(count))[count - 1]
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail, CODE.findall(mail.get_content())[0]


async def write(house: House, text: str, message_id: str) -> None:
    await send_mail(
        house,
        sender=KIM,
        mail=letter(sender=KIM, name="Kim Berg", text=text, message_id=message_id),
    )


async def served(ann: Seat, text: str) -> dict[str, Any]:
    """Let Ann take what is offered, answer it, and be done with it."""
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("reply", offer, text=text)
    await ann.about("complete", offer)
    return offer


async def test_a_mail_customer_who_verifies_in_the_chat_is_one_customer_and_may_be_answered_so(
    house: House,
    take_seat: TakeSeat,
    smarthost: Smarthost,
    session: aiohttp.ClientSession,
    bus: Connection,
) -> None:
    ann = await take_seat(house)
    await write(house, "My brass lamp came without its shade.", "1@m")
    by_mail = await served(ann, "The shade is on its way.")
    await smarthost.wait(1)

    visitor = Chat(house, session)
    await visitor.open()
    await visitor.say("Where is the shade?", message_id="m1", email=KIM, name="Kim")
    before = await ann.wait("offered")
    assert before["conversation"] != by_mail["conversation"]
    assert before["brief"]["identity"]["may_read"] is False
    # What he claims is a hint for the router and for who serves him, and nothing else.
    assert before["brief"]["identity"]["hint"] == by_mail["brief"]["identity"]["customer"]
    assert before["brief"]["journey"] == []
    assert "lamp" not in str(before)
    await ann.about("accept", before)
    await ann.wait("assigned")

    assert (await tell(visitor, type="verify", id="v1", email=KIM))["type"] == "verifying"
    mail, code = await mailed(smarthost, 2)
    assert mail["To"] == KIM
    assert mail["Subject"] == "Demo shop: your code"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] is None
    answer = await tell(visitor, type="code", id="c1", code=code)
    assert (answer["type"], answer["kind"]) == ("verified", "email")

    told = await ann.wait("turn")
    assert told["turn"]["speaker"] == "system"
    assert told["turn"]["text"] == "Proved by a code that this email address is theirs."
    assert KIM not in str(told["turn"])
    await ann.about("reply", before, text="It leaves today.")
    await ann.about("complete", before)
    assert (await visitor.next_reply())["text"] == "It leaves today."

    await visitor.say("And its screws?", message_id="m2")
    after = await ann.wait("offered")
    identity = after["brief"]["identity"]
    assert identity["may_read"] is True
    assert identity["act_until"] > time.time() * 1000  # noqa: TID251  (the gateway's own clock)
    assert identity["name"] == "Kim Berg"
    assert by_mail["conversation"] in [step["conversation"] for step in after["brief"]["journey"]]

    records = Records(bus, house)
    entries = {entry.message.id: entry for entry in await records.messages()}
    proof = entries[answer["message"]]
    assert proof.message.kind is MessageKind.VERIFICATION
    assert proof.joined is JoinReason.OPEN_CONVERSATION
    journeys = [
        await reading.journey(bus, house.subjects, each["conversation"])
        for each in (by_mail, before, after)
    ]
    assert len({each.customer.id for each in journeys}) == 1
    assert len(journeys[0].identifiers) == 2
    assert (await records.ledger()).gap == 0
    await visitor.close()


async def test_the_code_stands_nowhere_but_in_the_message_that_brings_it(
    house: House, smarthost: Smarthost, session: aiohttp.ClientSession, bus: Connection
) -> None:
    visitor = Chat(house, session)
    await visitor.open()
    await visitor.say("Hello", message_id="m1")
    await tell(visitor, type="verify", id="v1", email=KIM, language="de")
    mail, code = await mailed(smarthost)
    assert mail["Subject"] == "Demo shop: Ihr Code"
    assert (await tell(visitor, type="code", id="c1", code=code))["type"] == "verified"
    records = Records(bus, house)
    proof = (await records.messages())[-1]
    assert proof.conversation is not None
    journey = await reading.journey(bus, house.subjects, proof.conversation)
    assert len(journey.identifiers) == 2
    assert code not in msgspec.json.encode(journey).decode()
    assert [reply.kind for reply in await records.replies()] == [OutboundKind.CODE]
    root = house.subjects.root
    raw = await read_log(bus, INBOUND, f"{root}.inbound.>", after=0, limit=100)
    journal = await read_log(bus, "JOURNAL", f"{root}.>", after=0, limit=1_000)
    others = [each for each in journal if ".outbound." not in each.subject]
    assert len(raw) == 2
    assert not any(code in said for each in (*raw, *others) for said in _texts(each.data))
    log = (house.folder / "gateway.log").read_text()
    assert "code_asked" in log
    assert not re.search(rf"\b{code}\b", log)
    assert KIM not in log
    await visitor.close()


def _texts(data: bytes) -> list[str]:
    """Return every text of a JSON document; numbers are times and sequences."""
    found: list[str] = []
    waiting = [orjson.loads(data)]
    while waiting:
        match waiting.pop():
            case dict() as table:
                waiting += table.values()
            case list() as rows:
                waiting += rows
            case str() as text:
                found.append(text)
    return found


async def test_a_number_is_proven_by_a_text(
    house: House, session: aiohttp.ClientSession, bus: Connection
) -> None:
    visitor = Chat(house, session)
    await visitor.open()
    await tell(visitor, type="verify", id="v1", phone="+1 555 200 0001", language="fr-FR")
    async with asyncio.timeout(15):
        (sent,) = await house.twilio.wait_sent(1)
    assert sent["To"] == "+15552000001"
    assert sent["Body"].startswith("Demo shop : votre code est ")
    (code,) = CODE.findall(sent["Body"])
    answer = await tell(visitor, type="code", id="c1", code=code)
    assert (answer["type"], answer["kind"]) == ("verified", "phone")
    await visitor.say("It is me.", message_id="m2")
    records = Records(bus, house)
    proof, said = await records.messages()
    # Who proves before he says anything has no conversation yet.
    assert (proof.message.kind, proof.conversation) == (MessageKind.VERIFICATION, None)
    assert proof.customer == said.customer
    assert [(each.identifier.value, each.level) for each in said.message.observed] == [
        ("+15552000001", Level.PROVEN)
    ]
    assert said.work is not None
    assert said.work.may_read
    ledger = await records.ledger()
    assert (ledger.dead, ledger.gap) == (0, 0)
    await visitor.close()


async def test_nothing_tells_whether_an_address_is_known(
    house: House, smarthost: Smarthost, session: aiohttp.ClientSession, bus: Connection
) -> None:
    await write(house, "My brass lamp came without its shade.", "1@m")
    records = Records(bus, house)
    await records.settle()
    answers, written = [], []
    for number, address in enumerate((KIM, NOBODY)):
        before = await _kept(bus, house)
        async with session.ws_connect(f"{house.http}/v1/chat/shop") as socket:
            await socket.send_json({"type": "hello"})
            await socket.receive_json(timeout=10)
            await socket.send_json({"type": "verify", "id": "v1", "email": address})
            answers.append(await socket.receive_str(timeout=10))
            await socket.send_json({"type": "code", "id": "c1", "code": "0000000"})
            answers.append(await socket.receive_str(timeout=10))
        await smarthost.wait(number + 1)
        await records.settle()
        written.append(await _kept(bus, house) - before)
    assert answers[:2] == answers[2:]
    # How many went out for the house stands in one document, whomever they went to.
    assert written[0].pop("codes") == 1
    assert written == [Counter(proof=2, outbound=1, delivery=1)] * 2
    # Nobody is merged by asking, and nobody is made a customer.
    assert len(await records.messages()) == 1


async def _kept(bus: Connection, house: House) -> Counter[str]:
    """Count what the journal holds, by kind; leases and positions go on by themselves."""
    found = await read_log(bus, "JOURNAL", f"{house.subjects.root}.>", after=0, limit=1_000)
    kinds = Counter(each.subject.split(".")[3] for each in found)
    del kinds["lease"], kinds["position"]
    return kinds


async def test_a_user_whom_the_site_vouches_for_is_known_with_his_first_message(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession, bus: Connection
) -> None:
    ann = await take_seat(house)
    await write(house, "My brass lamp came without its shade.", "1@m")
    by_mail = await served(ann, "The shade is on its way.")
    await Records(bus, house).settle()
    now = int(time.time())  # noqa: TID251  (the site's stamp)
    claims = {
        "sub": "42",
        "iat": now,
        "exp": now + 600,
        "name": "Kim B.",
        "email": KIM,
        "email_verified": True,
    }
    signed = jwt.encode(claims, SITE_SECRET, algorithm="HS256")
    async with session.ws_connect(f"{house.http}/v1/chat/shop") as socket:
        await socket.send_json({"type": "hello", "identity": signed})
        assert (await socket.receive_json(timeout=10))["signed_in"] is True
        await socket.send_json({"type": "message", "id": "m1", "text": "Where is it?"})
        assert (await socket.receive_json(timeout=10))["type"] == "ack"
        offer = await ann.wait("offered")
        assert offer["brief"]["identity"]["may_read"] is True
        assert offer["brief"]["identity"]["act_until"] >= (now + 890) * 1000
        journey = [step["conversation"] for step in offer["brief"]["journey"]]
        assert journey == [by_mail["conversation"]]
    assert signed not in (house.folder / "gateway.log").read_text()
    assert signed.rpartition(".")[2] not in (house.folder / "gateway.log").read_text()


async def test_what_one_gateway_asked_for_another_one_takes(
    house: House, smarthost: Smarthost, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    second = House(
        tmp_path / "second",
        house.slack,
        house.twilio,
        smarthost_port=smarthost.port,
        routing=ROUTING,
        sections={"chat": CHAT},
        beside=house,
    )
    second.write()
    await keep_secret(second).up()
    try:
        visitor = Chat(house, session)
        await visitor.open()
        await tell(visitor, type="verify", id="v1", email=KIM)
        _, code = await mailed(smarthost)
        elsewhere = Chat(second, session, token=visitor.token)
        await elsewhere.open()
        stranger = Chat(second, session)
        await stranger.open()
        answer = await tell(stranger, type="code", id="c1", code=code)
        assert answer == {"type": "error", "code": "wrong_code", "id": "c1"}
        assert (await tell(elsewhere, type="code", id="c1", code=code))["type"] == "verified"
        assert (await tell(visitor, type="code", id="c2", code=code))["code"] == "wrong_code"
        async with session.ws_connect(f"{house.http}/v1/chat/shop") as socket:
            await socket.send_json({"type": "hello", "token": visitor.token})
            assert (await socket.receive_json(timeout=10))["verified"] == ["email"]
        for each in (visitor, elsewhere, stranger):
            await each.close()
    finally:
        await second.kill()
