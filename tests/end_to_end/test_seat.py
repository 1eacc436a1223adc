"""A seat leaves without a word, and without an error, whatever its connection does just then."""

from __future__ import annotations

from pathlib import Path

import nats

from examples.agent import Agent
from maitred.gateway.bus.embedded import EmbeddedServer
from tests.end_to_end.seat import Seat


async def quiet(_: Exception) -> None:
    """Let the lost connection be no news."""


async def test_who_leaves_while_he_connects_anew_just_leaves(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "bus")
    where = await server.start()
    seat, agent = Seat("ann"), Agent("robin")
    for each in (seat, agent):
        each._client = await nats.connect(
            servers=list(where.urls),
            user=where.user,
            password=where.password,
            max_reconnect_attempts=-1,
            error_cb=quiet,
        )
    await server.stop()
    for each in (seat, agent):
        client = each._client
        assert client is not None
        await client.publish("anything", b"what can no longer be sent")
    await seat.leave()
    await agent.close()
