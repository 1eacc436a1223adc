"""Settings that cannot work are named by their path, with what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from maitred.connectors.slack.connector import SlackConnector
from maitred.connectors.slack.settings import SlackAccount, SlackSettings
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.secret import Secret
from tests.connectors.slack.door import SECRET, OpenDoor, make_event

if TYPE_CHECKING:
    from tests.connectors.conftest import RecordingContext

ONE: dict[str, Any] = {
    "signing_secret": Secret("s"),
    "bot_token": Secret("xoxb-1"),
    "team_id": "T1",
}
MANY: dict[str, Any] = {
    "signing_secret": Secret("s"),
    "client_id": "1.2",
    "client_secret": Secret("c"),
}
Recording = Callable[..., "RecordingContext"]


def faults(recording: Recording, fields: dict[str, Any]) -> list[str]:
    settings = SlackSettings(accounts={"main": SlackAccount(**fields)})
    try:
        SlackConnector(settings, recording().context)
    except ConfigurationError as error:
        return [
            fault.removeprefix("channels.slack.accounts.main.").partition(":")[0]
            for fault in error.faults
        ]
    return []


@pytest.mark.parametrize(
    "fields",
    [
        ONE,
        MANY,
        {**ONE, "signing_secret": None, "app_token": Secret("xapp-1")},
        {**ONE, "signing_secret": None, "signing_secrets": (Secret("a"), Secret("b"))},
        {**MANY, "app_token": Secret("xapp-1"), "may_install": ("T1",), "own_teams": ("T1",)},
    ],
)
async def test_every_way_to_have_an_app_is_taken(
    recording: Recording, fields: dict[str, Any]
) -> None:
    assert faults(recording, fields) == []


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({**ONE, "signing_secret": None}, ["signing_secret"]),
        ({**ONE, "signing_secret": Secret(" ")}, ["signing_secret"]),
        ({**ONE, "signing_secrets": (Secret(""),)}, ["signing_secrets"]),
        ({**ONE, "signing_secrets": (Secret("a"),) * 5}, ["signing_secrets"]),
        ({**ONE, "app_token": Secret("")}, ["app_token"]),
        ({**ONE, "bot_token": None}, ["bot_token"]),
        ({**ONE, "team_id": ""}, ["team_id"]),
        ({**ONE, "client_secret": Secret("c")}, ["client_id"]),
        ({**ONE, "may_install": ("T1",)}, ["may_install"]),
        ({**ONE, "own_teams": (" ",)}, ["own_teams"]),
        ({**ONE, "api_url": "slack.example.com"}, ["api_url"]),
        ({**ONE, "api_url": "https://[x/"}, ["api_url"]),
        ({**MANY, "client_secret": None}, ["client_secret"]),
        ({**MANY, "bot_token": Secret("xoxb-1")}, ["bot_token"]),
        ({**MANY, "may_install": ("",)}, ["may_install"]),
    ],
)
async def test_a_fault_is_named_by_its_path(
    recording: Recording, fields: dict[str, Any], named: list[str]
) -> None:
    assert faults(recording, fields) == named


async def test_while_a_signing_secret_is_changed_both_are_good(open_door: OpenDoor) -> None:
    door = await open_door(
        signing_secret=Secret("the-new-one"), signing_secrets=(Secret("x"), Secret(SECRET))
    )
    assert (await door.post(make_event())).status == 200
    assert len(door.recorded.accepted) == 1
    other = await open_door(signing_secret=Secret("the-new-one"), signing_secrets=(Secret("x"),))
    assert (await other.post(make_event())).status == 401
    assert other.recorded.refusals == [("main", "bad_signature")]


async def test_no_setting_shows_a_secret() -> None:
    account = SlackAccount(**{**ONE, **MANY, "app_token": Secret("xapp-1")})
    assert "xoxb" not in repr(account)
    assert "xapp" not in repr(account)
