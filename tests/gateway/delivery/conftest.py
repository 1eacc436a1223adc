"""A channel's delivery on a real server, quick to try again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from maitred.contracts import limits
from maitred.gateway.backbone import Backbone
from maitred.gateway.delivery import attempting
from maitred.gateway.delivery.pace import Manner
from maitred.gateway.tasks import Tasks
from tests.gateway.conftest import Eventually
from tests.gateway.desk import Act, Desk, Provider

Concluded = Callable[[int], Awaitable[None]]
Start = Callable[..., asyncio.Task[None]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEASE_RENEW_MS", 50)
    monkeypatch.setattr(attempting, "BACKOFF_MS", 5)


@pytest.fixture
def desk(backbone: Backbone) -> Desk:
    return Desk(backbone)


@pytest.fixture
def concluded(desk: Desk, eventually: Eventually) -> Concluded:
    """Wait until so many replies are settled and passed."""

    async def wait(count: int) -> None:
        async def passed() -> bool:
            found = await desk.position()
            return found is not None and found.applied >= count

        await eventually(passed)

    return wait


@pytest.fixture
async def start(desk: Desk) -> AsyncIterator[Start]:
    failures: list[BaseException] = []
    tasks = Tasks(lambda _name, error: failures.append(error))

    def start_(
        provider: Provider, backbone: Backbone | None = None, manner: Manner | None = None
    ) -> asyncio.Task[None]:
        return tasks.start("delivery", desk.delivery(provider, backbone, manner).run())

    yield start_
    await tasks.stop(5_000)
    assert failures == []


def fails(*errors: Exception) -> Act:
    async def act(attempt: int) -> None:
        if attempt <= len(errors):
            raise errors[attempt - 1]

    return act
