"""Chat frames become messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import (
    Identifier,
    IdentifierKind,
    Level,
    Observed,
    account_identifier,
    email_identifier,
    visitor_identifier,
)
from maitred.contracts.ids import message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import MessageKind
from maitred.normalizer.chat.decoder import decode
from maitred.normalizer.chat.page_address import page_address
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
    ("kind", "identifier", "text"),
    [
        (
            "email",
            email_identifier("ada@example.com"),
            "Proved by a code that this email address is theirs.",
        ),
        (
            "phone",
            Identifier(kind=IdentifierKind.PHONE, value="+14155550123"),
            "Proved by a code that this phone number is theirs.",
        ),
    ],
)
def test_a_proof_is_told_without_the_address(
    received: Callable[..., Inbound],
    context: DecodeContext,
    kind: str,
    identifier: Identifier,
    text: str,
) -> None:
    proven = Observed(identifier=identifier, level=Level.PROVEN)
    inbound = received("chat", observed=(proven,))
    inbound = msgspec.structs.replace(
        inbound, evidence=msgspec.structs.replace(inbound.evidence, proven_at=17)
    )
    frame = orjson.dumps({"type": "verified", "id": "c1", "kind": kind})
    message = decode(inbound, frame, 1, context).message
    assert (message.kind, message.text, message.target) == (MessageKind.VERIFICATION, text, None)
    assert (message.observed, message.proven_at) == ((proven,), 17)
    assert message.reply_to.endpoint == visitor_identifier("visitor-1")
    assert not message.kind.wants_an_answer
    assert message.entities == ()


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        ("email", Level.CLAIMED),
        ("email", Level.AUTHENTICATED),
        ("phone", Level.PROVEN),
        ("visitor", Level.PROVEN),
        ("", Level.PROVEN),
        (["email"], Level.PROVEN),
    ],
)
def test_a_proof_that_is_not_in_the_evidence_is_none(
    received: Callable[..., Inbound], context: DecodeContext, kind: object, level: Level
) -> None:
    observed = Observed(identifier=email_identifier("ada@example.com"), level=level)
    frame = orjson.dumps({"type": "verified", "id": "c1", "kind": kind})
    with pytest.raises(BadPayload) as refused:
        decode(received("chat", observed=(observed,)), frame, 1, context)
    assert refused.value.code == "unproven"


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
        (b'{"type":"read","seq":3}', "unsupported_type"),
        (b'{"type":"ping"}', "unsupported_type"),
        (b'{"type":"hello"}', "unsupported_type"),
        (b'{"type":"verify","email":"ada@example.com"}', "unsupported_type"),
        (b'{"type":"code","code":"123456"}', "unsupported_type"),
        (b'{"type":"verified","kind":"email"}', "unproven"),
        (b'{"type":"message","text":"x","type":"verified"}', "unproven"),
        (b'{"type":"edit","target":"m1"}', "bad_field"),
        (b'{"type":"edit","text":"x"}', "bad_field"),
        (b'{"type":"edit","target":"m1","text":" "}', "empty"),
        (b'{"type":"delete"}', "bad_field"),
        (b'{"type":"delete","target":""}', "bad_field"),
        (b'{"type":"delete","target":7}', "bad_field"),
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


def test_an_edit_and_a_delete_are_about_a_message_of_the_same_visitor(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    inbound = received("chat")
    earlier = message_id(inbound.tenant, "chat", "main", "visitor-1:m1")
    edit = decode(inbound, b'{"type":"edit","id":"m2","target":"m1","text":"No"}', 1, context)
    assert (edit.message.kind, edit.message.target) == (MessageKind.EDIT, earlier)
    assert edit.message.text == "No"
    delete = decode(inbound, b'{"type":"delete","id":"m3","target":"m1"}', 1, context)
    assert (delete.message.kind, delete.message.target) == (MessageKind.DELETE, earlier)
    assert delete.message.text == ""


def test_nobody_reaches_what_another_visitor_said(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    theirs = message_id(received("chat").tenant, "chat", "main", "visitor-1:m1")
    for target in ("m1", "visitor-1:m1", ":m1"):
        frame = orjson.dumps({"type": "delete", "id": "m9", "target": target})
        inbound = received("chat", sender=visitor_identifier("visitor-2"))
        assert decode(inbound, frame, 1, context).message.target != theirs


def test_where_the_visitor_was_is_context(
    received: Callable[..., Inbound], context: DecodeContext
) -> None:
    frame = {
        "type": "message",
        "id": "m1",
        "text": "Hi",
        "page": "https://ann:pw@shop.example/cart?token=s3cret&utm_source=mail#card",
        "referrer": "https://search.example/?q=private+words",
        "title": "Your\u202e cart",
        "language": "de-CH",
    }
    message = decode(received("chat"), orjson.dumps(frame), 1, context).message
    assert message.channel_extra == {
        "frame_id": "m1",
        "page": "https://shop.example/cart?utm_source=mail",
        "referrer": "https://search.example/",
        "title": "Your cart",
        "browser_language": "de-CH",
    }


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://shop.example/a/b", "https://shop.example/a/b"),
        ("http://shop.example:8080", "http://shop.example:8080"),
        ("https://[2001:db8::1]:444/x?y=z", "https://[2001:db8::1]:444/x"),
        ("https://user@shop.example/", "https://shop.example/"),
        ("https://shop.example/?utm_campaign=a%26b&gclid=1", None),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("//shop.example/", ""),
        ("/cart", ""),
        ("https://", ""),
        ("https://a:99999/", ""),
        ("https://[::1/", ""),
        ("https://a/?utm_x=\ud800", ""),
        ("https://a/?" + "b&" * 300, ""),
        ("https://a/" + "b" * 9_000, ""),
        ("", ""),
    ],
)
def test_of_an_address_only_what_is_nobodys_secret_is_kept(written: str, kept: str | None) -> None:
    if kept is None:
        kept = "https://shop.example/?utm_campaign=a%26b"
    assert page_address(written) == kept


@given(written=st.text(max_size=60) | st.from_regex(r"https?://[^ ]{0,30}\?[^ ]{0,30}"))
def test_any_address_is_cleaned_or_dropped(written: str) -> None:
    kept = page_address(written)
    assert not kept or kept.startswith(("http://", "https://"))
    assert "#" not in kept


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
FIELDS = ["type", "id", "kind", "target", "text", "page", "referrer", "title", "language", "name"]


@settings(
    max_examples=200,
    deadline=None,  # the language model is read once, in whichever example comes first
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    kind=st.sampled_from(["message", "edit", "delete", "verified"]) | JSON,
    frame=st.dictionaries(st.sampled_from(FIELDS), JSON | st.just("m1")),
)
def test_any_frame_is_a_message_or_refused(
    received: Callable[..., Inbound], context: DecodeContext, kind: object, frame: dict[str, object]
) -> None:
    try:
        raw = orjson.dumps({**frame, "type": kind})
    except TypeError:  # a lone surrogate, which is no JSON
        return
    try:
        message = decode(received("chat"), raw, 1, context).message
    except BadPayload:
        return
    assert message.text or message.kind is MessageKind.DELETE
