"""The door for mail: what is stored, what is refused, and in which words."""

from __future__ import annotations

import asyncio
import logging
import smtplib

import pytest

from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import IdentifierKey, conversation_id, message_id
from maitred.contracts.limits import EMAIL_RECIPIENTS_MAX
from maitred.contracts.reply_token import keys_of, sign
from tests.connectors.conftest import START_MS, TENANT
from tests.connectors.email.delivery import MAIL, Dial, Make, deliver


async def test_a_mail_is_stored_as_received_and_then_acknowledged(email: Make) -> None:
    connector, context = await email()
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"])
    ((inbound, body),) = context.accepted
    assert body == MAIL
    assert inbound.channel == "email"
    assert inbound.account == "help"
    assert inbound.recipients == ("help@shop.example",)
    assert inbound.content_type == "message/rfc822"
    assert inbound.sender.identifier.value == "ann@home.example"
    assert inbound.sender.level == Level.CLAIMED
    assert inbound.evidence.name == "Ann Lee"
    assert inbound.received_at == context.now


async def test_size_8bitmime_and_smtputf8_are_offered(email: Make, dial: Dial) -> None:
    connector, _ = await email(bytes_max=4096)
    offered = await (await dial(connector)).greet()
    assert "SIZE 4096" in offered
    assert "8BITMIME" in offered
    assert "SMTPUTF8" in offered


async def test_an_address_that_is_not_ascii_is_taken_under_smtputf8(
    email: Make, dial: Dial
) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.greet()
    said = "MAIL FROM:<jürgen@haus.example> SMTPUTF8 BODY=8BITMIME\r\n".encode()
    assert (await peer.say(said)).startswith("250")
    assert (await peer.say("RCPT TO:<größe@sales.example>\r\n".encode())).startswith("250")
    await peer.say(b"DATA\r\n")
    assert (await peer.say(b"Subject: x\r\n\r\nhi\r\n.\r\n")).startswith("250")
    ((inbound, _body),) = context.accepted
    assert inbound.recipients == ("größe@sales.example",)
    assert inbound.sender.identifier.value == "jürgen@haus.example"


async def test_bytes_that_are_no_text_at_all_are_stored_unchanged(email: Make) -> None:
    connector, context = await email()
    mail = b"From: a@b.example\r\nSubject: \xff\xfe\r\n\r\n\x00\x80\xc3\x28\r\n"
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], mail)
    assert context.accepted[0][1] == mail


@pytest.mark.parametrize(
    ("recipient", "account"),
    [
        ("HELP@Shop.Example", "help"),
        ("care@shop.example", "help"),
        ("help+order17@shop.example", "help"),
        ("help+a+b@shop.example", "help"),
        (f"Help+{'A' * 48}@shop.example", "help"),
        ("anything@sales.example", "sales"),
    ],
)
async def test_exact_plus_and_domain_addresses_find_their_account(
    email: Make, recipient: str, account: str
) -> None:
    connector, context = await email()
    await asyncio.to_thread(deliver, connector.port, [recipient])
    assert context.accepted[0][0].account == account


@pytest.mark.parametrize(
    "recipient",
    ["nobody@shop.example", "help@other.example", "x@sub.sales.example", "postmaster", '"a b"@c'],
)
async def test_an_unknown_recipient_is_refused_and_counted(
    email: Make, dial: Dial, recipient: str
) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.greet()
    await peer.say(b"MAIL FROM:<a@b.example>\r\n")
    answer = await peer.say(f"RCPT TO:<{recipient}>\r\n".encode())
    assert answer == "550 5.1.1 No such recipient here"
    assert context.refusals == [("", "unknown_recipient")]


@pytest.mark.parametrize("broken", [b"<", b"<\xff\xfe@shop.example>", b"<()@", b"\xc3\x28"])
async def test_a_broken_address_is_refused_and_the_connection_goes_on(
    email: Make, dial: Dial, broken: bytes
) -> None:
    connector, _ = await email()
    peer = await dial(connector)
    await peer.greet()
    await peer.say(b"MAIL FROM:<a@b.example>\r\n")
    assert (await peer.say(b"RCPT TO:" + broken + b"\r\n"))[:1] == "5"
    assert (await peer.say(b"RCPT TO:<help@shop.example>\r\n")).startswith("250")


async def test_who_guesses_addresses_is_sent_away(email: Make, dial: Dial) -> None:
    connector, _ = await email()
    peer = await dial(connector)
    await peer.greet()
    await peer.say(b"MAIL FROM:<a@b.example>\r\n")
    answers = [await peer.say(b"RCPT TO:<n%d@shop.example>\r\n" % n) for n in range(21)]
    assert {answer[:3] for answer in answers[:20]} == {"550"}
    assert answers[20].startswith("421")
    assert await peer.closed() == b""


async def test_recipients_beyond_the_bound_are_put_off(email: Make, dial: Dial) -> None:
    connector, _ = await email()
    peer = await dial(connector)
    await peer.greet()
    await peer.say(b"MAIL FROM:<a@b.example>\r\n")
    for number in range(EMAIL_RECIPIENTS_MAX):
        assert (await peer.say(b"RCPT TO:<r%d@sales.example>\r\n" % number)).startswith("250")
    assert (await peer.say(b"RCPT TO:<last@sales.example>\r\n")).startswith("452 4.5.3")


async def test_several_recipients_are_one_message_of_the_first_ones_account(email: Make) -> None:
    connector, context = await email()
    everybody = ["x@sales.example", "help@shop.example", "care@shop.example"]
    await asyncio.to_thread(deliver, connector.port, everybody)
    ((inbound, _),) = context.accepted
    assert inbound.account == "sales"
    assert inbound.recipients == tuple(everybody)


async def test_a_mail_to_several_accounts_is_for_the_one_whose_address_carries_a_token(
    email: Make,
) -> None:
    connector, context = await email()
    tagged = f"help+{'a' * 48}@shop.example"
    await asyncio.to_thread(deliver, connector.port, ["x@sales.example", tagged])
    assert context.accepted[0][0].account == "help"


async def test_the_door_answers_a_good_token_like_a_bad_one(email: Make, dial: Dial) -> None:
    keys = keys_of(TENANT, [b"a secret for the tokens of this test"])
    opened_by = message_id(TENANT, "email", "help", "1")
    good = sign(keys, "help", conversation_id(opened_by), IdentifierKey("a" * 32), START_MS)
    connector, _ = await email()
    peer = await dial(connector)
    await peer.greet()
    await peer.say(b"MAIL FROM:<a@b.example>\r\n")
    answers = {
        await peer.say(f"RCPT TO:<help+{token}@shop.example>\r\n".encode())
        for token in (good, good[::-1], "a" * 48, "order17")
    }
    assert answers == {"250 2.1.5 OK"}


async def test_a_repeated_mail_is_the_same_message_and_another_is_not(email: Make) -> None:
    connector, context = await email()
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example", "care@shop.example"])
    await asyncio.to_thread(deliver, connector.port, ["care@shop.example", "help@shop.example"])
    assert len(context.accepted) == 1
    assert context.store.calls == 2
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], MAIL + b"More.\r\n")
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"])
    assert len(context.accepted) == 3


async def test_a_store_that_does_not_answer_is_a_451_and_the_next_mail_passes(
    email: Make,
) -> None:
    connector, context = await email()
    context.store.fail()
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        await asyncio.to_thread(deliver, connector.port, ["help@shop.example"])
    assert (refusal.value.smtp_code, refusal.value.smtp_error) == (451, b"4.3.0 Try again later")
    assert context.refusals == [("help", "store_unavailable")]
    context.store.recover()
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"])
    assert len(context.accepted) == 1


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (RuntimeError("/secret/path of ann@home.example"), 451, "internal"),
        (Permanent("beyond every limit", code="too_big"), 554, "too_big"),
    ],
)
async def test_a_fault_of_ours_reveals_nothing_and_loses_nothing(
    email: Make, error: Exception, code: int, reason: str
) -> None:
    connector, context = await email()
    context.store.error = error
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        await asyncio.to_thread(deliver, connector.port, ["help@shop.example"])
    assert refusal.value.smtp_code == code
    assert b"secret" not in refusal.value.smtp_error
    assert context.refusals == [("help", reason)]


async def test_stopping_answers_the_mail_under_way_and_closes_the_others(
    email: Make, dial: Dial
) -> None:
    connector, context = await email()
    context.store.gate = asyncio.Event()
    busy, idle = await dial(connector), await dial(connector)
    await idle.greet()
    await busy.open_data()
    busy.writer.write(b"Subject: x\r\n\r\nhi\r\n.\r\n")
    await asyncio.wait_for(context.store.called.wait(), 5)
    async with asyncio.TaskGroup() as group:
        group.create_task(connector.stop())
        assert (await idle.answer()).startswith("421")
        context.store.gate.set()
        assert (await busy.answer()).startswith("250")
    assert len(context.accepted) == 1


async def test_nothing_of_a_mail_or_its_peer_reaches_the_log(
    email: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connector, _ = await email()
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"])
    assert "example" not in caplog.text
    assert "broke" not in caplog.text
