"""Deadlines of agents: kept in their documents, armed when they are durable, and carried out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from maitred.contracts.agents import AgentDoc, Presence
from maitred.contracts.ids import AgentId
from maitred.contracts.routing import Due
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.reads import get_last
from maitred.gateway.deadlines import Deadlines
from tests.gateway import lodge as lodges
from tests.gateway.lodge import SECRET, Lodge, email

KIM = email("kim@mail.example")
ROUTING = {
    "agents": [
        {"id": "ann", "name": "Ann", "capacity": 50.0},
        {"id": "bot", "name": "Bot", "kind": "ai", "capacity": 50.0},
    ]
}


@pytest.fixture
async def lodge(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lodge]:
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    monkeypatch.setattr(lodges, "ROUTING", ROUTING)
    opened = Lodge(backbone, tmp_path)
    opened.start()
    yield opened
    await opened.stop()


async def remembered(lodge: Lodge, agent: str) -> AgentDoc:
    where = lodge.subjects.agent(AgentId(agent))
    stored = await get_last(lodge.backbone.connection, JOURNAL, where, leader=True)
    assert stored is not None
    return msgspec.json.decode(stored.data, type=AgentDoc)


async def fall_due(lodge: Lodge, agent: str) -> AgentDoc:
    """Let the deadline of an agent come, and return what is remembered of him then."""
    due = Due(agent=AgentId(agent), due_at=(await remembered(lodge, agent)).due_at)
    subject = lodge.subjects.due(AgentId(agent))
    data = msgspec.json.encode(due)
    msg_id = f"due:{agent}:{due.due_at}"
    await lodge.backbone.publisher.publish(subject, data, msg_id=msg_id, stream=JOURNAL)
    # What comes behind it is handled after it.
    await lodge.say("presence", "bystander", presence="online")
    await lodge.settle()
    return await remembered(lodge, agent)


async def test_the_work_of_a_machine_that_fell_silent_goes_on_with_its_age(
    lodge: Lodge,
) -> None:
    await lodge.say("presence", "bot", presence="online")
    await lodge.mail(KIM, "I was charged twice.")
    offer = await lodge.accept("Let me see.", "bot")
    assert (await fall_due(lodge, "bot")).presence is Presence.AWAY
    await lodge.stop()
    again = Lodge(lodge.backbone, Path())
    again.start()
    await lodge.say("presence", "ann", presence="online")
    assert (await fall_due(lodge, "bot")).presence is Presence.OFFLINE
    (*_, revoked), (*_, offered) = await lodge.told("bot"), await lodge.told("ann")
    await again.stop()
    assert (revoked.state, revoked.reason) == ("revoked", "agent_lost")
    assert (offered.state, offered.conversation) == ("offered", offer.conversation)
    assert offered.arrived_at == offer.arrived_at
    assert offered.epoch > offer.epoch


async def test_an_agent_s_deadline_is_armed_when_it_is_durable_and_after_a_restart(
    lodge: Lodge, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lodge.stop()
    armed: dict[str, int] = {}

    class Recorded(Deadlines):
        def arm_agent(self, agent: AgentId, due_at: int) -> None:
            armed[agent] = due_at

    monkeypatch.setattr(lodges, "Deadlines", Recorded)
    for _ in range(2):
        lodge = Lodge(lodge.backbone, Path())
        lodge.start()
        if not armed:
            await lodge.say("presence", presence="online")
            await lodge.mail(KIM, "Hello.")
            await lodge.accept()
        await lodge.settle()
        assert armed == {"ann": (await remembered(lodge, "ann")).due_at}
        assert armed["ann"] > lodge.now
        await lodge.stop()
        armed |= dict.fromkeys(armed, 0)
