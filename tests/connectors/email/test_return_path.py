"""Return paths: a bounce that returns nothing of our mail names its reply by where it comes to."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from msgspec.structs import replace

from maitred.connectors.email.bounces import Fate, fate_of
from maitred.connectors.email.marks import Marked, Marks
from maitred.connectors.email.oauth import EmailOAuth
from maitred.connectors.email.outgoing import Sender
from maitred.connectors.email.settings import EmailAccount, EmailSettings, plan_of
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import ConversationId, OutboundId, Tenant, outbound_id
from maitred.contracts.outbound import DeliveryState
from maitred.contracts.reply_token import BASE_OCTETS_MAX, tokens_in, without_token
from maitred.contracts.secret import Secret
from tests.connectors.email.delivery import Make, deliver
from tests.connectors.email.relay import Relay, Smarthost, connect, reply
from tests.connectors.email.reports import report

OUT = outbound_id(ConversationId("cnv_1"), "1")
REPLY = Marked(OUT, "help", "ann@home.example")
MARKS = Marks(Keys(Tenant("house"), b"a secret of some length"), ("night", "help"))
PATH = MARKS.return_path("help@shop.example", REPLY)
QMAIL = """From: MAILER-DAEMON@mx.example
To: %s
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@home.example>:
Sorry, no mailbox here by that name. (#5.1.1)
"""
AWAY = """From: Ann <ann@home.example>
Subject: Out of office: Lamp
Auto-Submitted: auto-replied

I am away and have given up my mailbox; your mail was not delivered to anybody. 550 5.1.1
"""
PLUS = EmailAccount(addresses=("help@shop.example",), plus_addresses=True)


def lines(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


async def sent(
    email: Make, smarthost: Smarthost, account: EmailAccount = PLUS
) -> tuple[Any, Any, Relay]:
    """Send a reply; return connector, context and the smarthost that took it."""
    relay = await smarthost()
    connector, context = await connect(email, relay, accounts={"help": account})
    await connector.send(replace(reply(context), id=OUT))
    return connector, context, relay


async def bring(connector: Any, mail: bytes, to: str) -> None:
    await asyncio.to_thread(deliver, connector.port, [to], mail, "")


@pytest.mark.parametrize(
    ("mail", "error"),
    [
        (lines(QMAIL), "bounce_5.1.1"),
        (lines(QMAIL).replace(b"MAILER-DAEMON@mx.example", b"<>"), "bounce_5.1.1"),
        (report("Subject: gone", status="5.2.1"), "bounce_5.2.1"),
    ],
)
async def test_a_bounce_that_returns_nothing_fails_its_reply(
    email: Make, smarthost: Smarthost, mail: bytes, error: str
) -> None:
    connector, context, relay = await sent(email, smarthost)
    path = relay.envelopes[0].mail_from or ""
    assert re.fullmatch(r"help\+b-[a-z2-7]{45}@shop\.example", path)
    await bring(connector, mail.replace(b"%s", path.encode()), path)
    (said,) = context.reports
    assert (said.outbound, said.account, said.state, said.error) == (
        OUT,
        "help",
        DeliveryState.FAILED,
        error,
    )
    assert len(context.accepted) == 1
    assert len(context.memory.kept) == 1


async def test_whatever_changes_the_case_of_a_local_part_changes_nothing(
    email: Make, smarthost: Smarthost
) -> None:
    connector, context, relay = await sent(email, smarthost)
    await bring(connector, lines(QMAIL), (relay.envelopes[0].mail_from or "").upper())
    assert [each.outbound for each in context.reports] == [OUT]


async def test_the_same_mail_has_the_same_return_path_for_greylisting_to_know_it(
    email: Make, smarthost: Smarthost
) -> None:
    connector, context, relay = await sent(email, smarthost)
    context.now += 600_000
    await connector.send(replace(reply(context), id=OUT))
    first, again = (each.mail_from for each in relay.envelopes)
    assert first == again


async def test_a_note_of_absence_that_comes_there_moves_nothing(
    email: Make, smarthost: Smarthost
) -> None:
    connector, context, relay = await sent(email, smarthost)
    await bring(connector, lines(AWAY), relay.envelopes[0].mail_from or "")
    assert context.reports == []
    assert len(context.accepted) == 1


async def test_an_address_that_no_bounce_names_is_not_condemned(
    email: Make, smarthost: Smarthost
) -> None:
    connector, context, relay = await sent(email, smarthost)
    other = QMAIL.replace("ann@home.example", "kim@elsewhere.example")
    await bring(connector, lines(other), relay.envelopes[0].mail_from or "")
    assert [each.outbound for each in context.reports] == [OUT]
    assert context.memory.kept == {}


def test_it_proves_its_reply_its_account_and_whom_it_went_to() -> None:
    assert MARKS.in_return_path([PATH], ["kim@home.example", "ann@home.example"]) == REPLY
    assert MARKS.in_return_path([PATH], ["kim@home.example"]) == Marked(OUT, "help", "")
    assert fate_of(lines(QMAIL), MARKS, ["x@shop.example", PATH]) == Fate(
        REPLY, DeliveryState.FAILED, "5.1.1"
    )


def test_an_invented_one_proves_nothing() -> None:
    others = Marks(Keys(Tenant("house"), b"another secret of that length"), ("help",))
    forged = others.return_path("help@shop.example", REPLY)
    assert MARKS.in_return_path([forged], [REPLY.address]) is None
    assert Marks(MARKS.keys, ("sales",)).in_return_path([PATH], [REPLY.address]) is None
    local, _, domain = PATH.rpartition("@")
    at = len("help+b-")
    for index in range(at, len(local) - 1):
        changed = "b" if local[index] == "a" else "a"
        wrong = f"{local[:index]}{changed}{local[index + 1 :]}@{domain}"
        assert MARKS.in_return_path([wrong], [REPLY.address]) is None
    assert MARKS.in_return_path(["help+b-" + "1" * 45 + "@x", "", "+b-@"], []) is None


def test_it_fits_a_local_part_and_is_taken_for_no_reply_token() -> None:
    longest = "h" * BASE_OCTETS_MAX + "@shop.example"
    path = MARKS.return_path(longest, REPLY)
    assert len(path.rpartition("@")[0]) <= 64
    assert tokens_in(path) == ()
    assert without_token(path) == without_token(path.upper()).lower() == longest


def test_a_reply_whose_id_is_none_that_we_make_has_a_plain_one() -> None:
    odd = Marked(OutboundId("out_1"), "help", "ann@home.example")
    assert MARKS.return_path("help@shop.example", odd) == "help@shop.example"


def test_who_logs_in_as_a_mailbox_has_to_ask_for_it() -> None:
    oauth = EmailOAuth(
        token_url="https://login.example/token",
        client_id="1",
        client_secret=Secret("a secret of a client"),
    )
    mailbox = {
        "smarthost": "smtp.example.com:587",
        "smarthost_user": "help@shop.example",
        "smarthost_oauth": "login",
        "oauth": {"login": oauth},
    }
    assert sender_of(PLUS, **mailbox).bounces_to == ""
    asked = sender_of(replace(PLUS, plus_return_path=True), **mailbox)
    assert asked.bounces_to == "help@shop.example"


def sender_of(account: EmailAccount, **settings: Any) -> Sender:
    return plan_of(EmailSettings(accounts={"help": account}, **settings)).senders["help"]


@pytest.mark.parametrize(
    ("account", "settings", "base"),
    [
        (PLUS, {}, "help@shop.example"),
        (replace(PLUS, plus_addresses=False), {}, ""),
        (replace(PLUS, plus_return_path=False), {}, ""),
        (replace(PLUS, from_address="hello@other.example"), {}, ""),
        (replace(PLUS, from_address="hello@SHOP.example"), {}, "help@shop.example"),
    ],
)
def test_it_is_there_where_plus_addresses_are_and_the_domain_is_the_senders(
    account: EmailAccount, settings: dict[str, Any], base: str
) -> None:
    assert sender_of(account, **settings).bounces_to == base


@pytest.mark.parametrize(
    "account",
    [
        replace(PLUS, plus_addresses=False, plus_return_path=True),
        replace(PLUS, plus_return_path=True, from_address="hello@other.example"),
    ],
)
def test_what_cannot_be_had_is_a_fault(account: EmailAccount) -> None:
    with pytest.raises(ConfigurationError) as caught:
        sender_of(account)
    (fault,) = caught.value.faults
    assert fault.startswith("channels.email.accounts.help.plus_return_path: needs plus_addresses")
