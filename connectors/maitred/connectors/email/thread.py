"""Blocking calls in threads that no stop has to wait for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


async def in_a_thread_of_its_own(
    function: Callable[P, R], *arguments: P.args, **named: P.kwargs
) -> R:
    """Call `function` in a daemon thread and return what it returns, or raise what it raises.

    The event loop joins the threads of its own pool when it ends, however long they take; a name
    server that has fallen silent would hold up the end of the process.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[R] = loop.create_future()

    def settle(result: R | None, error: BaseException | None) -> None:
        if outcome.done():
            return
        if error is not None:
            outcome.set_exception(error)
        else:
            outcome.set_result(result)  # type: ignore[arg-type]  # it is R where there is no error

    def run() -> None:
        result: R | None = None
        error: BaseException | None = None
        try:
            result = function(*arguments, **named)
        except BaseException as raised:  # noqa: BLE001  (handed to who waits)
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True, name=function.__name__).start()
    return await outcome
