"""A profile's address counts as its workspace vouches for it, and never costs a message."""

from __future__ import annotations

import asyncio

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from demo.standins.slack_api import SlackFailure
from maitred.connectors.slack import profile as slack_profile
from maitred.connectors.slack import web
from maitred.connectors.slack.profile import SlackProfiles
from maitred.connectors.slack.settings import SlackAccount
from maitred.contracts.identifiers import Level, Observed, email_identifier, slack_identifier
from maitred.contracts.limits import HOUR_MS, MINUTE_MS
from maitred.contracts.secret import Secret
from tests.connectors.slack.door import Door, OpenDoor, make_event


def observed(door: Door) -> tuple[Observed, ...]:
    inbound, _ = door.recorded.accepted[-1]
    return inbound.evidence.observed


async def test_a_members_address_is_authenticated(door: Door) -> None:
    await door.post(make_event())
    assert observed(door) == (
        Observed(identifier=email_identifier("ana@example.com"), level=Level.AUTHENTICATED),
    )


async def test_a_foreign_users_address_is_only_asserted(door: Door) -> None:
    door.api.add_user("U0FAR", email="eve@example.net", team="T0FAR", flags={"is_stranger": True})
    await door.post(make_event(user="U0FAR", user_team="T0FAR", team="T0FAR"))
    inbound, _ = door.recorded.accepted[0]
    assert inbound.sender.identifier == slack_identifier("T0FAR", "U0FAR")
    assert inbound.sender.level == Level.AUTHENTICATED
    assert observed(door)[0].level == Level.ASSERTED


@pytest.mark.parametrize(
    ("team", "flags", "event_team"),
    [
        ("T0FAR", {}, "T0OWN"),
        ("", {}, "T0FAR"),
        ("", {}, "E0ORG"),
        ("", {"is_stranger": True}, "T0OWN"),
        ("", {"is_restricted": True}, "T0OWN"),
        ("", {"is_ultra_restricted": True}, "T0OWN"),
        ("", {"is_email_confirmed": False}, "T0OWN"),
    ],
)
async def test_any_doubt_of_the_workspace_makes_an_address_asserted(
    door: Door, team: str, flags: dict[str, bool], event_team: str
) -> None:
    door.api.add_user("U0BO", email="bo@example.com", team=team, flags=flags)
    await door.post(make_event(user="U0BO", user_team=event_team))
    assert [one.level for one in observed(door)] == [Level.ASSERTED]


@pytest.mark.parametrize("flags", [{"is_bot": True}, {"deleted": True}])
async def test_bots_and_deleted_users_have_no_address(door: Door, flags: dict[str, bool]) -> None:
    door.api.add_user("U0BO", email="bo@example.com", name="Bo", flags=flags)
    await door.post(make_event(user="U0BO"))
    assert observed(door) == ()


@pytest.mark.parametrize("email", ["", "not an address"])
async def test_no_address_is_no_matter(door: Door, email: str) -> None:
    door.api.add_user("U0BO", email=email, name="Bo")
    assert (await door.post(make_event(user="U0BO"))).status == 200
    assert observed(door) == ()
    assert door.recorded.accepted[0][0].evidence.name == "Bo"


@pytest.mark.parametrize(
    "failure",
    [
        SlackFailure(error="missing_scope"),
        SlackFailure(status=500),
        SlackFailure(status=429, error="ratelimited", retry_after_s=30),
        SlackFailure(page="<html>"),
        SlackFailure(status=502, page="<html>"),
    ],
)
async def test_a_profile_that_slack_does_not_give_costs_no_message(
    door: Door, failure: SlackFailure
) -> None:
    door.api.fail("users.info", failure)
    assert (await door.post(make_event())).status == 200
    assert observed(door) == ()


async def test_a_user_of_another_shape_costs_no_message(door: Door) -> None:
    door.api.users["U0ANA"] = {"profile": ["email"]}
    assert (await door.post(make_event())).status == 200
    assert observed(door) == ()


async def test_a_wrong_token_costs_no_message(open_door: OpenDoor) -> None:
    door = await open_door(bot_token=Secret("xoxb-other"))
    assert (await door.post(make_event())).status == 200
    assert observed(door) == ()


async def test_slack_being_away_costs_no_message(door: Door) -> None:
    await door.api.stop()
    assert (await door.post(make_event())).status == 200
    assert observed(door) == ()


async def test_a_slow_profile_is_not_waited_for(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_profile, "SLACK_PROFILE_TIMEOUT_MS", 50)
    door.api.held.add("users.info")
    assert (await door.post(make_event())).status == 200
    assert observed(door) == ()


async def test_a_profile_is_kept_for_an_hour(door: Door) -> None:
    await door.post(make_event(ts="1.1"))
    door.recorded.now += HOUR_MS - 1
    await door.post(make_event(ts="2.1"))
    assert door.api.calls.count("users.info") == 1
    door.recorded.now += 1
    await door.post(make_event(ts="3.1"))
    assert door.api.calls.count("users.info") == 2


async def test_those_who_ask_at_once_ask_slack_once_and_go_on_in_their_order(door: Door) -> None:
    account = SlackAccount(api_url=door.api.url)
    went_on: list[int] = []

    async def client(*_: str) -> AsyncWebClient:
        return web.client(account, None, door.api.token)

    profiles = SlackProfiles(client, is_own=lambda _: True, clock=lambda: door.recorded.now)

    async def ask(number: int) -> str:
        found = await profiles.find("T0OWN", "T0OWN", "U0ANA")
        went_on.append(number)
        return found.name

    assert await asyncio.gather(*map(ask, range(8))) == ["Ana"] * 8
    assert went_on == list(range(8))
    assert door.api.calls == ["users.info"]


async def test_a_failure_is_kept_for_a_minute(door: Door) -> None:
    door.api.fail("users.info", SlackFailure(status=500))
    await door.post(make_event(ts="1.1"))
    await door.post(make_event(ts="2.1"))
    assert door.api.calls.count("users.info") == 1
    door.recorded.now += MINUTE_MS
    await door.post(make_event(ts="3.1"))
    assert len(observed(door)) == 1


async def test_the_profile_used_longest_ago_is_dropped_first(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_profile, "PROFILE_CACHE_ENTRIES_MAX", 2)
    for number, user in enumerate(("U1", "U2", "U1", "U3", "U1", "U2")):
        await door.post(make_event(ts=f"{number}.1", user=user))
    assert door.api.calls.count("users.info") == 4
