"""Background tasks are held, named, and their failure is told."""

from __future__ import annotations

import asyncio

import pytest

from maitred.gateway import clock
from maitred.gateway.tasks import Tasks


@pytest.fixture
def failures() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def tasks(failures: list[tuple[str, str]]) -> Tasks:
    return Tasks(lambda name, error: failures.append((name, type(error).__name__)))


async def test_a_task_that_fails_is_told_by_its_name(
    tasks: Tasks, failures: list[tuple[str, str]]
) -> None:
    async def fail() -> None:
        raise ValueError

    task = tasks.start("broken", fail())
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert failures == [("broken", "ValueError")]


async def test_stopping_cancels_and_waits_and_is_no_failure(
    tasks: Tasks, failures: list[tuple[str, str]]
) -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    tasks.start("work", work())
    await asyncio.sleep(0)
    await tasks.stop(1_000)
    assert ended.is_set()
    assert failures == []
    await tasks.stop(1_000)


async def test_a_task_that_does_not_end_is_told(
    tasks: Tasks, failures: list[tuple[str, str]]
) -> None:
    released = asyncio.Event()

    async def stubborn() -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    task = tasks.start("stubborn", stubborn())
    await asyncio.sleep(0)
    await tasks.stop(50)
    assert failures == [("stubborn", "TimeoutError")]
    released.set()
    await task


def test_the_clocks_count_milliseconds() -> None:
    assert clock.now_ms() > 1_600_000_000_000
    first = clock.monotonic_ms()
    assert 0 <= clock.monotonic_ms() - first < 1_000
