"""What the kind of a mail says stands in the message that it becomes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maitred.contracts.inbound import Inbound
from maitred.contracts.message import BouncedRecipient, MessageKind
from maitred.normalizer.email.decoder import decode
from maitred.normalizer.port import DecodeContext

FIXTURES = Path(__file__).parent / "fixtures"


def test_a_bounce_lists_its_recipients(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    raw = (FIXTURES / "qmail.eml").read_bytes()
    message = decode(received("email"), raw, 1, context).message
    assert message.kind is MessageKind.BOUNCE
    assert message.bounce == (
        BouncedRecipient(
            recipient="gone@example.net", status="5.1.1", permanent=True, action="failed"
        ),
    )
    assert not message.kind.wants_an_answer


def test_an_absence_has_its_flag_and_the_day_of_return(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    raw = b"From: ada@example.com\nSubject: Automatic reply: x\n\nI am away until 2026-05-03."
    message = decode(received("email"), raw, 1, context).message
    assert message.kind is MessageKind.AUTO_REPLY
    assert "out_of_office" in message.flags
    assert message.channel_extra["back_on"] == "2026-05-03"


def test_the_envelope_tells_a_list_of_ours_from_others(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    raw = b"From: ada@example.com\nList-Id: <help.shop.example>\n\nWhere is my order?"
    ours = decode(received("email", recipients=("in@shop.example",)), raw, 1, context).message
    other = decode(received("email", recipients=("in@other.example",)), raw, 1, context).message
    assert (ours.kind, "via_list" in ours.flags) == (MessageKind.MESSAGE, True)
    assert (other.kind, "via_list" in other.flags) == (MessageKind.MAILING_LIST, False)


def test_the_transport_knows_the_reverse_path_better_than_the_header(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    raw = b"From: ada@example.com\nSubject: Re: order\n\nI am on vacation until Monday."
    for null, kind in (("1", MessageKind.AUTO_REPLY), ("", MessageKind.MESSAGE)):
        inbound = received("email", facts={"mail_from_null": null} if null else {})
        assert decode(inbound, raw, 1, context).message.kind is kind
