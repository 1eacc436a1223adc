"""Runners of the toy stage that end with the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from maitred.contracts import limits
from maitred.gateway.backbone import Backbone
from maitred.gateway.tasks import Tasks
from tests.gateway.conftest import Eventually
from tests.gateway.journal.toy import Toy, position, runner

Run = Callable[[Backbone, Toy], asyncio.Task[None]]
Handled = Callable[[Backbone, int], object]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a fenced runner come back soon."""
    monkeypatch.setattr(limits, "LEASE_RENEW_MS", 50)


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    """Start a runner; none may have failed by the end of the test."""
    failures: list[BaseException] = []
    tasks = Tasks(lambda _name, error: failures.append(error))

    def start(backbone: Backbone, stage: Toy) -> asyncio.Task[None]:
        return tasks.start("toy", runner(backbone, stage).run())

    yield start
    await tasks.stop(5_000)
    assert failures == []


@pytest.fixture
def handled(eventually: Eventually) -> Handled:
    """Wait until so many orders have been handled, one way or the other."""

    async def wait(backbone: Backbone, count: int) -> None:
        async def reached() -> bool:
            return (await position(backbone)).sequence >= count

        await eventually(reached)

    return wait
