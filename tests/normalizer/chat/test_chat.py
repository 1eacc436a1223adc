"""Chat frames become messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import (
    Level,
    Observed,
    account_identifier,
    email_identifier,
    visitor_identifier,
)
from maitred.contracts.inbound import Inbound
from maitred.normalizer.chat import decode
from maitred.normalizer.port import DecodeContext

FIXTURES = Path(__file__).parent / "fixtures"


def test_a_frame_is_read(received: Callable[..., Inbound], context: DecodeContext) -> None:
    claim = Observed(identifier=email_identifier("ada@example.com"), level=Level.CLAIMED)
    inbound = received("chat", observed=(claim,), name="Ada")
    message = decode(inbound, (FIXTURES / "message.json").read_bytes(), 1, context).message
    assert message.text == "Hello, where is my order #12345?"
    assert message.observed == (claim,)
    assert message.name == "Ada"
    assert message.channel_extra == {"frame_id": "7", "page": "https://shop.example.com/help"}
    assert message.reply_to.endpoint == visitor_identifier("visitor-1")
    assert message.reply_to.key == message.actor_key
    assert message.thread.own == ()


def test_a_signed_in_account_is_answered_at_its_visitor(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    visitor = Observed(identifier=visitor_identifier("v9"), level=Level.AUTHENTICATED)
    inbound = received(
        "chat", sender=account_identifier("42"), level=Level.SIGNED, observed=(visitor,)
    )
    message = decode(inbound, b'{"type":"message","text":"hello"}', 1, context).message
    assert message.reply_to.endpoint == visitor.identifier
    assert message.reply_to.key == context.keys.actor(visitor)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\xff", "not_json"),
        (b"", "not_json"),
        (b'{"type":"message","text":"\\ud800"}', "not_json"),
        (b"[" * 5_000, "not_json"),
        (b"[]", "not_an_object"),
        (b"{}", "unsupported_type"),
        (b'{"type":["message"],"text":"x"}', "unsupported_type"),
        (b'{"type":"typing"}', "unsupported_type"),
        (b'{"type":"message"}', "bad_field"),
        (b'{"type":"message","text":7}', "bad_field"),
        (b'{"type":"message","text":" \\u0000 "}', "empty"),
    ],
)
def test_what_is_no_message_is_refused(
    received: Callable[..., Inbound], context: DecodeContext, raw: bytes, code: str
) -> None:
    with pytest.raises(BadPayload) as refused:
        decode(received("chat"), raw, 1, context)
    assert refused.value.code == code
