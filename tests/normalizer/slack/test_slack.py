"""Slack's callbacks become messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from maitred.contracts.errors import BadPayload
from maitred.contracts.message import (
    Correspondent,
    MessageKind,
    PartKind,
    ThreadEvidenceKind,
)
from tests.normalizer.slack.callbacks import ORIGINAL, Read, event

FIXTURES = Path(__file__).parent / "fixtures"


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def test_a_message_in_a_thread_is_read(read: Read) -> None:
    message = read(fixture("message"))
    assert message.text == (
        "Hi @ada & @U2, see my order (https://shop.example.com/o/7) in #help <now> @here"
    )
    assert message.sent_at == 1_700_000_000_123
    assert message.thread.own == ("T1:C1:1700000000.123456",)
    assert message.thread.refers_to == ("T1:C1:1699999999.000001",)
    (evidence,) = message.thread.evidence
    assert (evidence.kind, evidence.id) == (
        ThreadEvidenceKind.ANSWERS,
        "T1:C1:1699999999.000001",
    )
    assert message.reply_to.thread == "1699999999.000001"
    assert message.reply_to.extra == {"channel": "C1", "team": "T1"}
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
        "😡",
    )
    assert message.channel_extra["reaction"] == "rage"
    removed = fixture("reaction").replace(b"reaction_added", b"reaction_removed")
    assert read(removed).channel_extra["removed"] == "1"
    assert read(removed).text == ""


def test_a_customer_in_a_shared_channel_answers_what_he_quotes(read: Read) -> None:
    message = read(fixture("shared_channel"))
    assert message.quoted == "> Which boiler is it?"
    assert message.text == (
        "The *old* one, since Nov 14, 2023:\n• no heat\n• error `E119` 😞\n"
        "See the manual (https://example.com/e119) & tell @U0BO."
    )
    assert message.sender == Correspondent(address="U0MARA", name="Mara")
    assert message.flags == ("foreign_team",)
    assert message.channel_extra["foreign_team"] == "T0GUEST"
    assert message.thread.refers_to == ("T0HOUSE:C0SHARED:1699999000.000100",)


def test_a_colleagues_message_is_passed_on_with_its_file(read: Read) -> None:
    message = read(fixture("forwarded"))
    assert message.text == "Can somebody answer him?"
    assert message.quoted == "Bo:\nWhere is order 4711?"
    assert [part.kind for part in message.parts] == [PartKind.TEXT, PartKind.FORWARD]
    (file,) = message.attachments
    assert (file.name, file.remote) == (
        "bill.pdf",
        "https://files.example.com/F0BILL/download/bill.pdf",
    )


def test_the_preview_that_slack_adds_to_a_link_is_no_edit(read: Read) -> None:
    with pytest.raises(BadPayload) as refused:
        read(fixture("unfurled"))
    assert refused.value.code == "unsupported_event"


def test_a_voice_clip_says_what_slack_heard(read: Read) -> None:
    message = read(fixture("voice_clip"))
    assert message.text == "Hello, my boiler has gone out again."
    assert message.flags == ("transcribed",)
    assert message.attachments[0].content_type == "audio/mp4"
    assert message.reply_to.thread == ""


def test_a_workflow_posts_what_its_form_holds(read: Read) -> None:
    message = read(fixture("workflow"))
    assert (message.kind, message.flags) == (MessageKind.AUTO_REPLY, ("workflow",))
    assert message.text == "New fault 🧯\n*From*\n@U0KIM\n*What*\nno heat"
    assert message.name == message.channel_extra["app"] == "Report a fault"


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
