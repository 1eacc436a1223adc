"""Edits, deletes and reactions name what they are about; what Slack adds by itself is no edit."""

from __future__ import annotations

import pytest

from maitred.contracts.errors import BadPayload
from maitred.contracts.message import MessageKind, ThreadEvidenceKind
from tests.normalizer.slack.callbacks import (
    ORIGINAL,
    TS,
    Json,
    Read,
    callback,
    change,
    event,
    rich,
    said,
    section,
)

PREVIEW = {"id": 1, "from_url": "https://a.example", "title": "A", "text": "their words"}
LINK = said(text="see <https://a.example>", blocks=rich(section("see https://a.example")))


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ({**LINK, "attachments": [PREVIEW]}, LINK),
        (LINK, {**LINK, "attachments": [PREVIEW]}),
        ({**LINK, "reply_count": 2, "latest_reply": "1700000009.000001"}, LINK),
        ({**LINK, "reactions": [{"name": "+1", "count": 1, "users": ["U2"]}]}, LINK),
        ({**LINK, "pinned_to": ["C1"]}, LINK),
        ({**LINK, "edited": {"user": "U1", "ts": "1700000100.000000"}}, LINK),
    ],
)
def test_a_change_that_leaves_the_words_is_no_edit(read: Read, now: Json, before: Json) -> None:
    with pytest.raises(BadPayload) as refused:
        read(change(now, before))
    assert refused.value.code == "unsupported_event"


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (said(text="b"), said(text="a")),
        (said(text="b"), None),
        (said(text="b", attachments=[PREVIEW]), said(text="a")),
        (said(text="b", files=[]), said(text="b", files=[{"id": "F1", "name": "a"}])),
        (
            said(text="b", files=[{"id": "F1", "transcription": {"preview": {"content": "c"}}}]),
            said(text="b", files=[{"id": "F1", "transcription": {"status": "processing"}}]),
        ),
    ],
)
def test_a_change_of_words_or_files_is_an_edit(read: Read, now: Json, before: Json | None) -> None:
    message = read(change(now, before))
    assert (message.kind, message.target) == (MessageKind.EDIT, ORIGINAL)
    assert message.text.startswith("b")
    assert message.sent_at == 1_700_000_100_000


def test_an_edit_in_a_thread_names_its_message_and_then_the_thread(read: Read) -> None:
    message = read(change(said(text="b", thread_ts="1699999999.000001")))
    assert [(each.kind, each.id) for each in message.thread.evidence] == [
        (ThreadEvidenceKind.ANSWERS, f"T1:C1:{TS}"),
        (ThreadEvidenceKind.REFERS, "T1:C1:1699999999.000001"),
    ]
    assert message.thread.refers_to == (f"T1:C1:{TS}", "T1:C1:1699999999.000001")


def test_a_tombstone_is_a_delete_by_the_author(read: Read) -> None:
    stone = said(subtype="tombstone", user="USLACKBOT", text="This message was deleted.")
    message = read(change(stone, said(text="a", user="U1", thread_ts=TS)))
    assert (message.kind, message.target, message.text) == (MessageKind.DELETE, ORIGINAL, "")
    assert message.sender.address == "U1"


@pytest.mark.parametrize("subtype", ["assistant_app_thread", "huddle_thread", "channel_topic"])
def test_a_change_of_a_notice_is_no_edit(read: Read, subtype: str) -> None:
    with pytest.raises(BadPayload) as refused:
        read(change(said(subtype=subtype, text="b"), said(subtype=subtype, text="a")))
    assert refused.value.code == "unsupported_event"


def test_an_answer_that_slack_tells_without_its_subtype_is_no_message(read: Read) -> None:
    parent = said(reply_count=1)
    told = {"type": "message", "channel": "C1", "ts": "1700000009.000001", "message": parent}
    with pytest.raises(BadPayload) as refused:
        read(callback(told))
    assert refused.value.code == "unsupported_event"


@pytest.mark.parametrize(
    ("name", "text"),
    [("tada", "🎉"), ("+1::skin-tone-2", "👍🏻"), ("our_logo", ":our_logo:")],
)
def test_a_reaction_is_an_emoji(read: Read, name: str, text: str) -> None:
    item = {"type": "message", "channel": "C1", "ts": TS}
    reacted = {"type": "reaction_added", "user": "U1", "reaction": name, "item": item}
    message = read(callback({**reacted, "event_ts": "1700000300.000100"}))
    assert (message.kind, message.text) == (MessageKind.REACTION, text)
    assert message.channel_extra["reaction"] == name
    assert message.thread.evidence[0].id == f"T1:C1:{TS}"
    assert message.sent_at == 1_700_000_300_000


def test_a_message_in_two_events_is_read_alike(read: Read) -> None:
    first, second = read(event()), read(event(type="app_mention"))
    assert first == second
