"""Many workspaces by one app: whose an event is, and what becomes of tokens."""

from __future__ import annotations

from typing import Any

import pytest

from demo.standins.slack_api import SlackFailure
from maitred.connectors.slack import workspaces
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.identifiers import Level, slack_identifier
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.message import Attachment
from maitred.contracts.outbound import Outbound
from maitred.contracts.secret import Secret
from tests.connectors.media_host import MediaHost
from tests.connectors.slack.door import NOW_S, Door, OpenDoor, make_event
from tests.connectors.slack.oauth_server import CLIENT_ID, CLIENT_SECRET, SDK_IS_BEHIND, DoorOAuth

pytestmark = pytest.mark.filterwarnings(SDK_IS_BEHIND)
BY_OTHERS = {
    "client_id": CLIENT_ID,
    "client_secret": Secret(CLIENT_SECRET),
    "bot_token": None,
}
LATER_S = 4_000_000_000
"""A time behind that of any test."""


@pytest.fixture
async def oauth(open_door: OpenDoor) -> DoorOAuth:
    server = DoorOAuth(await open_door(**BY_OTHERS))
    server.start()
    return server


def event_of(team: str, event_id: str = "Ev01", **fields: object) -> dict[str, Any]:
    """Return an event that comes by a workspace's installation."""
    made = make_event(event_id, **{"team": team, **fields})
    return made | {"team_id": team, "context_team_id": team}


def farewell(team: str, at_s: int = LATER_S, **event: object) -> dict[str, Any]:
    told = {"type": "app_uninstalled", **event}
    return make_event("Ev90") | {"team_id": team, "event_time": at_s, "event": told}


def reply(door: Door, team: str) -> Outbound:
    return door.recorded.outbound(
        slack_identifier(team, "U0ANA"),
        "On its way.",
        channel="slack",
        account="main",
        extra={"channel": "C0HELP", "team": team},
    )


async def test_an_event_belongs_to_the_workspace_that_it_came_by(oauth: DoorOAuth) -> None:
    for team in ("T1", "T2"):
        assert (await oauth.door.post(event_of(team))).status == 200
    first, second = (inbound for inbound, _ in oauth.door.recorded.accepted)
    assert first.provider_id == "T1:C0HELP:1699999990.000200"
    assert second.provider_id == "T2:C0HELP:1699999990.000200"
    assert first.sender.identifier == slack_identifier("T1", "U0ANA")
    assert first.evidence.facts["team"] == "T1"


async def test_in_a_shared_channel_a_foreign_user_is_of_his_own_team(oauth: DoorOAuth) -> None:
    posted = event_of("T1", user_team="T7") | {"team_id": "T7"}
    assert (await oauth.door.post(posted)).status == 200
    [(inbound, _)] = oauth.door.recorded.accepted
    assert inbound.provider_id == "T1:C0HELP:1699999990.000200"
    assert inbound.sender.identifier == slack_identifier("T7", "U0ANA")


async def test_without_a_context_the_authorisation_names_the_workspace(oauth: DoorOAuth) -> None:
    posted = event_of("T7") | {"context_team_id": None, "authorizations": [{"team_id": "T1"}]}
    assert (await oauth.door.post(posted)).status == 200
    [(inbound, _)] = oauth.door.recorded.accepted
    assert inbound.evidence.facts["team"] == "T1"


async def test_a_workspace_that_may_not_install_is_not_listened_to(open_door: OpenDoor) -> None:
    door = await open_door(**BY_OTHERS, may_install=("T1",))
    assert (await door.post(event_of("T2"))).status == 200
    assert door.recorded.store.calls == 0
    assert door.recorded.refusals == [("main", "not_welcome")]


@pytest.mark.parametrize(
    ("own", "level"),
    [
        ({"team_id": "T1"}, Level.AUTHENTICATED),
        ({"team_id": "", "own_teams": ("T0", "T1")}, Level.AUTHENTICATED),
        ({"team_id": ""}, Level.ASSERTED),
        ({"team_id": "T2"}, Level.ASSERTED),
    ],
)
async def test_only_workspaces_of_the_company_prove_an_address(
    open_door: OpenDoor, own: dict[str, Any], level: Level
) -> None:
    oauth = DoorOAuth(await open_door(**{**BY_OTHERS, **own}))
    oauth.start()
    await oauth.install("T1")
    oauth.door.api.add_user("U0ANA", email="ana@example.com", name="Ana", team="T1")
    assert (await oauth.door.post(event_of("T1"))).status == 200
    [(inbound, _)] = oauth.door.recorded.accepted
    assert [one.level for one in inbound.evidence.observed] == [level]


async def test_a_message_of_a_workspace_without_a_token_is_kept_all_the_same(
    oauth: DoorOAuth,
) -> None:
    assert (await oauth.door.post(event_of("T9"))).status == 200
    [(inbound, _)] = oauth.door.recorded.accepted
    assert inbound.evidence.name == ""


@pytest.mark.parametrize(
    "event", [{}, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}}]
)
async def test_a_workspace_that_takes_the_app_away_is_forgotten(
    oauth: DoorOAuth, event: dict[str, Any]
) -> None:
    await oauth.install("T1")
    await oauth.install("T2")
    await oauth.door.connector.send(reply(oauth.door, "T1"))
    assert (await oauth.door.post(farewell("T1", **event))).status == 200
    with pytest.raises(Permanent) as raised:
        await oauth.door.connector.send(reply(oauth.door, "T1"))
    assert raised.value.code == "not_installed"
    await oauth.door.connector.send(reply(oauth.door, "T2"))
    assert oauth.door.recorded.store.calls == 0


@pytest.mark.parametrize(
    "event",
    [
        {"type": "tokens_revoked", "tokens": {"oauth": ["U0ANA"]}},
        {"type": "tokens_revoked", "tokens": {"oauth": ["U0ANA"], "bot": []}},
        {"type": "tokens_revoked"},
        {"type": "tokens_revoked", "tokens": ["U0BOT"]},
    ],
)
async def test_tokens_of_people_are_not_the_apps(oauth: DoorOAuth, event: dict[str, Any]) -> None:
    await oauth.install("T1")
    assert (await oauth.door.post(farewell("T1", **event))).status == 200
    await oauth.door.connector.send(reply(oauth.door, "T1"))


async def test_a_farewell_that_is_told_again_undoes_no_later_installation(
    oauth: DoorOAuth,
) -> None:
    await oauth.install("T1")
    assert (await oauth.door.post(farewell("T1", at_s=NOW_S))).status == 200
    await oauth.door.connector.send(reply(oauth.door, "T1"))


async def test_a_farewell_that_was_not_written_down_is_not_acknowledged(
    oauth: DoorOAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    await oauth.install("T1")

    async def fail(_: str) -> None:
        raise StoreUnavailable("the store did not confirm")

    monkeypatch.setattr(oauth.door.recorded.memory, "delete", fail)
    assert (await oauth.door.post(farewell("T1"))).status == 503


async def test_a_workspace_whose_token_is_refused_rests_none_of_the_others(
    oauth: DoorOAuth,
) -> None:
    await oauth.install("T1")
    oauth.door.api.fail("chat.postMessage", SlackFailure(error="token_revoked"))
    with pytest.raises(Permanent) as raised:
        await oauth.door.connector.send(reply(oauth.door, "T1"))
    assert raised.value.code == "token_revoked"


async def test_a_token_that_runs_out_is_renewed_once_and_kept(oauth: DoorOAuth) -> None:
    oauth.expires_in = 60
    await oauth.install("T1")
    oauth.expires_in = 43_200
    for _ in range(2):
        await oauth.door.connector.send(reply(oauth.door, "T1"))
        oauth.door.recorded.now += workspaces.KEEP_MS
    assert oauth.given == 2
    kept = b"".join(oauth.door.recorded.memory.kept.values())
    assert b"xoxb-T1-2" in kept
    assert b"xoxb-T1-1" not in kept


async def test_a_token_that_another_process_renewed_is_taken_over(
    oauth: DoorOAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    oauth.expires_in = 60
    await oauth.install("T1")
    memory = oauth.door.recorded.memory
    [name] = [each for each in memory.kept if each.startswith("bot-")]
    before = memory.kept[name]
    oauth.expires_in = 43_200
    await oauth.door.connector.send(reply(oauth.door, "T1"))
    after, memory.kept[name] = memory.kept[name], before
    oauth.door.recorded.now += workspaces.KEEP_MS
    real = memory.get
    reads = [before, after]

    async def get(asked: str) -> bytes | None:
        return reads.pop(0) if asked == name and reads else await real(asked)

    monkeypatch.setattr(memory, "get", get)
    await oauth.door.connector.send(reply(oauth.door, "T1"))
    assert oauth.given == 2
    assert len(oauth.door.api.sent) == 2


async def test_a_token_that_still_lives_serves_while_slack_renews_none(oauth: DoorOAuth) -> None:
    oauth.expires_in = 60
    await oauth.install("T1")
    oauth.door.api.fail("oauth.v2.access", SlackFailure(status=500))
    await oauth.door.connector.send(reply(oauth.door, "T1"))
    assert len(oauth.door.api.sent) == 1


async def test_a_token_that_has_run_out_is_said_to_have(oauth: DoorOAuth) -> None:
    oauth.expires_in = 60
    await oauth.install("T1")
    oauth.refresh.clear()
    oauth.door.recorded.now = LATER_S * SECOND_MS
    with pytest.raises(Permanent) as raised:
        await oauth.door.connector.send(reply(oauth.door, "T1"))
    assert raised.value.code == "invalid_refresh_token"


async def test_a_new_token_outlives_a_store_that_is_away(
    oauth: DoorOAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    oauth.expires_in = 60
    await oauth.install("T1")
    oauth.expires_in = 43_200

    async def fail(*_: object) -> None:
        raise StoreUnavailable("the store did not confirm")

    with monkeypatch.context() as away:
        away.setattr(oauth.door.recorded.memory, "put", fail)
        await oauth.door.connector.send(reply(oauth.door, "T1"))
    oauth.door.recorded.now += workspaces.KEEP_MS
    await oauth.door.connector.send(reply(oauth.door, "T1"))
    assert oauth.given == 2
    assert b"xoxb-T1-2" in b"".join(oauth.door.recorded.memory.kept.values())


async def test_a_file_is_fetched_by_whichever_workspace_may_read_it(open_door: OpenDoor) -> None:
    files = MediaHost()
    await files.start()
    try:
        oauth = DoorOAuth(await open_door(**BY_OTHERS))
        oauth.start()
        for team in ("T1", "T2"):
            await oauth.install(team)
        door = await open_door(**BY_OTHERS, api_url=files.url)
        door.recorded.memory.kept = oauth.door.recorded.memory.kept
        address = files.file("/files-pri/T2-F1/a.png", b"\x89PNG")
        picture = Attachment(name="a.png", content_type="image/png", size=-1, remote=address)
        assert await door.connector.fetch("main", picture) == b"\x89PNG"
        assert files.seen[0].headers["Authorization"] == "Bearer xoxb-T2-2"
        foreign = files.refuse("/files-pri/T7-F1/a.png", 404)
        with pytest.raises(Permanent):
            await door.connector.fetch(
                "main", Attachment(name="a", content_type="image/png", size=-1, remote=foreign)
            )
        assert len(files.seen) == 3
    finally:
        await files.stop()
