"""Bounces: tied to the reply that they are about, and believed no further than they prove."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.connectors.email.bounces import REPORT_BYTES_MAX, Fate, fate_of
from maitred.connectors.email.marks import FIELD, Marked, Marks
from maitred.connectors.email.settings import EmailAccount
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import OutboundId, Tenant
from maitred.contracts.outbound import DeliveryState
from tests.connectors.email.delivery import Make, deliver
from tests.connectors.email.relay import Relay, Smarthost, connect, reply
from tests.connectors.email.reports import header_of, report
from tests.connectors.email.scripted import Scripted

OUT_1 = OutboundId("out_1")
REPLY = Marked(OUT_1, "help", "ann@home.example")
MARKS = Marks(Keys(Tenant("house"), b"a secret of some length"), ("help",))
RETURNED = f"To: ann@home.example\n{FIELD}: {MARKS.of(REPLY)}"


async def sent(email: Make, smarthost: Smarthost) -> tuple[Any, Any, Relay]:
    """Send a reply; return connector, context and the smarthost that took it."""
    relay = await smarthost()
    connector, context = await connect(email, relay)
    await connector.send(reply(context, subject="Lamp"))
    return connector, context, relay


async def bring(connector: Any, mail: bytes, sender: str = "") -> None:
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], mail, sender)


async def test_a_bounce_fails_the_reply_that_it_returns(email: Make, smarthost: Smarthost) -> None:
    connector, context, relay = await sent(email, smarthost)
    await bring(connector, report(header_of(relay.content())))
    (said,) = context.reports
    assert (said.outbound, said.channel, said.account) == (OUT_1, "email", "help")
    assert (said.state, said.error, said.at) == (
        DeliveryState.FAILED,
        "bounce_5.1.1",
        context.now,
    )
    assert len(context.accepted) == 1


async def test_a_bounce_that_comes_to_another_account_is_the_sending_account_s(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost()
    accounts = {
        "help": EmailAccount(addresses=("help@shop.example",)),
        "night": EmailAccount(addresses=("night@shop.example",), from_address="help@shop.example"),
    }
    connector, context = await connect(email, relay, accounts=accounts)
    await connector.send(reply(context, account="night"))
    await bring(connector, report(header_of(relay.content())))
    assert [each.account for each in context.reports] == ["night"]


async def test_a_whole_mail_that_is_returned_names_the_reply_as_well(
    email: Make, smarthost: Smarthost
) -> None:
    connector, context, relay = await sent(email, smarthost)
    whole = relay.content().decode()
    await bring(connector, report(whole, returned_as="message/rfc822", encoding="base64"))
    (said,) = context.reports
    assert (said.outbound, said.state) == (OUT_1, DeliveryState.FAILED)


@pytest.fixture
async def notifier() -> AsyncIterator[Scripted]:
    """A smarthost that passes on what is asked about reports (RFC 3461)."""
    server = Scripted({b"EHLO": b"250-smarthost.example\r\n250-SIZE 1000000\r\n250 DSN\r\n"})
    await server.start()
    yield server
    await server.stop()


async def test_a_report_names_the_reply_by_its_envelope_where_nothing_is_returned(
    email: Make, notifier: Scripted
) -> None:
    connector, context = await connect(email, notifier)
    await connector.send(reply(context))
    begun = next(each.decode().split() for each in notifier.lines if each.startswith(b"MAIL"))
    (envelope_id,) = (each[6:] for each in begun if each.startswith("ENVID="))
    assert "RET=HDRS" in begun
    assert any(each.startswith("SIZE=") for each in begun)
    assert b"RCPT TO:<ann@home.example> ORCPT=rfc822;ann@home.example\r\n" in notifier.lines
    await bring(connector, report("Subject: gone", envelope_id=envelope_id))
    assert [each.outbound for each in context.reports] == [OUT_1]
    assert len(context.memory.kept) == 1


async def test_the_smarthost_is_asked_to_report_arrivals_if_you_wish(
    email: Make, notifier: Scripted
) -> None:
    connector, context = await connect(email, notifier, smarthost_notices=True)
    await connector.send(reply(context))
    assert any(b"NOTIFY=SUCCESS,FAILURE,DELAY" in each for each in notifier.lines)
    arrived = report(header_of(notifier.mails[0]), action="delivered", status="2.1.5")
    await bring(connector, arrived)
    (said,) = context.reports
    assert (said.state, said.error) == (DeliveryState.DELIVERED, "")
    assert context.memory.kept == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "delayed", "status": "4.4.1", "diagnostic": "smtp; 451 4.4.1 later"},
        {"action": "relayed", "status": "2.1.9"},
        {"action": "expanded", "status": "2.1.5"},
        {"action": "", "status": "4.2.2", "diagnostic": "smtp; 452 4.2.2 full"},
    ],
)
async def test_what_is_not_final_reports_nothing(
    email: Make, smarthost: Smarthost, changes: dict[str, str]
) -> None:
    connector, context, relay = await sent(email, smarthost)
    await bring(connector, report(header_of(relay.content()), **changes))
    assert context.reports == []
    assert context.memory.kept == {}
    assert len(context.accepted) == 1


async def test_only_what_has_no_reverse_path_is_a_report(email: Make, smarthost: Smarthost) -> None:
    connector, context, relay = await sent(email, smarthost)
    await bring(connector, report(header_of(relay.content())), sender="eve@evil.example")
    assert context.reports == []


async def test_a_report_that_is_not_on_disk_is_not_acknowledged(
    email: Make, smarthost: Smarthost
) -> None:
    connector, context, relay = await sent(email, smarthost)
    bounce = report(header_of(relay.content()))
    stored = context.store.error
    context.store.fail()
    with pytest.raises(smtplib.SMTPDataError) as refused:
        await bring(connector, bounce)
    assert refused.value.smtp_code == 451
    assert context.reports == []
    context.store.error = stored
    for _ in range(2):
        await bring(connector, bounce)
    assert len(context.reports) == len(context.accepted) == 1


async def test_an_invented_bounce_moves_nothing_and_is_a_mail_like_any(
    email: Make, smarthost: Smarthost
) -> None:
    """Whoever knows an id, from the thread of a mail that he was copied in on, knows no mark."""
    connector, context, relay = await sent(email, smarthost)
    invented = "Message-ID: <out_1@shop.example>\nTo: ann@home.example"
    mark = relay.mail()[FIELD]
    await bring(connector, report(invented))
    await bring(connector, report(f"{invented}\n{FIELD}: out_1.{'0' * 32}"))
    await bring(connector, report(f"{invented}\n{FIELD}: {mark.replace('out_1', 'out_2')}"))
    assert context.reports == []
    assert context.memory.kept == {}
    assert len(context.accepted) == 3


async def test_a_mark_does_not_condemn_another_address(email: Make, smarthost: Smarthost) -> None:
    connector, context, relay = await sent(email, smarthost)
    header = header_of(relay.content()).replace("ann@home.example", "kim@home.example")
    await bring(connector, report(header, to="kim@home.example"))
    assert context.memory.kept == {}
    assert context.reports == []


@pytest.mark.parametrize(
    ("status", "diagnostic", "expected"),
    [
        ("5.0.0", "smtp; 550 5.7.1 Blocked", "5.7.1"),
        ("5.2.2", "smtp; 552 5.0.0 Full", "5.2.2"),
        ("5.0.0", "smtp; 550 No", "5.0.0"),
        ("", "smtp; 550 5.1.10 Null MX", "5.1.10"),
        ("5.1.1 (bad destination)", "x-unix; 1", "5.1.1"),
        ("", "smtp; 192.0.2.5.1.1 said no", ""),
    ],
)
def test_the_code_is_the_one_that_says_more(status: str, diagnostic: str, expected: str) -> None:
    mail = report(RETURNED, status=status, diagnostic=diagnostic)
    assert fate_of(mail, MARKS) == Fate(REPLY, DeliveryState.FAILED, expected)


def test_a_code_that_says_nothing_gives_way_to_the_words_above_it() -> None:
    mail = report(RETURNED, status="5.0.0", diagnostic="").replace(
        b"I'm sorry to have to inform you.", b"<ann@home.example>: 550 5.2.1 Mailbox disabled"
    )
    assert fate_of(mail, MARKS) == Fate(REPLY, DeliveryState.FAILED, "5.2.1")


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\r\n",
        b"Content-Type: multipart/report; boundary=b",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n\r\n--b\r\n--b\r\n--b--",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n" + b"\r\n--b" * 100_000,
        b"Content-Type: multipart/report; boundary=b\r\n\r\n\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n" + b"\r\n\r\na: b" * 100_000,
        b"Content-Type: multipart/report; boundary=b\r\n\r\n\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"!!!\xff" * 1000,
        b"Content-Type: multipart/report; boundary=b\r\n\r\n\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: " + b"a@b," * 100_000,
        b"Content-Type: multipart/report;" + b" " * 7_000 + b"boundary" * 100 + b"\r\n\r\n",
        b"Subject: failed\r\n\r\n" + b"out_1." + b"0" * 32 + b" a@b" * 100_000,
        b"Subject: failed\r\n\r\n" + (b"out_1." + b"0" * 32 + b"\r\n\r\n") * 10_000,
    ],
)
def test_broken_reports_say_nothing_and_cost_little(mail: bytes) -> None:
    assert fate_of(mail, MARKS) is None


def test_what_stands_behind_the_bound_is_not_read() -> None:
    late = report(RETURNED).replace(b"I'm sorry", b"x" * REPORT_BYTES_MAX)
    assert fate_of(late, MARKS) is None


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_no_bytes_whatever_break_the_reading(of_status: bytes, of_returned: bytes) -> None:
    mail = (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n"
        + of_status
        + b"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        + of_returned
        + b"\r\n--b--"
    )
    for each in (mail, of_status, of_returned):
        assert fate_of(each, MARKS) is None
