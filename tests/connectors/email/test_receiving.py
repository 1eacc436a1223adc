"""The door for mail: what is stored, what is refused, and in which words."""

from __future__ import annotations

import asyncio
import logging
import smtplib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from maitred.connectors.email import UNKNOWN_SENDER, EmailConnector
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Level
from maitred.contracts.inbound import Verification
from maitred.contracts.limits import EMAIL_RECIPIENTS_MAX

Make = Callable[..., Awaitable[tuple[EmailConnector, Any]]]
Dial = Callable[[EmailConnector], Awaitable[Any]]

MAIL = (
    b"From: Ann Lee <ann@home.example>\r\nTo: help@shop.example\r\n"
    b"Subject: Broken\r\n\r\nIt broke.\r\n.one dot\r\n"
)


def deliver(
    port: int, recipients: list[str], mail: bytes = MAIL, sender: str = "a@b.example"
) -> object:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="peer.example", timeout=10) as client:
        return client.sendmail(sender, recipients, mail)


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


async def test_a_mail_that_announces_too_much_is_refused_before_it_is_read(
    email: Make, dial: Dial
) -> None:
    connector, _ = await email(bytes_max=4096)
    peer = await dial(connector)
    await peer.greet()
    assert (await peer.say(b"MAIL FROM:<a@b.example> SIZE=4097\r\n")).startswith("552")
    assert (await peer.say(b"MAIL FROM:<a@b.example> SIZE=4096\r\n")).startswith("250")


async def test_a_mail_that_grows_too_big_is_refused_at_its_end(email: Make, dial: Dial) -> None:
    connector, context = await email(bytes_max=4096)
    peer = await dial(connector)
    await peer.open_data()
    assert (await peer.say(b"x" * 98 + b"\r\n" + b"y\r\n" * 1500 + b".\r\n")).startswith("552")
    assert context.accepted == []
    assert context.refusals == [("help", "smtp_552")]


async def test_a_mail_that_never_ends_is_cut_off(email: Make, dial: Dial) -> None:
    connector, context = await email(bytes_max=4096)
    peer = await dial(connector)
    await peer.open_data()
    assert (await peer.say(b"y" * 9000)).startswith("552")
    assert (await peer.closed()) == b""
    assert context.accepted == []


async def test_a_line_that_is_too_long_is_refused_and_the_next_mail_passes(
    email: Make, dial: Dial
) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.open_data()
    assert (await peer.say(b"x" * 3000 + b"\r\n.\r\n")).startswith("500 5.5.2")
    assert context.accepted == []
    await peer.say(b"MAIL FROM:<a@b.example>\r\n")
    await peer.say(b"RCPT TO:<help@shop.example>\r\n")
    await peer.say(b"DATA\r\n")
    assert (await peer.say(b"x" * 998 + b"\r\n.\r\n")).startswith("250")
    assert context.accepted[0][1] == b"x" * 998 + b"\r\n"


async def test_mails_under_way_together_are_bounded(email: Make, dial: Dial) -> None:
    connector, context = await email(bytes_max=4096, bytes_held_max=4096)
    context.store.gate = asyncio.Event()
    first, second = await dial(connector), await dial(connector)
    await first.open_data()
    await second.open_data()
    first.writer.write(b"x\r\n" * 1000 + b".\r\n")
    await asyncio.wait_for(context.store.called.wait(), 5)
    assert (await second.say(b"y\r\n" * 1000 + b".\r\n")).startswith("452 4.3.1")
    context.store.gate.set()
    assert (await first.answer()).startswith("250")
    assert connector._sessions.bytes_held == 0


async def test_a_connection_lost_in_the_middle_of_a_mail_stores_nothing(
    email: Make, dial: Dial
) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.open_data()
    peer.writer.write(b"From: a@b.example\r\n\r\nhalf a sen")
    await peer.close()
    await asyncio.wait_for(connector._sessions.empty.wait(), 5)
    assert context.store.calls == 0
    assert connector._sessions.bytes_held == 0


async def test_a_peer_that_falls_silent_is_closed(email: Make, dial: Dial) -> None:
    connector, _ = await email(timeout_s=0.05)
    peer = await dial(connector)
    await peer.answer()
    assert await peer.closed() == b""


async def test_connections_beyond_the_bound_are_put_off(email: Make, dial: Dial) -> None:
    connector, _ = await email(sessions_max=1)
    first = await dial(connector)
    await first.greet()
    second = await dial(connector)
    assert (await second.answer()).startswith("421 4.3.2")
    assert await second.closed() == b""
    assert (await first.say(b"NOOP\r\n")).startswith("250")
    await first.close()
    await asyncio.wait_for(connector._sessions.empty.wait(), 5)
    assert (await (await dial(connector)).answer()).startswith("220")


async def test_one_peer_cannot_take_every_connection_unless_it_is_a_relay(
    email: Make, dial: Dial
) -> None:
    stranger, _ = await email(sessions_per_peer_max=1)
    await (await dial(stranger)).greet()
    assert (await (await dial(stranger)).answer()).startswith("421")
    relay, _ = await email(
        sessions_per_peer_max=1, trusted_relays=("127.0.0.0/8",), authserv_id="mx.shop.example"
    )
    await (await dial(relay)).greet()
    assert (await (await dial(relay)).answer()).startswith("220")


async def test_pipelined_commands_and_rset_work(email: Make, dial: Dial) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.greet()
    peer.writer.write(
        b"MAIL FROM:<a@b.example>\r\nRCPT TO:<help@shop.example>\r\nRSET\r\n"
        b"MAIL FROM:<>\r\nRCPT TO:<care@shop.example>\r\nDATA\r\n"
    )
    answers = [(await peer.answer())[:3] for _ in range(6)]
    assert answers == ["250", "250", "250", "250", "250", "354"]
    peer.writer.write(b"Subject: bounce\r\n\r\n..\r\n.\r\nMAIL FROM:<c@d.example>\r\nQUIT\r\n")
    assert [(await peer.answer())[:3] for _ in range(3)] == ["250", "250", "221"]
    ((inbound, body),) = context.accepted
    assert body == b"Subject: bounce\r\n\r\n.\r\n"
    assert inbound.recipients == ("care@shop.example",)
    assert inbound.evidence.facts == {"mail_from_null": "1"}
    assert inbound.sender.identifier == UNKNOWN_SENDER


@pytest.mark.parametrize("command", [b"VRFY help@shop.example", b"VRFY nobody@shop.example"])
async def test_vrfy_tells_nobody_who_exists(email: Make, dial: Dial, command: bytes) -> None:
    connector, _ = await email()
    peer = await dial(connector)
    await peer.greet()
    assert await peer.say(command + b"\r\n") == "252 2.5.0 Cannot verify, send the message"


@pytest.mark.parametrize("early", [b"DATA\r\n", b"RCPT TO:<help@shop.example>\r\n"])
async def test_commands_out_of_order_are_refused(email: Make, dial: Dial, early: bytes) -> None:
    connector, _ = await email()
    peer = await dial(connector)
    await peer.greet()
    assert (await peer.say(early)).startswith("503")


SMUGGLED = b"MAIL FROM:<evil@x.example>\r\nRCPT TO:<help@shop.example>\r\nDATA\r\nFrom: boss@x\r\n"


@pytest.mark.parametrize(
    "false_end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r.\r",
        b"\r.\n",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\r\n.\n",
        b"\r\n.\r\r\n",
        b"\r\r\n.\r\r\n",
        b"\n\n.\r\n",
        b"\r\n\x00.\n",
    ],
)
async def test_no_false_end_of_a_mail_ends_it_or_starts_another(
    email: Make, dial: Dial, false_end: bytes
) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.open_data()
    answer = await peer.say(b"Subject: x\r\n\r\nhello" + false_end + SMUGGLED + b"\r\n.\r\n")
    assert answer == "550 5.6.0 Lines must end with CR LF"
    assert await peer.closed() == b""
    assert context.store.calls == 0
    assert context.refusals == [("help", "smtp_550")]


async def test_commands_that_follow_a_refused_mail_are_not_heard(email: Make, dial: Dial) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.open_data()
    rest = SMUGGLED + b"\r\nx\r\n.\r\n"
    assert (await peer.say(b"a\nb\r\n.\r\n" + rest)).startswith("550")
    assert b"354" not in await peer.closed()
    assert context.store.calls == 0


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


async def deliver_from(connector: EmailConnector, head: bytes) -> None:
    await asyncio.to_thread(
        deliver, connector.port, ["help@shop.example"], head + b"\r\nhi\r\n", "env@home.example"
    )


PASS = b"Authentication-Results: mx.shop.example; dmarc=pass header.from=home.example\r\n"
FROM = b"From: Ann <ann@home.example>\r\n"


async def test_a_trusted_relays_dmarc_pass_authenticates(email: Make) -> None:
    connector, context = await email(trusted_relays=("127.0.0.0/8",), authserv_id="mx.shop.example")
    await deliver_from(connector, PASS + FROM)
    inbound = context.accepted[0][0]
    assert inbound.sender.level == Level.AUTHENTICATED
    assert inbound.evidence.verification == Verification.DMARC
    assert inbound.evidence.facts == {"dmarc": "pass"}
    assert inbound.sender_key == context.keys.identifier(inbound.sender.identifier)


@pytest.mark.parametrize(
    ("settings", "head"),
    [
        ({}, PASS + FROM),
        ({"trusted_relays": ("192.0.2.0/24",), "authserv_id": "mx.shop.example"}, PASS + FROM),
        (
            {"trusted_relays": ("127.0.0.0/8",), "authserv_id": "mx.shop.example"},
            b"Authentication-Results: other.example; dmarc=fail\r\n" + PASS + FROM,
        ),
        (
            {"trusted_relays": ("127.0.0.0/8",), "authserv_id": "mx.shop.example"},
            PASS + b"From: ann@home.example, bob@home.example\r\n",
        ),
        (
            {"trusted_relays": ("127.0.0.0/8",), "authserv_id": "mx.shop.example"},
            PASS + b"From: ann@elsewhere.example\r\n",
        ),
    ],
    ids=["no relay", "stranger", "not topmost", "two authors", "another domain"],
)
async def test_a_dmarc_pass_that_nobody_vouches_for_stays_a_claim(
    email: Make, settings: dict[str, Any], head: bytes
) -> None:
    connector, context = await email(**settings)
    await deliver_from(connector, head)
    inbound = context.accepted[0][0]
    assert inbound.sender.level == Level.CLAIMED
    assert inbound.evidence.verification == Verification.NONE


@pytest.mark.parametrize("head", [b"Subject: x\r\n", b"From: <<<\r\n", FROM + FROM])
async def test_without_one_readable_from_the_envelope_names_the_sender(
    email: Make, head: bytes
) -> None:
    connector, context = await email()
    await deliver_from(connector, head)
    assert context.accepted[0][0].sender.identifier.value == "env@home.example"
