"""`make demo`: the whole way for real, with a live table and a balance at the end.

`DEMO_SECONDS` (default 30) is how long customers keep coming.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
from aiosmtpd.controller import Controller
from rich.console import Console
from rich.live import Live as Screen
from rich.table import Table

from demo.cast import ROUTING, Customer, Tally, agents_at_work
from demo.house import House
from demo.ports import free_ports
from demo.standins.slack_api import SlackApi
from demo.standins.twilio_api import TwilioApi
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import logs
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.pull import Pull
from maitred.gateway.cli.watching import picture
from maitred.gateway.ledger import Ledger, balance
from maitred.gateway.live import Live, subjects_of

SEED: Final = 7
CUSTOMERS_AT_ONCE: Final = 24
ARRIVAL_SECONDS: Final = 0.15
"""A customer comes so often: a little less than the agents can serve."""
SETTLE_SECONDS: Final = 20.0
console = Console()


class _Smarthost:
    """Takes the replies that go out by mail, and counts them."""

    def __init__(self) -> None:
        self.taken = 0

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802  (aiosmtpd's name)
        """Take a mail."""
        self.taken += 1
        return "250 OK"


async def play(folder: Path, seconds: float) -> int:
    """Run the demo in `folder` and return the process's exit code."""
    smarthost = _Smarthost()
    (port,) = free_ports(1)
    relay = Controller(smarthost, hostname="127.0.0.1", port=port)
    relay.start()
    slack, twilio = SlackApi(), TwilioApi()
    await slack.start()
    await twilio.start()
    house = House(folder, slack, twilio, smarthost_port=port, routing=ROUTING)
    house.write()
    console.print("Starting the gateway: embedded NATS, SMTP, webhooks, chat, intake, router …")
    try:
        await house.up()
        console.print(
            f"Up. SMTP 127.0.0.1:{house.ports.smtp}, webhooks and chat {house.http} "
            f"(try {house.http}/v1/chat/shop/demo), metrics {house.admin}/metrics\n"
        )
        live, tally = Live(), Tally()
        ledger = await _perform(house, live, tally, seconds)
        code = await house.stop()
    finally:
        await house.kill()
        relay.stop()
        await slack.stop()
        await twilio.stop()
    _print_summary(live, tally, ledger)
    sent = {"email": smarthost.taken, "slack": len(slack.sent), "sms": len(twilio.sent)}
    console.print(f"replies that left    {sent}, chat pushes seen {tally.replies_seen}")
    good = ledger is not None and ledger.gap == 0 and not ledger.in_flight and code == 0
    return 0 if good else 1


async def _perform(house: House, live: Live, tally: Tally, seconds: float) -> Ledger | None:
    connection = await Connection.connect(
        read_connection(house.store), name="demo", on_closed=lambda _: None
    )
    try:
        async with _watching(connection, house, live), agents_at_work(house, think=_think):
            with _screen() as screen:
                showing = asyncio.get_running_loop().create_task(
                    _show(connection, house, live, screen)
                )
                await _customers(house, tally, seconds)
                await _settled(connection, house, live)
                showing.cancel()
                await asyncio.gather(showing, return_exceptions=True)
        return await balance(connection, house.subjects)
    finally:
        await connection.close()


def _think() -> float:
    return random.uniform(0.05, 0.6)


def _screen() -> contextlib.AbstractContextManager[Screen | None]:
    if console.is_terminal:
        return Screen(console=console, refresh_per_second=4)
    return contextlib.nullcontext()


@contextlib.asynccontextmanager
async def _watching(connection: Connection, house: House, live: Live) -> AsyncIterator[None]:
    pull = Pull(connection, JOURNAL, subjects_of(house.subjects), after=0, name="demo")

    async def follow() -> None:
        async for received in pull.batches():
            for item in received:
                live.fold(item)

    task = asyncio.get_running_loop().create_task(follow())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await pull.close()


async def _show(connection: Connection, house: House, live: Live, screen: Screen | None) -> None:
    tick = 0
    while True:
        tick += 1
        ledger = None
        with contextlib.suppress(StoreUnavailable):
            ledger = await balance(connection, house.subjects)
        if screen is not None:
            screen.update(picture(live, ledger))
        elif tick % 10 == 0:
            console.print(picture(live, ledger))
        await asyncio.sleep(0.5)


async def _customers(house: House, tally: Tally, seconds: float) -> None:
    """Let customers come and go until the time is up; who is inside finishes his story."""
    loop = asyncio.get_running_loop()
    closing = loop.time() + seconds
    number = 0
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        room = asyncio.Semaphore(CUSTOMERS_AT_ONCE)

        async def visit(customer: Customer) -> None:
            try:
                await customer.play(lambda pause: pause)
            finally:
                room.release()

        while loop.time() < closing:
            await room.acquire()
            number += 1
            customer = Customer(number, house, session, tally, SEED)
            group.create_task(visit(customer))
            await asyncio.sleep(ARRIVAL_SECONDS)


async def _settled(connection: Connection, house: House, live: Live) -> None:
    """Wait until everything accepted is journalled and nobody waits any more."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SETTLE_SECONDS
    while loop.time() < until:
        found = await balance(connection, house.subjects)
        open_states = {"waiting", "held", "offered", "assigned", "wrapping"}
        if not found.in_flight and not open_states & set(live.states()):
            return
        await asyncio.sleep(0.2)


def _print_summary(live: Live, tally: Tally, ledger: Ledger | None) -> None:
    console.print("\n[bold]Summary[/bold]")
    channels = Table("messages in", "count", box=None)
    for name, count in sorted(live.messages.items()):
        channels.add_row(name, str(count))
    console.print(channels)
    agents = Table("agent", "offered", "assigned", "completed", box=None)
    for name in sorted(live.offered):
        agents.add_row(
            name, str(live.offered[name]), str(live.accepted[name]), str(live.completed[name])
        )
    console.print(agents)
    console.print(f"acknowledged         {tally.acknowledged}, refused {tally.refused}")
    console.print(f"journeys             {live.journey_count()}, across channels {live.crossed()}")
    p50, p99 = live.percentile(0.5), live.percentile(0.99)
    console.print(
        f"acceptance to offer  p50 {p50} ms, p99 {p99} ms, with the wait for a free agent"
    )
    if ledger is not None:
        console.print(
            f"ledger               accepted {ledger.accepted} = journalled {ledger.journalled} "
            f"+ suppressed {ledger.suppressed} + dead {ledger.dead} "
            f"+ in flight {ledger.in_flight}; gap {ledger.gap}"
        )


def main() -> int:
    """Run the demo and return its exit code."""
    logs.configure("error", "text")
    seconds = float(os.environ.get("DEMO_SECONDS", "30"))
    folder = Path(tempfile.mkdtemp(prefix="maitred-demo-"))
    try:
        code = asyncio.run(play(folder, seconds))
    except RuntimeError as error:
        console.print(f"The demo could not run: {error}")
        code = 1
    if code == 0:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        console.print(f"Something is wrong; everything is left in {folder}")
    return code


if __name__ == "__main__":
    sys.exit(main())
