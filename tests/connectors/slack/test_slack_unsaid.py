"""What Slack changes by itself is acknowledged; what somebody changed is stored as his."""

from __future__ import annotations

from typing import Any

import pytest

from maitred.contracts.identifiers import slack_identifier
from tests.connectors.slack.door import Door, make_event

WRITTEN = {
    "type": "message",
    "user": "U0ANA",
    "team": "T0OWN",
    "ts": "1699999990.000200",
    "text": "see <https://a.example>",
    "blocks": [{"type": "rich_text", "block_id": "a", "elements": []}],
    "files": [{"id": "F1", "mode": "hosted", "thumb_64": "a"}],
}
PREVIEW = {"id": 1, "from_url": "https://a.example", "text": "their words"}


def changed(now: dict[str, Any] | None, before: dict[str, Any] | None) -> dict[str, Any]:
    inner = {"message": now, "previous_message": before}
    return make_event("Ev20", subtype="message_changed", user=None, text=None, team=None, **inner)


@pytest.mark.parametrize(
    "added",
    [
        {},
        {"attachments": [PREVIEW]},
        {"attachments": [{"is_msg_unfurl": True, **PREVIEW}]},
        {"reply_count": 1, "latest_reply": "1699999999.000200"},
        {"pinned_to": ["C0HELP"]},
        {"edited": {"user": "U0ANA", "ts": "1699999999.000000"}},
        {"blocks": [{"type": "rich_text", "block_id": "b", "elements": []}, {"type": "actions"}]},
        {"files": [{"id": "F1", "mode": "hosted", "thumb_64": "b", "thumb_80": "c"}]},
    ],
)
async def test_what_slack_adds_by_itself_is_acknowledged_and_dropped(
    door: Door, added: dict[str, Any]
) -> None:
    assert (await door.post(changed({**WRITTEN, **added}, WRITTEN))).status == 200
    assert (await door.post(changed(WRITTEN, {**WRITTEN, **added}))).status == 200
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == []


@pytest.mark.parametrize(
    "edited",
    [
        {"text": "see"},
        {"text": None},
        {"blocks": [{"type": "rich_text", "elements": [{}]}]},
        {"blocks": "odd"},
        {"files": []},
        {"files": ["odd"]},
        {"files": [{"id": "F1", "mode": "tombstone"}]},
        {"files": [{"id": "F1", "mode": "hosted", "transcription": {"preview": {"content": "a"}}}]},
        {"attachments": [{"is_share": True, "from_url": "https://a.example", "text": "a"}]},
        {"attachments": [{"text": "an app's own words"}]},
    ],
)
async def test_what_somebody_changed_is_stored(door: Door, edited: dict[str, Any]) -> None:
    assert (await door.post(changed({**WRITTEN, **edited}, WRITTEN))).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.provider_id == "Ev20"
    assert inbound.sender.identifier == slack_identifier("T0OWN", "U0ANA")


async def test_a_change_whose_before_is_not_told_is_stored(door: Door) -> None:
    assert (await door.post(changed(WRITTEN, None))).status == 200
    assert len(door.recorded.accepted) == 1


async def test_a_message_that_was_deleted_under_its_answers_is_its_authors(door: Door) -> None:
    stone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "deleted"}
    assert (await door.post(changed(stone, WRITTEN))).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.sender.identifier == slack_identifier("T0OWN", "U0ANA")
    ours = {**WRITTEN, "user": "U0BOT"}
    assert (await door.post(changed(stone, ours))).status == 200
    assert len(door.recorded.accepted) == 1


@pytest.mark.parametrize("subtype", ["assistant_app_thread", "huddle_thread", "channel_topic"])
async def test_a_change_of_a_notice_is_nobodys(door: Door, subtype: str) -> None:
    now = {**WRITTEN, "subtype": subtype, "text": "new title"}
    assert (await door.post(changed(now, WRITTEN))).status == 200
    assert door.recorded.store.calls == 0


async def test_an_answer_told_without_its_subtype_is_nobodys(door: Door) -> None:
    posted = make_event(user=None, team=None, text=None, message=WRITTEN)
    assert (await door.post(posted)).status == 200
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == []


@pytest.mark.parametrize("depth", [100, 200])
async def test_a_deep_change_is_stored_or_refused(door: Door, depth: int) -> None:
    deep: Any = 1
    for _ in range(depth):
        deep = [deep]
    now = {**WRITTEN, "blocks": [deep]}
    assert (await door.post(changed(now, WRITTEN))).status in {200, 400}
