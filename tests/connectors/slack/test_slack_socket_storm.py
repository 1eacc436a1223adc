"""Over connections that break and a store that fails, each event is stored, and stored once."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from maitred.connectors.slack import socket_mode
from maitred.contracts.secret import Secret
from tests.connectors.slack.door import OpenDoor, make_event
from tests.connectors.slack.socket_server import APP_TOKEN

EVENTS = 40
ROUNDS_MAX = 200


@pytest.mark.parametrize("seed", range(8))
async def test_each_event_is_stored_once_whatever_breaks(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(socket_mode, "PAUSE_MS", 1)
    chance = random.Random(seed)  # noqa: S311  (a failure names its seed)
    door = await open_door(app_token=Secret(APP_TOKEN), signing_secret=None)
    slack, store = door.sockets, door.recorded.store
    open_events = {f"{number}.000001" for number in range(EVENTS)}
    told: dict[str, str] = {}
    for turn in range(ROUNDS_MAX):
        if not open_events:
            break
        link = await slack.connected(max(len(slack.connections), 1))
        with contextlib.suppress(ConnectionError):
            for ts in sorted(open_events):
                told[f"{turn}-{ts}"] = ts
                await link.event(f"{turn}-{ts}", make_event(ts=ts), retry_attempt=turn)
                if chance.random() < 0.2:
                    store.recover() if store.error else store.fail()
                if chance.random() < 0.05:
                    await link.goodbye("refresh_requested")
                if chance.random() < 0.05:
                    await link.drop()
                await asyncio.sleep(0)
        store.recover()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(slack.changed(), 0.05)
        acknowledged = {told[each] for one in slack.connections for each in one.acknowledged}
        stored = {inbound.provider_id.rpartition(":")[2] for inbound, _ in door.recorded.accepted}
        assert acknowledged <= stored
        open_events -= acknowledged
    assert open_events == set()
    assert len(door.recorded.accepted) == EVENTS
