"""Whose message it is, and under which name, in a workspace and in a channel that two share."""

from __future__ import annotations

from typing import Any

import pytest

from maitred.contracts.identifiers import slack_identifier
from tests.connectors.slack.door import Door, make_event

ID = "T0OWN:C0HELP:1699999990.000200"


@pytest.mark.parametrize(
    "envelope",
    [
        {},
        {"team_id": None},
        {"team_id": None, "context_team_id": "T0OWN"},
        {"team_id": "T0FAR", "context_team_id": "T0OWN", "is_ext_shared_channel": True},
    ],
)
async def test_a_message_is_named_by_our_workspace_whoever_it_comes_through(
    door: Door, envelope: dict[str, Any]
) -> None:
    posted = make_event(team="T0FAR", user_team="T0FAR") | envelope
    assert (await door.post(posted)).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.provider_id == ID
    assert inbound.evidence.facts["team"] == "T0OWN"
    assert inbound.sender.identifier == slack_identifier("T0FAR", "U0ANA")


async def test_slackbot_is_an_app(door: Door) -> None:
    assert (await door.post(make_event(user="USLACKBOT"))).status == 200
    [(inbound, _)] = door.recorded.accepted
    assert inbound.evidence.facts["bot"] == "1"
    assert door.api.calls == []


NOTICES = [
    *("channel_join", "channel_leave", "channel_topic", "channel_posting_permissions"),
    *("group_topic", "bot_add", "pinned_item", "huddle_thread", "sh_room_created", "tombstone"),
    *("message_replied", "reply_broadcast", "reminder_add", "ekm_access_denied"),
    *("assistant_app_thread", "document_mention"),
]


@pytest.mark.parametrize("subtype", NOTICES)
async def test_notices_are_acknowledged_and_dropped(door: Door, subtype: str) -> None:
    assert (await door.post(make_event(subtype=subtype))).status == 200
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == []


async def test_a_subtype_that_nobody_knows_yet_is_kept_if_somebody_wrote_it(door: Door) -> None:
    assert (await door.post(make_event("Ev1", subtype="of_next_year"))).status == 200
    assert len(door.recorded.accepted) == 1
    assert (await door.post(make_event("Ev2", subtype="of_next_year", user=None))).status == 200
    assert len(door.recorded.accepted) == 1
