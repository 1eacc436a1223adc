"""Socket Mode: what Slack sends is stored before it is acknowledged, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
import pytest

from demo.standins.slack_api import SlackFailure
from maitred.connectors.abilities import Ailment
from maitred.connectors.slack import door as slack_door
from maitred.connectors.slack import socket_mode
from maitred.contracts.errors import Permanent
from maitred.contracts.inbound import Verification
from maitred.contracts.secret import Secret
from tests.connectors.slack.door import Door, OpenDoor, make_event
from tests.connectors.slack.socket_server import APP_TOKEN, SocketServer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_mode, "PAUSE_MS", 5)
    monkeypatch.setattr(socket_mode, "REFUSED_PAUSE_MS", 5)


@pytest.fixture
async def door(open_door: OpenDoor) -> Door:
    return await open_door(app_token=Secret(APP_TOKEN), signing_secret=None)


@pytest.fixture
def slack(door: Door) -> SocketServer:
    return door.sockets


async def stored(door: Door, calls: int) -> None:
    """Wait until the store was called so often."""
    async with asyncio.timeout(5):
        while door.recorded.store.calls < calls:
            door.recorded.store.called.clear()
            await door.recorded.store.called.wait()


async def test_an_event_is_stored_as_received_and_then_acknowledged(
    door: Door, slack: SocketServer
) -> None:
    link = await slack.connected(1)
    await link.event("e1", make_event(), retry_attempt=2, retry_reason="timeout")
    assert await slack.acknowledged(link, 1) == ["e1"]
    [(inbound, body)] = door.recorded.accepted
    assert orjson.loads(body) == make_event()
    assert inbound.provider_id == "T0OWN:C0HELP:1699999990.000200"
    assert inbound.content_type == "application/json"
    assert inbound.evidence.verification == Verification.CONNECTION
    assert inbound.evidence.name == "Ana"
    assert inbound.evidence.facts["retry"] == "2"
    assert inbound.evidence.facts["retry_reason"] == "timeout"


async def test_an_event_is_not_acknowledged_before_it_is_stored(
    door: Door, slack: SocketServer
) -> None:
    door.recorded.store.gate = asyncio.Event()
    link = await slack.connected(1)
    await link.event("e1", make_event())
    await stored(door, 1)
    assert link.acknowledged == []
    door.recorded.store.gate.set()
    assert await slack.acknowledged(link, 1) == ["e1"]


async def test_what_the_store_did_not_take_is_not_acknowledged_and_taken_when_it_comes_again(
    door: Door, slack: SocketServer
) -> None:
    link = await slack.connected(1)
    door.recorded.store.fail()
    await link.event("e1", make_event())
    await stored(door, 1)
    door.recorded.store.recover()
    await link.event("e2", make_event(), retry_attempt=1)
    assert await slack.acknowledged(link, 1) == ["e2"]
    assert door.recorded.refusals == [("main", "store_unavailable")]
    assert len(door.recorded.accepted) == 1


async def test_a_store_that_is_slow_is_not_waited_for_beyond_slacks_patience(
    door: Door, slack: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_door, "ANSWER_TIMEOUT_MS", 30)
    door.recorded.store.gate = asyncio.Event()
    link = await slack.connected(1)
    await link.event("e1", make_event())
    await stored(door, 1)
    await link.send({"type": "slash_commands", "envelope_id": "e2", "payload": {}})
    while len(door.recorded.refusals) < 2:  # noqa: ASYNC110  (a refusal tells nobody)
        await asyncio.sleep(0.005)  # polling: a refusal is counted, and tells nobody
    assert ("main", "store_unavailable") in door.recorded.refusals
    assert link.acknowledged == []


@pytest.mark.parametrize("error", [Permanent("too large", code="too_large"), RuntimeError("ours")])
async def test_one_event_that_fails_costs_no_other(
    door: Door, slack: SocketServer, error: Exception
) -> None:
    link = await slack.connected(1)
    door.recorded.store.error = error
    await link.event("e1", make_event())
    await stored(door, 1)
    door.recorded.store.recover()
    await link.event("e2", make_event(ts="1.000001"))
    assert await slack.acknowledged(link, 1) == ["e2"]
    assert len(slack.connections) == 1


async def test_what_is_nobodys_message_is_acknowledged(door: Door, slack: SocketServer) -> None:
    link = await slack.connected(1)
    await link.event("e1", make_event(subtype="channel_join"))
    assert await slack.acknowledged(link, 1) == ["e1"]
    assert door.recorded.store.calls == 0


@pytest.mark.parametrize(
    "frame", ["", "{", "[]", '{"type": 5}', '{"envelope_id": "e"}', "[" * 5_000, '"x"']
)
async def test_a_frame_that_is_none_of_slacks_costs_no_event(
    door: Door, slack: SocketServer, frame: str
) -> None:
    link = await slack.connected(1)
    await link.socket.send_str(frame)
    await link.event("e1", make_event())
    assert await slack.acknowledged(link, 1) == ["e1"]


@pytest.mark.parametrize("payload", [None, 5, {}, {"type": "event_callback", "event": []}])
async def test_a_payload_that_is_no_event_is_not_acknowledged(
    door: Door, slack: SocketServer, payload: object
) -> None:
    link = await slack.connected(1)
    await link.send({"type": "events_api", "envelope_id": "e1", "payload": payload})
    await link.event("e2", make_event())
    assert await slack.acknowledged(link, 1) == ["e2"]
    assert door.recorded.refusals == [("main", "malformed_event")]


async def test_a_connection_that_is_lost_is_opened_anew_by_a_new_address(
    door: Door, slack: SocketServer
) -> None:
    for count in range(1, 4):
        link = await slack.connected(count)
        await link.event(f"e{count}", make_event(ts=f"{count}.000001"))
        await slack.acknowledged(link, 1)
        await link.drop()
    await slack.connected(4)
    assert len(door.recorded.accepted) == 3


async def test_what_was_not_acknowledged_when_a_connection_was_lost_is_stored_once(
    door: Door, slack: SocketServer
) -> None:
    first = await slack.connected(1)
    door.recorded.store.gate = asyncio.Event()
    await first.event("e1", make_event())
    await stored(door, 1)
    await first.drop()
    door.recorded.store.gate.set()
    second = await slack.connected(2)
    await second.event("e2", make_event(), retry_attempt=1)
    assert await slack.acknowledged(second, 1) == ["e2"]
    assert first.acknowledged == []
    assert len(door.recorded.accepted) == 1


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_before_a_connection_ends_the_next_one_is_open_and_both_are_heard(
    door: Door, slack: SocketServer, reason: str
) -> None:
    first = await slack.connected(1)
    await first.goodbye(reason)
    second = await slack.connected(2)
    assert not first.socket.closed
    await first.event("e1", make_event(ts="1.000001"))
    await second.event("e2", make_event(ts="2.000001"))
    assert await slack.acknowledged(first, 1) == ["e1"]
    assert await slack.acknowledged(second, 1) == ["e2"]
    assert len(door.recorded.accepted) == 2


async def test_one_event_over_two_connections_is_one_message(
    door: Door, slack: SocketServer
) -> None:
    first = await slack.connected(1)
    await first.goodbye("refresh_requested")
    second = await slack.connected(2)
    await first.event("e1", make_event())
    await second.event("e2", make_event())
    await second.event("e3", make_event("Ev02", type="app_mention"))
    await slack.acknowledged(first, 1)
    await slack.acknowledged(second, 2)
    assert len(door.recorded.accepted) == 1


async def test_a_connection_that_was_to_end_is_ended_after_a_while(
    door: Door, slack: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_mode, "DRAIN_S", 0.02)
    first = await slack.connected(1)
    await first.goodbye("refresh_requested")
    await asyncio.wait_for(first.gone.wait(), 5)
    link = await slack.connected(2)
    await link.event("e1", make_event())
    await slack.acknowledged(link, 1)


async def test_socket_mode_that_was_switched_off_is_counted_and_tried_again(
    door: Door, slack: SocketServer
) -> None:
    link = await slack.connected(1)
    door.api.fail("apps.connections.open", SlackFailure(error="socket_mode_disabled"))
    await link.goodbye("link_disabled")
    await link.drop()
    await slack.connected(2)
    assert door.recorded.refusals == [
        ("main", "socket_link_disabled"),
        ("main", "socket_socket_mode_disabled"),
    ]


async def test_an_account_without_a_connection_ails_until_it_has_one(
    door: Door, slack: SocketServer
) -> None:
    first = await slack.connected(1)
    good, seen = door.api.methods["apps.connections.open"], []

    async def look(authorization: str, arguments: Mapping[str, object]) -> Mapping[str, object]:
        seen.append(door.connector.health())
        return await good(authorization, arguments)

    door.api.methods["apps.connections.open"] = look
    door.api.fail("apps.connections.open", SlackFailure(error="invalid_auth"))
    await first.drop()
    second = await slack.connected(2)
    assert seen[-1] == [Ailment(account="main", part="socket", reason="socket_invalid_auth")]
    await second.event("e1", make_event())
    await slack.acknowledged(second, 1)
    assert door.connector.health() == []


@pytest.mark.parametrize(
    "failure",
    [
        SlackFailure(status=500),
        SlackFailure(page="<html>"),
        SlackFailure(lost=True),
    ],
)
async def test_an_address_that_slack_does_not_give_is_asked_for_again(
    door: Door, slack: SocketServer, failure: SlackFailure
) -> None:
    first = await slack.connected(1)
    door.api.fail("apps.connections.open", failure)
    await first.drop()
    await slack.connected(2)


async def test_an_address_that_does_not_serve_is_not_tried_twice(
    door: Door, slack: SocketServer
) -> None:
    first = await slack.connected(1)
    good = door.api.methods["apps.connections.open"]

    async def stale(authorization: str, arguments: object) -> dict[str, object]:
        given = dict(await good(authorization, {}))
        door.api.methods["apps.connections.open"] = good
        slack.tickets.clear()
        return given

    door.api.methods["apps.connections.open"] = stale
    await first.drop()
    await slack.connected(2)
    assert len(slack.asked) == 3


async def test_what_is_under_way_at_the_end_is_acknowledged(
    door: Door, slack: SocketServer
) -> None:
    link = await slack.connected(1)
    door.recorded.store.gate = asyncio.Event()
    await link.event("e1", make_event())
    await stored(door, 1)
    stopping = asyncio.gather(door.connector.stop())
    door.recorded.store.gate.set()
    await stopping
    assert await slack.acknowledged(link, 1) == ["e1"]
    await asyncio.wait_for(link.gone.wait(), 5)
    assert len(slack.connections) == 1


async def test_an_app_with_socket_mode_alone_has_no_door_by_http(door: Door) -> None:
    assert (await door.post(make_event())).status == 404
