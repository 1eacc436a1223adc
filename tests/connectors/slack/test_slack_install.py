"""Workspaces install the app by themselves, and nobody else can finish what one of them began."""

from __future__ import annotations

import asyncio

import pytest
from yarl import URL

from demo.standins.slack_api import SlackFailure
from maitred.connectors.slack import installations, states
from maitred.connectors.slack.installing import AT_ONCE_MAX
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import slack_identifier
from maitred.contracts.outbound import Outbound
from maitred.contracts.secret import Secret
from tests.connectors.slack.door import Door, OpenDoor
from tests.connectors.slack.oauth_server import (
    CLIENT_ID,
    CLIENT_SECRET,
    INSTALL,
    REDIRECT,
    SDK_IS_BEHIND,
    DoorOAuth,
)

pytestmark = pytest.mark.filterwarnings(SDK_IS_BEHIND)
BY_OTHERS = {
    "client_id": CLIENT_ID,
    "client_secret": Secret(CLIENT_SECRET),
    "bot_token": None,
}


@pytest.fixture
async def oauth(open_door: OpenDoor) -> DoorOAuth:
    return await served(open_door)


async def served(open_door: OpenDoor, **changes: object) -> DoorOAuth:
    server = DoorOAuth(await open_door(**BY_OTHERS, **changes))
    server.start()
    return server


def reply(door: Door, team: str) -> Outbound:
    return door.recorded.outbound(
        slack_identifier(team, "U0ANA"),
        "On its way.",
        channel="slack",
        account="main",
        extra={"channel": "C0HELP", "team": team},
    )


def is_known(door: Door) -> bool:
    return any(name.startswith("bot-") for name in door.recorded.memory.kept)


async def test_a_browser_is_led_to_slack_with_all_that_slack_must_know(oauth: DoorOAuth) -> None:
    answer = await oauth.door.client.get(INSTALL, allow_redirects=False)
    assert answer.status == 302
    led = URL(answer.headers["Location"])
    assert led.path == "/oauth/v2/authorize"
    assert led.origin() == URL(oauth.door.api.url).origin()
    assert led.query["client_id"] == CLIENT_ID
    assert led.query["redirect_uri"] == f"https://maitred.example.com{REDIRECT}"
    assert "chat:write" in led.query["scope"].split(",")
    assert "chat:write.customize" not in led.query["scope"]
    assert led.query["user_scope"] == ""
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_a_browser_adds_nothing_to_slacks_address(oauth: DoorOAuth) -> None:
    answer = await oauth.door.client.get(
        INSTALL, params={"team": "T1&scope=admin"}, allow_redirects=False
    )
    assert "admin" not in answer.headers["Location"]


async def test_a_crowd_of_browsers_is_asked_to_come_again(oauth: DoorOAuth) -> None:
    cookie, state = await oauth.begin()
    oauth.door.api.held.add("oauth.v2.access")
    waiting = [
        asyncio.gather(oauth.end(f"T{number}", cookie=one, state=two))
        for number, (one, two) in enumerate([await oauth.begin() for _ in range(AT_ONCE_MAX)])
    ]
    await oauth.door.api.wait_called("oauth.v2.access", AT_ONCE_MAX)
    answer = await oauth.end("T9", cookie=cookie, state=state)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    oauth.door.api.release()
    assert [one.status for [one] in await asyncio.gather(*waiting)] == [200] * AT_ONCE_MAX


async def test_agent_names_take_one_scope_more(open_door: OpenDoor) -> None:
    oauth = await served(open_door, agent_names=True)
    answer = await oauth.door.client.get(INSTALL, allow_redirects=False)
    assert "chat:write.customize" in URL(answer.headers["Location"]).query["scope"]


async def test_whoever_only_opens_the_page_writes_nothing(oauth: DoorOAuth) -> None:
    for _ in range(20):
        await oauth.begin()
    assert oauth.door.recorded.memory.kept == {}


async def test_each_workspace_is_answered_by_its_own_token(oauth: DoorOAuth) -> None:
    for team in ("T1", "T2"):
        answer = await oauth.install(team)
        assert answer.status == 200
        assert "installed" in await answer.text()
    seen: list[str] = []

    async def post(authorization: str, _: object) -> dict[str, object]:
        seen.append(authorization)
        return {"ok": True, "ts": "1700000001.000100"}

    oauth.door.api.methods["chat.postMessage"] = post
    for team in ("T1", "T2"):
        sent = await oauth.door.connector.send(reply(oauth.door, team))
        assert sent.thread_ids == (f"{team}:C0HELP:1700000001.000100",)
    assert seen == ["Bearer xoxb-T1-1", "Bearer xoxb-T2-2"]


async def test_a_workspace_that_has_not_installed_the_app_gets_no_reply(oauth: DoorOAuth) -> None:
    with pytest.raises(Permanent) as raised:
        await oauth.door.connector.send(reply(oauth.door, "T9"))
    assert raised.value.code == "not_installed"


async def test_a_state_serves_once(oauth: DoorOAuth) -> None:
    cookie, state = await oauth.begin()
    assert (await oauth.end("T1", cookie=cookie, state=state)).status == 200
    assert (await oauth.end("T2", cookie=cookie, state=state)).status == 400


async def test_a_state_serves_no_other_browser(oauth: DoorOAuth) -> None:
    _, state = await oauth.begin()
    cookie, _ = await oauth.begin()
    for other in ("", cookie, "slack-app-oauth-state="):
        assert (await oauth.end("T1", cookie=other, state=state)).status == 400
    assert not is_known(oauth.door)


@pytest.mark.parametrize("state", ["", "x", "1.2.3", "9" * 15 + "." + "a" * 32 + "." + "b" * 64])
async def test_a_state_that_we_did_not_sign_serves_nobody(oauth: DoorOAuth, state: str) -> None:
    answer = await oauth.end("T1", cookie=f"slack-app-oauth-state={state}", state=state)
    assert answer.status == 400
    assert not is_known(oauth.door)


async def test_a_state_serves_for_ten_minutes(oauth: DoorOAuth) -> None:
    cookie, state = await oauth.begin()
    oauth.door.recorded.now += states.STATE_AGE_MS
    assert (await oauth.end("T1", cookie=cookie, state=state)).status == 400


async def test_used_states_are_remembered_within_a_bound(
    oauth: DoorOAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "USED_MAX", 3)
    for _ in range(5):
        cookie, state = await oauth.begin()
        await oauth.end("T1", cookie=cookie, state=state)
        oauth.door.recorded.now += 1
    [kept] = [v for name, v in oauth.door.recorded.memory.kept.items() if "states" in name]
    assert kept.count(b":") == 3


async def test_somebody_who_declines_is_told_nothing_of_what_slack_said(oauth: DoorOAuth) -> None:
    answer = await oauth.install("T1", error="<script>alert(1)</script>")
    assert answer.status == 400
    assert answer.content_type == "text/plain"
    assert "script" not in await answer.text()
    assert not is_known(oauth.door)


@pytest.mark.parametrize("query", [{"code": ""}, {"code": "another"}])
async def test_a_code_that_slack_did_not_give_installs_nothing(
    oauth: DoorOAuth, query: dict[str, str]
) -> None:
    assert (await oauth.install("T1", **query)).status == 400
    assert not is_known(oauth.door)


async def test_a_workspace_that_may_not_install_gives_its_token_back(open_door: OpenDoor) -> None:
    oauth = await served(open_door, may_install=("T1",))
    assert (await oauth.install("T2")).status == 403
    assert oauth.revoked == ["xoxb-T2-1"]
    assert not is_known(oauth.door)
    assert oauth.door.recorded.refusals == [("main", "not_welcome")]
    assert (await oauth.install("T1")).status == 200


async def test_an_app_is_installed_in_no_more_workspaces_than_we_keep(
    oauth: DoorOAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installations, "INSTALLATIONS_MAX", 1)
    assert (await oauth.install("T1")).status == 200
    assert (await oauth.install("T2")).status == 403
    assert (await oauth.install("T1")).status == 200


@pytest.mark.parametrize(
    "failure",
    [
        SlackFailure(status=502, page="<html>"),
        SlackFailure(page="<html>"),
        SlackFailure(lost=True),
    ],
)
async def test_a_slack_that_does_not_answer_asks_the_browser_to_begin_again(
    oauth: DoorOAuth, failure: SlackFailure
) -> None:
    oauth.door.api.fail("oauth.v2.access", failure)
    answer = await oauth.install("T1")
    assert answer.status in {400, 503}
    assert not is_known(oauth.door)


async def test_no_page_and_no_memory_shows_a_token(
    oauth: DoorOAuth, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    answer = await oauth.install("T1")
    assert "xoxb" not in await answer.text()
    assert "xoxb" not in caplog.text
    assert "xoxb" not in " ".join(oauth.door.recorded.memory.kept)


async def test_an_app_of_one_workspace_is_not_installed_by_others(open_door: OpenDoor) -> None:
    door = await open_door()
    for path in (INSTALL, REDIRECT):
        assert (await door.client.get(path)).status == 404
