"""A code by mail: a message of its own, to which nothing and nobody answers by itself."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import msgspec
import pytest

from maitred.connectors.email.letter import compose
from maitred.connectors.email.outgoing import Sender
from maitred.contracts.identifiers import email_identifier
from maitred.contracts.ids import Tenant
from maitred.contracts.outbound import OutboundKind
from maitred.contracts.reply_token import keys_of

TOKENS = keys_of(Tenant("house"), [b"a secret that signs addresses"])
SENDER = Sender("help@shop.example", "Shop Care", answers_to="help@shop.example", html=False)


def composed(
    recording: Callable[..., Any], kind: OutboundKind, subject: str, *, by_machine: bool = False
) -> EmailMessage:
    context = recording()
    reply = context.outbound(
        email_identifier("kim@example.com"),
        "Shop: your code is 123456.",
        channel="email",
        account="help",
        subject=subject,
    )
    # As many replies as there are go to a conversation whose id a token can carry.
    outbound = msgspec.structs.replace(
        reply, kind=kind, conversation=f"cnv_{'0' * 32}", by_machine=by_machine
    )
    letter = compose(outbound, SENDER, now=context.now, tokens=TOKENS)
    mail = message_from_bytes(letter.content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


async def test_a_code_says_that_a_machine_sent_it_and_asks_for_no_answer(
    recording: Callable[..., Any],
) -> None:
    mail = composed(recording, OutboundKind.CODE, "Shop: your code")
    assert mail["Subject"] == "Shop: your code"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail["Reply-To"] is None
    assert mail["In-Reply-To"] is None
    assert (mail["From"], mail["To"]) == ("Shop Care <help@shop.example>", "kim@example.com")


async def test_what_an_ai_says_says_so_and_may_be_answered(recording: Callable[..., Any]) -> None:
    mail = composed(recording, OutboundKind.REPLY, "Lamp", by_machine=True)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail["Reply-To"].startswith("Shop Care <help+")


async def test_a_person_s_reply_is_as_it_was(recording: Callable[..., Any]) -> None:
    mail = composed(recording, OutboundKind.REPLY, "Shop: your code")
    assert mail["X-Auto-Response-Suppress"] is None
    assert mail["Subject"] == "Re: Shop: your code"
    assert mail["Auto-Submitted"] is None
    assert mail["Reply-To"].startswith("Shop Care <help+")


@pytest.mark.parametrize("title", ["A\r\nBcc: eve@example.com", "A\x00B", " A  B "])
async def test_no_title_can_add_a_header(recording: Callable[..., Any], title: str) -> None:
    mail = composed(recording, OutboundKind.CODE, f"{title}: your code")
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("A")
    assert mail["Subject"].endswith(": your code")
