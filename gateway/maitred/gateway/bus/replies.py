"""Answers to our requests: one wildcard inbox, and one waiting place for each request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from nats.aio.msg import Msg

from maitred.contracts.errors import StoreUnavailable


class Replies:
    """Hands each answer to who waits for it, and fails all of them when the connection drops.

    nats-py lets a request that was under way wait out its full time when the connection drops;
    a door that holds its sender cannot afford that.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._next = 0
        self._single: dict[str, asyncio.Future[Msg]] = {}
        self._many: dict[str, asyncio.Queue[Msg | StoreUnavailable]] = {}

    @contextmanager
    def one(self) -> Iterator[tuple[str, asyncio.Future[Msg]]]:
        """Give a reply subject and the future of the first answer to it."""
        token = self._token()
        future: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._single[token] = future
        try:
            yield self.prefix + token, future
        finally:
            self._single.pop(token, None)
            if future.done() and not future.cancelled():
                future.exception()  # looked at, so that nobody complains about it
            else:
                future.cancel()

    @contextmanager
    def many(self) -> Iterator[tuple[str, asyncio.Queue[Msg | StoreUnavailable]]]:
        """Give a reply subject and the queue of all answers to it; an error in it is the last."""
        token = self._token()
        queue: asyncio.Queue[Msg | StoreUnavailable] = asyncio.Queue()
        self._many[token] = queue
        try:
            yield self.prefix + token, queue
        finally:
            self._many.pop(token, None)

    async def take(self, message: Msg) -> None:
        """Hand on one answer (the callback of the wildcard subscription)."""
        token = message.subject[len(self.prefix) :]
        future = self._single.pop(token, None)
        if future is not None:
            if not future.done():
                future.set_result(message)
            return
        queue = self._many.get(token)
        if queue is not None:
            queue.put_nowait(message)

    def fail(self, reason: str) -> None:
        """Fail everything that waits."""
        waiting, self._single = self._single, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(StoreUnavailable(reason))
        for queue in self._many.values():
            queue.put_nowait(StoreUnavailable(reason))

    def _token(self) -> str:
        self._next += 1
        return str(self._next)
