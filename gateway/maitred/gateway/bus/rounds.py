"""Rounds: all that waits is written as soon as what was written before is done.

A stream writes one thing after another, and a large write costs little more than a small one: what
comes while one is under way goes together in the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

import structlog

from maitred.contracts.errors import MaitredError, Permanent, StoreUnavailable
from maitred.gateway.tasks import Tasks

_log = structlog.get_logger(__name__)


class Waiting(Protocol):
    """What one caller wants written, and where he waits for what became of it."""

    @property
    def outcome(self) -> asyncio.Future[Any]:
        """Done once it is known, or its caller was cancelled."""
        ...


W = TypeVar("W", bound=Waiting)


class Rounds(Generic[W]):
    """Takes what waits round by round, in the order of its arrival.

    `choose` takes from the left what goes together; `write` returns when each of it has its
    outcome.
    """

    def __init__(
        self,
        name: str,
        choose: Callable[[deque[W]], list[W]],
        write: Callable[[list[W]], Awaitable[None]],
        *,
        timeout_ms: int,
    ) -> None:
        self._name = name
        self._choose = choose
        self._write = write
        self._timeout_ms = timeout_ms
        self._waiting: deque[W] = deque()
        self._under_way: list[W] = []
        self._ready = asyncio.Event()
        self._tasks = Tasks(self._failed)
        self._running = False

    async def start(self) -> None:
        """Write from now on."""
        self._running = True
        self._tasks.start(self._name, self._run())

    async def stop(self) -> None:
        """Refuse what comes, finish what waits, and end."""
        self._running = False
        try:
            async with asyncio.timeout(self._timeout_ms / 1000):
                while open_ones := [one.outcome for one in self._open() if not one.outcome.done()]:
                    await asyncio.wait(open_ones)
        except TimeoutError:
            _log.warning("stopped_with_work", task=self._name, waiting=len(self._waiting))
        await self._tasks.stop(self._timeout_ms)
        self._give_up("stopped")

    def add(self, one: W) -> None:
        """Let it wait for its round.

        Raises:
            StoreUnavailable: there are none any more.
        """
        if not self._running:
            raise StoreUnavailable(f"the {self._name} is not running")
        self._waiting.append(one)
        self._ready.set()

    async def _run(self) -> None:
        while True:
            await self._ready.wait()
            while self._waiting and self._waiting[0].outcome.done():  # its caller was cancelled
                self._waiting.popleft()
            if self._waiting:
                self._under_way = self._choose(self._waiting)
                await self._write(self._under_way)
                self._under_way = []
            else:
                self._ready.clear()

    def _open(self) -> tuple[W, ...]:
        return (*self._under_way, *self._waiting)

    def _failed(self, name: str, error: BaseException) -> None:
        self._running = False
        _log.error("rounds_failed", task=name, error=type(error).__name__)
        self._give_up("failed")

    def _give_up(self, how: str) -> None:
        fail(self._open(), StoreUnavailable(f"the {self._name} has {how}"))
        self._waiting.clear()
        self._under_way = []


def fail(these: Iterable[Waiting], error: MaitredError) -> None:
    """Tell all of them the same error, each in an exception of its own.

    One that they shared would collect their tracebacks.
    """
    for one in these:
        if not one.outcome.done():
            one.outcome.set_exception(_again(error))


def _again(error: MaitredError) -> MaitredError:
    if isinstance(error, Permanent):
        return Permanent(str(error), code=error.code)
    return type(error)(str(error))
