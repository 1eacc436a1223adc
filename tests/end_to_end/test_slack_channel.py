"""Slack on a real gateway: workspaces that install the app, Socket Mode, files and names."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import orjson
import pytest

from demo.house import House
from demo.standins.slack_api import SlackApi
from tests.connectors.slack.oauth_server import CLIENT_ID, CLIENT_SECRET, OAuthServer
from tests.connectors.slack.socket_server import APP_TOKEN, SocketServer
from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.end_to_end.posting import post_slack, slack_event

INSTALLED = """[channels.slack.accounts.main]
signing_secret = "file:slack-signing"
client_id = "{client}"
client_secret = "file:slack-client"
agent_names = true
api_url = "{api}"
"""
SOCKET = """[channels.slack.accounts.main]
app_token = "file:slack-app"
bot_token = "file:slack-token"
team_id = "{team}"
api_url = "{api}"
"""
PLAN = b"%PDF-1.4 a plan"


@dataclass
class Front:
    """The house as a browser comes to it."""

    api: SlackApi
    client: aiohttp.ClientSession


def keep(house: House, name: str, secret: str) -> None:
    path = house.folder / name
    path.write_text(secret)
    path.chmod(0o600)


@pytest.fixture
async def sockets() -> AsyncIterator[list[SocketServer]]:
    started: list[SocketServer] = []
    yield started
    for server in started:
        await server.stop()


async def test_a_workspace_that_installed_the_app_is_answered_after_a_restart_too(
    open_house: OpenHouse, take_seat: TakeSeat, session: aiohttp.ClientSession
) -> None:
    house = await open_house(up=False)
    house.sections = {"slack": INSTALLED.format(client=CLIENT_ID, api=house.slack.url)}
    house.write()
    keep(house, "slack-client", CLIENT_SECRET)
    await house.up()
    async with aiohttp.ClientSession(base_url=house.http) as client:
        oauth = OAuthServer(Front(house.slack, client))
        oauth.start()
        assert (await oauth.install(house.slack.team_id)).status == 200
    stored = b"".join(each.read_bytes() for each in house.store.rglob("*") if each.is_file())
    assert b"xoxb-T0OWN-1" not in stored
    await house.stop()
    await house.up()
    ann = await take_seat(house)
    ts = f"{int(time.time())}.000100"  # noqa: TID251  (Slack's stamp)
    event = slack_event(house, event_id="Ev1", text="Where is my order?", ts=ts, user="U0ANA")
    assert (await post_slack(house, session, event)).status == 200
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    plan = {
        "name": "plan.pdf",
        "content_type": "application/pdf",
        "data": base64.b64encode(PLAN).decode(),
    }
    await ann.about("reply", offer, text="Here is where it is.", files=[plan])
    [posted] = await asyncio.wait_for(house.slack.wait_sent(1), 15)
    await asyncio.wait_for(house.slack.wait_called("files.completeUploadExternal"), 15)
    assert (posted["text"], posted["thread_ts"]) == ("Here is where it is.", ts)
    assert posted["username"]
    assert house.slack.uploads == {"F1": PLAN}


async def test_what_comes_by_socket_mode_is_answered_in_its_thread(
    open_house: OpenHouse, take_seat: TakeSeat, sockets: list[SocketServer]
) -> None:
    house = await open_house(up=False)
    sockets.append(slack := SocketServer(house.slack))
    await slack.start()
    house.sections = {"slack": SOCKET.format(team=house.slack.team_id, api=house.slack.url)}
    house.write()
    keep(house, "slack-app", APP_TOKEN)
    await house.up()
    ann = await take_seat(house)
    ts = f"{int(time.time())}.000100"  # noqa: TID251  (Slack's stamp)
    event = orjson.loads(
        slack_event(house, event_id="Ev1", text="Where is my order?", ts=ts, user="U0ANA")
    )
    first = await slack.connected(1)
    await first.event("e1", event)
    assert await slack.acknowledged(first, 1) == ["e1"]
    await first.drop()
    second = await slack.connected(2)
    await second.event("e2", event, retry_attempt=1)
    assert await slack.acknowledged(second, 1) == ["e2"]
    offer = await ann.wait("offered")
    assert [turn["text"] for turn in offer["brief"]["turns"]] == ["Where is my order?"]
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("reply", offer, text="On its way.")
    [posted] = await asyncio.wait_for(house.slack.wait_sent(1), 15)
    assert (posted["text"], posted["thread_ts"]) == ("On its way.", ts)
