"""The generic channel's events become messages: words, files, threads, changes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Identifier, IdentifierKind
from maitred.contracts.ids import message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Message, MessageKind
from maitred.normalizer.port import DecodeContext, Decoded
from maitred.normalizer.webhook.decoder import decode
from tests.normalizer.conftest import TENANT

KIM = Identifier(kind=IdentifierKind.CRM, value="main:user-77")
SENDER = {"id": "user-77", "name": "Kim", "email": "kim@example.com"}
Read = Callable[..., Decoded]


@pytest.fixture
def read(received: Callable[..., Inbound], context: DecodeContext) -> Read:
    def decoded(**event: Any) -> Decoded:
        raw = orjson.dumps({"type": "message", "sender": SENDER, **event})
        return decode(received("webhook", sender=KIM), raw, 7, context)

    return decoded


def test_a_message_says_what_was_written_and_where_an_answer_goes(read: Read) -> None:
    message = read(
        text="Where is it?", subject="Order 77", at=1_699_999_999_000, thread="order-77"
    ).message
    assert message.kind is MessageKind.MESSAGE
    assert (message.text, message.subject) == ("Where is it?", "Order 77")
    assert message.sent_at == 1_699_999_999_000
    assert (message.sender.address, message.sender.name) == ("kim@example.com", "Kim")
    assert message.reply_to.endpoint == KIM
    assert message.reply_to.thread == "order-77"
    assert message.reply_to.extra == {"sender": "user-77"}
    assert message.thread.own == ("main:provider-1",)
    assert message.thread.refers_to == ("main:order-77",)


def test_the_reply_that_is_answered_is_surer_than_the_thread(read: Read) -> None:
    message = read(text="Thanks", answers="out_1", thread="order-77").message
    assert message.thread.refers_to == ("main:out_1", "main:order-77")


def test_a_file_comes_along_or_stays_where_it_is(read: Read) -> None:
    decoded = read(
        files=[
            {"name": "a.txt", "content_type": "text/plain", "data": "aGVsbG8="},
            {"name": "b.pdf", "url": "https://files.example.com/b.pdf"},
            {"name": "empty", "data": ""},
        ]
    )
    here, there, empty = decoded.message.attachments
    assert here.blob is not None
    assert decoded.contents[here.blob.sha256] == b"hello"
    assert (here.size, here.content_type) == (5, "text/plain")
    assert (there.remote, there.blob, there.size) == ("https://files.example.com/b.pdf", None, -1)
    assert empty.size == 0
    assert len(decoded.contents) == 2


@pytest.mark.parametrize(
    ("event", "kind", "text"),
    [
        ({"type": "edit", "text": "There it is"}, MessageKind.EDIT, "There it is"),
        ({"type": "delete"}, MessageKind.DELETE, ""),
    ],
)
def test_a_change_names_the_message_that_it_is_of(
    read: Read, event: dict[str, Any], kind: MessageKind, text: str
) -> None:
    message = read(**event, target="m-1").message
    assert (message.kind, message.text) == (kind, text)
    assert message.target == message_id(TENANT, "webhook", "main", "m-1")
    assert message.thread.own == ()
    assert message.thread.refers_to == ("main:m-1",)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"text": ""}, "empty"),
        ({"text": " \n"}, "empty"),
        ({"type": "edit", "target": "m-1", "text": " "}, "empty"),
        ({"type": "shout"}, "bad_event"),
        ({"text": "x", "more": 1}, "bad_event"),
        ({"files": [{"name": "a"}]}, "bad_event"),
        ({"files": [{"name": "a", "data": "", "url": "https://a.example"}]}, "bad_event"),
        ({"files": [{"name": "a", "url": "ftp://a.example"}]}, "bad_event"),
        ({"files": [{"name": "a", "url": "https://a.example/\n"}]}, "bad_event"),
    ],
)
def test_what_says_nothing_or_is_none_of_these_is_refused(
    read: Read, event: dict[str, Any], code: str
) -> None:
    with pytest.raises(BadPayload) as caught:
        read(**event)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"text": "x", "txt": "Kim"}, "a field that is none of the schema's, at $"),
        ({"files": [{"nam": "Kim"}]}, "a field that is none of the schema's, at $.files[0]"),
        ({"files": [{"data": ""}]}, "Object missing required field `name`, at $.files[0]"),
        ({"text": 5}, "Expected `str`, got `int`, at $.text"),
        ({"type": "Kim"}, "a value that is none of the schema's, at $.type"),
        ({"text": "x", "` - at `$.kim": 1}, "a field that is none of the schema's, at $"),
    ],
)
def test_a_refusal_names_the_place_and_nothing_that_was_posted(
    read: Read, event: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadPayload) as caught:
        read(**event)
    assert str(caught.value) == f"not an event: {says}"


def test_a_report_is_no_message(received: Callable[..., Inbound], context: DecodeContext) -> None:
    raw = b'{"type": "status", "reply": "out_1", "state": "read"}'
    with pytest.raises(BadPayload) as caught:
        decode(received("webhook", sender=KIM), raw, 1, context)
    assert caught.value.code == "unsupported_type"


words = st.text(max_size=20)
values = st.none() | st.booleans() | st.integers() | words | st.lists(words, max_size=2)
files = st.fixed_dictionaries(
    {"name": words},
    optional={
        "data": st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode()) | values,
        "url": st.just("https://a.example/b") | values,
    },
)
events = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["message", "edit", "delete", "status"]) | values,
        "sender": st.just(SENDER) | values,
    },
    optional={
        "text": words | values,
        "target": st.just("m-1") | values,
        "thread": st.just("t") | values,
        "files": st.lists(files, max_size=3) | values,
        "at": st.integers(0, 2**60) | values,
    },
)


def as_json(event: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(event)
    except (TypeError, UnicodeEncodeError):
        return b"{}"


@settings(
    max_examples=150,
    deadline=None,  # the language model is read once, in whichever example comes first
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(raw=st.binary(max_size=60) | events.map(as_json))
def test_any_bytes_become_a_message_or_are_refused(
    received: Callable[..., Inbound], context: DecodeContext, raw: bytes
) -> None:
    inbound = received("webhook", sender=KIM)
    try:
        decoded = decode(inbound, raw, 1, context)
    except BadPayload:
        return
    assert isinstance(decoded.message, Message)
    assert decode(inbound, raw, 1, context) == decoded
    blobs = {each.blob.sha256 for each in decoded.message.attachments if each.blob}
    assert blobs == set(decoded.contents)
