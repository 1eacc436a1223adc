"""Background tasks: each is held, named, and its failure is told to somebody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Tasks:
    """Holds background tasks until they end.

    `on_failure` gets the name and the error of a task that raised; a cancelled task is no failure.
    """

    def __init__(self, on_failure: Callable[[str, BaseException], None]) -> None:
        self._on_failure = on_failure
        self._running: set[asyncio.Task[None]] = set()

    def start(self, name: str, coro: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `coro` in the background under `name`."""
        task = asyncio.create_task(coro, name=name)  # noqa: TID251  (the one place that holds them)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def stop(self, timeout_ms: int) -> None:
        """Cancel all tasks and wait until they have ended, `timeout_ms` at most.

        A task that is still running then is reported to `on_failure` with a `TimeoutError`.
        """
        me = asyncio.current_task()
        running = [task for task in self._running if task is not me]
        if not running:
            return
        for task in running:
            task.cancel()
        _, late = await asyncio.wait(running, timeout=timeout_ms / 1000)
        for task in late:
            self._on_failure(task.get_name(), TimeoutError("still running after its cancellation"))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._on_failure(task.get_name(), error)
