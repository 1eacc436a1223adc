"""A reply appears under its agent's name and picture where the app may do so."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from maitred.contracts.identifiers import slack_identifier
from tests.connectors.slack.door import OpenDoor

PICTURE = "https://example.com/sam.png"


@pytest.mark.parametrize(
    ("settings", "name", "picture", "shown"),
    [
        ({}, "Sam", PICTURE, {}),
        ({"agent_names": True}, "Sam", PICTURE, {"username": "Sam", "icon_url": PICTURE}),
        ({"agent_names": True}, "Sam", "", {"username": "Sam"}),
        ({"agent_names": True}, "Sam", "http://10.0.0.1/sam.png", {"username": "Sam"}),
        ({"agent_names": True}, "", PICTURE, {}),
        ({"agent_names": True}, "S" * 90, "", {"username": "S" * 80}),
    ],
)
async def test_an_agent_is_shown_by_setting(
    open_door: OpenDoor,
    settings: dict[str, bool],
    name: str,
    picture: str,
    shown: dict[str, str],
) -> None:
    door = await open_door(**settings)
    made = door.recorded.outbound(
        slack_identifier("T0OWN", "U0ANA"),
        "On its way.",
        channel="slack",
        account="main",
        agent_name=name,
        extra={"channel": "C0HELP"},
    )
    await door.connector.send(replace(made, agent_picture=picture))
    posted = door.api.sent[0]
    assert {key: posted[key] for key in ("username", "icon_url") if key in posted} == shown
