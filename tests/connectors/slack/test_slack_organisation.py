"""Enterprise Grid: an organisation installs the app once, for all of its workspaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from maitred.connectors.slack import workspaces
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import slack_identifier
from maitred.contracts.outbound import Outbound
from maitred.contracts.secret import Secret
from tests.connectors.slack.door import Door, OpenDoor, make_event
from tests.connectors.slack.oauth_server import CLIENT_ID, CLIENT_SECRET, SDK_IS_BEHIND, DoorOAuth

pytestmark = pytest.mark.filterwarnings(SDK_IS_BEHIND)
BY_OTHERS = {
    "client_id": CLIENT_ID,
    "client_secret": Secret(CLIENT_SECRET),
    "bot_token": None,
    "team_id": "",
}
LATER_S = 4_000_000_000
"""A time behind that of any test."""


@pytest.fixture
async def oauth(open_door: OpenDoor) -> DoorOAuth:
    return await served(open_door)


async def served(open_door: OpenDoor, **changes: object) -> DoorOAuth:
    server = DoorOAuth(await open_door(**{**BY_OTHERS, **changes}))
    server.start()
    server.organisation = "E1"
    return server


def authorised(organisation: str) -> list[dict[str, Any]]:
    return [
        {
            "enterprise_id": organisation,
            "team_id": None,
            "user_id": "U0BOT",
            "is_bot": True,
            "is_enterprise_install": True,
        }
    ]


def event_of(team: str, organisation: str = "E1", event_id: str = "Ev01") -> dict[str, Any]:
    """Return an event of a workspace that comes by its organisation's installation."""
    return make_event(event_id, team=team) | {
        "team_id": team,
        "enterprise_id": organisation,
        "context_team_id": team,
        "authorizations": authorised(organisation),
    }


def farewell(**outer: object) -> dict[str, Any]:
    told = {"type": "app_uninstalled"}
    plain = make_event("Ev90") | {"event_time": LATER_S, "event": told}
    return {**plain, "authorizations": None, **outer}


def reply(door: Door, team: str, organisation: str = "") -> Outbound:
    extra = {"channel": "C0HELP", "team": team}
    return door.recorded.outbound(
        slack_identifier(team, "U0ANA"),
        "On its way.",
        channel="slack",
        account="main",
        extra={**extra, "organisation": organisation} if organisation else extra,
    )


def tokens_seen(oauth: DoorOAuth, method: str, answer: Mapping[str, Any]) -> list[str]:
    """Note by which tokens a method is called."""
    seen: list[str] = []

    async def called(authorization: str, _: object) -> Mapping[str, Any]:
        seen.append(authorization.removeprefix("Bearer "))
        return answer

    oauth.door.api.methods[method] = called
    return seen


async def test_one_installation_serves_every_workspace_of_the_organisation(
    oauth: DoorOAuth,
) -> None:
    assert (await oauth.install("any")).status == 200
    seen = tokens_seen(oauth, "chat.postMessage", {"ok": True, "ts": "1700000001.000100"})
    for team in ("T1", "T2"):
        sent = await oauth.door.connector.send(reply(oauth.door, team, "E1"))
        assert sent.thread_ids == (f"{team}:C0HELP:1700000001.000100",)
    assert seen == ["xoxb-any-1"] * 2


async def test_an_event_tells_by_whose_installation_an_answer_goes(oauth: DoorOAuth) -> None:
    await oauth.install("any")
    asked = tokens_seen(oauth, "users.info", {"ok": False, "error": "user_not_found"})
    assert (await oauth.door.post(event_of("T1"))).status == 200
    [(inbound, _)] = oauth.door.recorded.accepted
    assert inbound.provider_id == "T1:C0HELP:1699999990.000200"
    assert inbound.evidence.facts["organisation"] == "E1"
    assert asked == ["xoxb-any-1"]


async def test_a_workspace_of_it_may_have_an_installation_of_its_own_besides(
    oauth: DoorOAuth,
) -> None:
    await oauth.install("any")
    oauth.organisation = ""
    await oauth.install("T1")
    seen = tokens_seen(oauth, "chat.postMessage", {"ok": True, "ts": "1700000001.000100"})
    await oauth.door.connector.send(reply(oauth.door, "T1"))
    await oauth.door.connector.send(reply(oauth.door, "T1", "E1"))
    assert seen == ["xoxb-T1-2", "xoxb-any-1"]


async def test_an_event_of_a_workspaces_own_installation_names_no_organisation(
    oauth: DoorOAuth,
) -> None:
    own = [{"enterprise_id": "E1", "team_id": "T1", "is_enterprise_install": False}]
    await oauth.door.post(event_of("T1") | {"authorizations": own})
    [(inbound, _)] = oauth.door.recorded.accepted
    assert "organisation" not in inbound.evidence.facts


@pytest.mark.parametrize(
    ("may_install", "status"), [((), 200), (("E1",), 200), (("T1", "E2"), 403)]
)
async def test_only_an_organisation_that_may_installs_it(
    open_door: OpenDoor, may_install: tuple[str, ...], status: int
) -> None:
    oauth = await served(open_door, may_install=may_install)
    assert (await oauth.install("any")).status == status
    assert oauth.revoked == ([] if status == 200 else ["xoxb-any-1"])
    assert (await oauth.door.post(event_of("T7"))).status == 200
    assert len(oauth.door.recorded.accepted) == (status == 200)


@pytest.mark.parametrize(
    "outer",
    [
        {"team_id": "T1", "enterprise_id": "E1", "authorizations": authorised("E1")},
        {"team_id": None, "enterprise_id": "E1"},
        {"team_id": "E1", "enterprise_id": "E1"},
    ],
)
async def test_an_organisation_that_takes_the_app_away_is_forgotten_and_that_is_counted(
    oauth: DoorOAuth, outer: dict[str, Any]
) -> None:
    await oauth.install("any")
    assert (await oauth.door.post(farewell(**outer))).status == 200
    with pytest.raises(Permanent) as raised:
        await oauth.door.connector.send(reply(oauth.door, "T1", "E1"))
    assert raised.value.code == "not_installed"
    assert oauth.door.recorded.refusals == [("main", "uninstalled")]


async def test_a_workspace_that_takes_its_own_away_leaves_the_organisations(
    oauth: DoorOAuth,
) -> None:
    await oauth.install("any")
    own = farewell(team_id="T1", enterprise_id="E1")
    assert (await oauth.door.post(own)).status == 200
    await oauth.door.connector.send(reply(oauth.door, "T1", "E1"))
    assert oauth.door.recorded.refusals == []


async def test_an_organisations_token_is_renewed_and_kept_as_the_organisations(
    oauth: DoorOAuth,
) -> None:
    oauth.expires_in = 60
    await oauth.install("any")
    oauth.expires_in = 43_200
    for _ in range(2):
        await oauth.door.connector.send(reply(oauth.door, "T1", "E1"))
        oauth.door.recorded.now += workspaces.KEEP_MS
    assert oauth.given == 2
    [kept] = [
        value for name, value in oauth.door.recorded.memory.kept.items() if name.startswith("bot-")
    ]
    assert b"xoxb-any-2" in kept


async def test_an_app_of_one_workspace_that_is_removed_there_is_counted(
    open_door: OpenDoor,
) -> None:
    door = await open_door()
    assert (await door.post(farewell(team_id="T0OWN"))).status == 200
    assert (await door.post(farewell(team_id="T7"))).status == 200
    assert door.recorded.refusals == [("main", "uninstalled")]
    assert door.recorded.store.calls == 0
