"""The soak: a whole gateway under an even load through all doors, with an eye on its memory."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.doors_load import ChatLine, MailLine, said
from benchmarks.doors_requests import Doors
from benchmarks.doors_sockets import resident_kib
from benchmarks.load import exchange

PER_SECOND: Final = 40.0
SENDERS: Final = 20
"""So many write at each door, again and again, so that what is kept of each stops growing."""
MAILS_PER_LINE: Final = 1_000
SAMPLE_SECONDS: Final = 2.0
SETTLED_FROM: Final = 1 / 3
"""Of the run, the first part fills caches and is left out of the slope."""
_AHEAD: Final = 500
"""Requests made at a time."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """What it came to; memory in KiB, the slopes by the minute and, in bytes, by the message."""

    minutes: float
    sent: int
    failed: int
    first_kib: int
    last_kib: int
    kib_per_minute: float
    bytes_per_message: float


async def soak(doors: Doors, process: int, *, minutes: float) -> Soaked:
    """Send at an even rate for so long, by each door in turn, and watch the gateway's memory."""
    loop = asyncio.get_running_loop()
    senders = await _senders(doors)
    counted = {True: 0, False: 0}
    samples: list[tuple[float, int, int]] = []
    started = loop.time()
    until = started + minutes * 60

    async def watch() -> None:
        while True:
            kib = await asyncio.to_thread(resident_kib, process)
            samples.append((loop.time() - started, counted[True], kib))
            await asyncio.sleep(SAMPLE_SECONDS)

    watching = loop.create_task(watch())
    for number, send in enumerate(itertools.cycle(senders)):
        if loop.time() >= until:
            break
        counted[await send()] += 1
        await asyncio.sleep(max(0.0, started + (number + 1) / PER_SECOND - loop.time()))
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    settled = [each for each in samples if each[0] >= SETTLED_FROM * minutes * 60]
    return Soaked(
        minutes=minutes,
        sent=counted[True],
        failed=counted[False],
        first_kib=settled[0][2],
        last_kib=settled[-1][2],
        kib_per_minute=_slope([(at / 60, kib) for at, _, kib in settled]),
        bytes_per_message=_slope([(sent, kib * 1024) for _, sent, kib in settled]),
    )


async def _senders(doors: Doors) -> list[Callable[[], Awaitable[bool]]]:
    """Return one sender a door, each with lines that it keeps open."""
    mails: list[MailLine] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", doors.http)
    visitors = [await ChatLine.open(doors.http, doors.chat) for _ in range(SENDERS)]
    turns, numbers, written = itertools.cycle(visitors), itertools.count(), itertools.count()

    def webhook(name: str) -> Callable[[], Awaitable[bool]]:
        ready: list[bytes] = []

        async def send() -> bool:
            if not ready:
                ready.extend(doors.requests(name, _AHEAD, senders=SENDERS))
            return await exchange(reader, writer, ready.pop())

        return send

    async def letter() -> bool:
        # A connection takes so many commands and no more, as every mail server's does.
        if next(written) % MAILS_PER_LINE == 0:
            for old in mails:
                old.close()
            mails[:] = [await MailLine.open(doors.smtp)]
        (made,) = doors.mails(1, senders=SENDERS)
        return await mails[0].send(made)

    async def chat() -> bool:
        return b'"ack"' in await next(turns).ask(said(next(numbers)))

    return [*(webhook(name) for name in doors.webhooks), letter, chat]


def _slope(points: list[tuple[float, float]]) -> float:
    """Return the slope of the straight line that lies nearest (least squares)."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
