"""The door for mail: commands in and out of order, and ends of a mail that are none."""

from __future__ import annotations

import pytest

from maitred.connectors.email.receiving import UNKNOWN_SENDER
from tests.connectors.email.delivery import Dial, Make


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
    assert context.refusals == [("help", "bare_line_end")]


@pytest.mark.parametrize("false_end", [b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\r\n..\r\n"])
async def test_what_only_looks_like_an_end_is_a_line_of_the_one_mail(
    email: Make, dial: Dial, false_end: bytes
) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.open_data()
    mail = b"Subject: x\r\n\r\nhello" + false_end + SMUGGLED + b"\r\n"
    assert (await peer.say(mail + b".\r\n")).startswith("250")
    assert (await peer.say(b"NOOP\r\n")).startswith("250")
    ((inbound, body),) = context.accepted
    assert inbound.recipients == ("help@shop.example",)
    assert body == mail.replace(b"\r\n.", b"\r\n")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"NOOP", "250 2.0.0 OK"),
        (b"RSET", "250 2.0.0 OK"),
        (b"MAIL TO:<a@b.example>", "501 5.5.0 Syntax: MAIL FROM: <address> [SP <mail-parameters>]"),
        (b"", "500 5.5.0 Error: bad syntax"),
        (b"EXPN all", "502 5.5.0 EXPN not implemented"),
        (b"XCLIENT ADDR=192.0.2.7", '500 5.5.0 Error: command "XCLIENT" not recognized'),
        (b"QUIT", "221 2.0.0 Bye"),
        (b"HELO peer.example", "250 localhost"),
    ],
)
async def test_every_answer_but_a_greeting_has_an_enhanced_code(
    email: Make, dial: Dial, said: bytes, answer: str
) -> None:
    connector, _ = await email()
    peer = await dial(connector)
    assert "ENHANCEDSTATUSCODES" in await peer.greet()
    assert await peer.say(said + b"\r\n") == answer


@pytest.mark.parametrize("hello", [b"HELO", b"EHLO"])
async def test_a_hello_says_who_it_is_from(email: Make, dial: Dial, hello: bytes) -> None:
    connector, _ = await email()
    peer = await dial(connector)
    assert await peer.answer() == "220 localhost ESMTP"
    assert (await peer.say(hello + b"\r\n")).startswith("501 5.5.4")
    assert (await peer.say(b"MAIL FROM:<a@b.example>\r\n")).startswith("503 5.5.1")


async def test_commands_that_are_sent_together_are_answered_one_by_one(
    email: Make, dial: Dial
) -> None:
    connector, context = await email()
    peer = await dial(connector)
    assert "PIPELINING" in await peer.greet()
    assert (await peer.say(SMUGGLED.partition(b"From:")[0])).startswith("250 2.1.0")
    assert [(await peer.answer())[:3] for _ in range(2)] == ["250", "354"]
    assert (await peer.say(b"Subject: x\r\n\r\nhi\r\n.\r\nQUIT\r\n")).startswith("250")
    assert (await peer.answer()).startswith("221")
    assert len(context.accepted) == 1


async def test_commands_that_follow_a_refused_mail_are_not_heard(email: Make, dial: Dial) -> None:
    connector, context = await email()
    peer = await dial(connector)
    await peer.open_data()
    rest = SMUGGLED + b"\r\nx\r\n.\r\n"
    assert (await peer.say(b"a\nb\r\n.\r\n" + rest)).startswith("550")
    assert b"354" not in await peer.closed()
    assert context.store.calls == 0
