"""Deadlines: each comes once, in order, and as long as it is wanted."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import msgspec
import pytest

from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.routing import Due
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.pull import Pull
from maitred.gateway.deadlines import Deadlines
from maitred.gateway.tasks import Tasks

ONE, TWO, THREE = (ConversationId(f"cnv_{each}") for each in "123")


class Heard:
    """What stands in the journal, as it comes."""

    def __init__(self, pull: Pull) -> None:
        self._batches = pull.batches()
        self._dues: list[Due] = []

    async def next(self) -> Due:
        async with asyncio.timeout(10):
            while not self._dues:
                received = await anext(self._batches)
                self._dues += [msgspec.json.decode(each.data, type=Due) for each in received]
        return self._dues.pop(0)


@pytest.fixture
async def heard(backbone: Backbone) -> AsyncIterator[Heard]:
    subjects = [backbone.subjects.any("due")]
    pull = Pull(backbone.connection, JOURNAL, subjects, after=0, name="test")
    yield Heard(pull)
    await pull.close()


@pytest.fixture
async def deadlines(backbone: Backbone) -> AsyncIterator[Deadlines]:
    """Deadlines that run; `end` stands far enough behind all others to show that none came."""
    failures: list[BaseException] = []
    tasks = Tasks(lambda _name, error: failures.append(error))
    running = Deadlines(backbone)
    tasks.start("deadlines", running.run())
    yield running
    await tasks.stop(5_000)
    assert failures == []


async def test_they_come_in_order_of_their_time_and_not_before_it(
    deadlines: Deadlines, heard: Heard
) -> None:
    now = clock.now_ms()
    for conversation, wait in ((ONE, 150), (TWO, 50), (THREE, 100)):
        deadlines.arm(conversation, 1, now + wait)
    for conversation, wait in ((TWO, 50), (THREE, 100), (ONE, 150)):
        due = await heard.next()
        assert due == Due(conversation=conversation, epoch=1, due_at=now + wait)
        assert clock.now_ms() >= due.due_at


async def test_what_is_long_past_comes_at_once(deadlines: Deadlines, heard: Heard) -> None:
    deadlines.arm(ONE, 3, 1)
    assert await heard.next() == Due(conversation=ONE, epoch=3, due_at=1)


async def test_a_deadline_that_is_armed_anew_comes_at_the_new_time_only(
    deadlines: Deadlines, heard: Heard
) -> None:
    now = clock.now_ms()
    deadlines.arm(ONE, 1, now + 60_000)
    deadlines.arm(ONE, 2, now + 30)
    deadlines.arm(TWO, 1, now + 40)
    deadlines.arm(TWO, 1, now + 80)
    assert [await heard.next(), await heard.next()] == [
        Due(conversation=ONE, epoch=2, due_at=now + 30),
        Due(conversation=TWO, epoch=1, due_at=now + 80),
    ]


async def test_a_deadline_that_was_taken_away_does_not_come(
    deadlines: Deadlines, heard: Heard
) -> None:
    now = clock.now_ms()
    deadlines.arm(ONE, 1, now + 30)
    deadlines.arm(TWO, 1, now + 60)
    deadlines.disarm(ONE)
    deadlines.disarm(THREE)
    assert (await heard.next()).conversation == TWO
    deadlines.arm(ONE, 1, now + 90)
    deadlines.clear()
    deadlines.arm(THREE, 1, now + 120)
    assert (await heard.next()).conversation == THREE


async def test_agents_have_deadlines_of_their_own_in_the_same_order(
    deadlines: Deadlines, heard: Heard
) -> None:
    now = clock.now_ms()
    ann, bob = AgentId("ann"), AgentId("bob")
    deadlines.arm_agent(ann, now + 60)
    deadlines.arm(ONE, 1, now + 90)
    deadlines.arm_agent(bob, now + 30)
    deadlines.arm_agent(ann, now + 120)
    deadlines.arm_agent(bob, 0)
    # A conversation may be called what an agent is called.
    deadlines.arm(ConversationId("ann"), 1, now + 150)
    assert [await heard.next() for _ in range(3)] == [
        Due(conversation=ONE, epoch=1, due_at=now + 90),
        Due(agent=ann, due_at=now + 120),
        Due(conversation=ConversationId("ann"), epoch=1, due_at=now + 150),
    ]


async def test_the_same_deadline_after_a_restart_is_one_entry(
    backbone: Backbone, deadlines: Deadlines, heard: Heard
) -> None:
    due_at = clock.now_ms()
    deadlines.arm(ONE, 1, due_at)
    assert (await heard.next()).conversation == ONE
    again = Deadlines(backbone)
    again.arm(ONE, 1, due_at)
    again.arm(TWO, 1, due_at + 1)
    running = asyncio.get_running_loop().create_task(again.run())
    assert (await heard.next()).conversation == TWO
    running.cancel()


async def test_they_come_once_although_the_store_was_away_when_they_were_due(
    nats: EmbeddedServer, deadlines: Deadlines, heard: Heard
) -> None:
    now = clock.now_ms()
    for number in range(30):
        deadlines.arm(ConversationId(f"cnv_{number}"), 1, now + 10 * number)
    assert (await heard.next()).conversation == "cnv_0"
    os.kill(nats.pid, signal.SIGKILL)
    came = [(await heard.next()).conversation for _ in range(29)]
    assert came == [f"cnv_{number}" for number in range(1, 30)]
    assert nats.restarts == 1
