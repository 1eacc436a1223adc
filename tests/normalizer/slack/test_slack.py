"""Slack's callbacks become messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import Tenant, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Message, MessageKind
from maitred.normalizer.mrkdwn import plain
from maitred.normalizer.port import DecodeContext
from maitred.normalizer.slack import decode

FIXTURES = Path(__file__).parent / "fixtures"
ORIGINAL = message_id(Tenant("acme"), "slack", "main", "T1:C1:1700000000.123456")

Read = Callable[[bytes], Message]


@pytest.fixture
def read(received: Callable[..., Inbound], context: DecodeContext) -> Read:
    return lambda raw: decode(received("slack"), raw, 1, context).message


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def event(**fields: object) -> bytes:
    said = {"type": "message", "channel": "C1", "ts": "1700000000.123456", "text": "hi", **fields}
    return orjson.dumps({"type": "event_callback", "team_id": "T1", "event": said})


def test_a_message_in_a_thread_is_read(read: Read) -> None:
    message = read(fixture("message"))
    assert message.text == (
        "Hi @ada & @U2, see my order (https://shop.example.com/o/7) in #help <now> @here"
    )
    assert message.sent_at == 1_700_000_000_123
    assert message.thread.own == ("T1:C1:1700000000.123456",)
    assert message.thread.refers_to == ("T1:C1:1699999999.000001",)
    assert message.reply_to.thread == "1699999999.000001"
    assert message.reply_to.extra == {"channel": "C1"}
    (file,) = message.attachments
    assert (file.name, file.size, file.remote) == (
        "photo.jpg",
        1_234,
        "https://files.slack.com/F1/download",
    )


def test_answers_open_a_thread_in_channels_and_none_in_direct_messages(read: Read) -> None:
    assert read(event()).reply_to.thread == "1700000000.123456"
    assert read(event(type="app_mention")).reply_to.thread == "1700000000.123456"
    assert read(event(channel="D1", channel_type="im")).reply_to.thread == ""
    threaded = event(channel="D1", channel_type="im", thread_ts="1699999999.000001")
    assert read(threaded).reply_to.thread == "1699999999.000001"


def test_an_edit_names_what_it_changes(read: Read) -> None:
    message = read(fixture("changed"))
    assert message.kind is MessageKind.EDIT
    assert message.target == ORIGINAL
    assert message.text == "the corrected words"
    assert message.thread.own == ()
    assert message.thread.refers_to == ("T1:C1:1700000000.123456",)
    assert message.sent_at == 1_700_000_100_000


def test_a_delete_names_what_it_removes(read: Read) -> None:
    message = read(fixture("deleted"))
    assert (message.kind, message.target, message.text) == (MessageKind.DELETE, ORIGINAL, "")


def test_a_reaction_names_what_it_is_about(read: Read) -> None:
    message = read(fixture("reaction"))
    assert (message.kind, message.target, message.text) == (
        MessageKind.REACTION,
        ORIGINAL,
        ":rage:",
    )
    removed = fixture("reaction").replace(b"reaction_added", b"reaction_removed")
    assert read(removed).channel_extra["removed"] == "1"


def test_what_an_app_posts_is_automatic(read: Read) -> None:
    assert read(event(subtype="bot_message")).kind is MessageKind.AUTO_REPLY
    assert read(event(bot_id="B1")).kind is MessageKind.AUTO_REPLY


@pytest.mark.parametrize(
    ("mrkdwn", "text"),
    [
        ("<@U1>", "@U1"),
        ("<@U1|ada>", "@ada"),
        ("<#C1|general>", "#general"),
        ("<#C1|>", "#C1"),
        ("<https://a.example>", "https://a.example"),
        ("<https://a.example|a.example>", "https://a.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<!subteam^S1|@crew>", "@crew"),
        ("<!date^1^{date}|today>", "today"),
        ("&amp;lt;", "&lt;"),
        ("a < b > c", "a < b > c"),
        ("*bold* _it_ `x`", "*bold* _it_ `x`"),
    ],
)
def test_mrkdwn_reads_as_it_looks(mrkdwn: str, text: str) -> None:
    assert plain(mrkdwn) == text


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\xff", "not_json"),
        (b"[]", "not_an_object"),
        (b"{}", "bad_field"),
        (b'{"team_id":"T1"}', "unsupported_event"),
        (b'{"team_id":"T1","event":{"type":{}}}', "unsupported_event"),
        (event(type="channel_created"), "unsupported_event"),
        (event(subtype="channel_join"), "unsupported_event"),
        (event(channel=None), "bad_field"),
        (event(ts="yesterday"), "bad_field"),
        (event(ts=7), "bad_field"),
        (event(subtype="message_changed"), "bad_field"),
        (event(subtype="message_deleted"), "bad_field"),
        (event(type="reaction_added"), "unsupported_event"),
    ],
)
def test_what_is_no_message_is_refused(read: Read, raw: bytes, code: str) -> None:
    with pytest.raises(BadPayload) as refused:
        read(raw)
    assert refused.value.code == code
