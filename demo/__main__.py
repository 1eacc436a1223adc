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
from rich.console import Console
from rich.live import Live as Screen

from demo.cast import ROUTING, Customer, Tally, agents_at_work
from demo.house import House
from demo.proving import CHAT, Proving
from demo.standins.slack_api import SlackApi
from demo.standins.smarthost import Smarthost
from demo.standins.twilio_api import TwilioApi
from demo.summary import Ending, show
from demo.whose import read_belongings
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import logs
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.pull import Pull
from maitred.gateway.cli.watching import picture
from maitred.gateway.ledger import balance
from maitred.gateway.live import Live, subjects_of

SEED: Final = 7
CUSTOMERS_AT_ONCE: Final = 24
ARRIVAL_SECONDS: Final = 0.15
"""A customer comes so often: a little less than the agents can serve."""
SETTLE_SECONDS: Final = 20.0
console = Console()


async def play(folder: Path, seconds: float) -> int:
    """Run the demo in `folder` and return the process's exit code."""
    smarthost, slack, twilio = Smarthost(), SlackApi(), TwilioApi()
    await smarthost.start()
    await slack.start()
    await twilio.start()
    house = House(
        folder,
        slack,
        twilio,
        smarthost_port=smarthost.port,
        routing=ROUTING,
        sections={"chat": CHAT},
    )
    house.write()
    console.print("Starting the gateway: embedded NATS, SMTP, webhooks, chat, intake, router …")
    try:
        await house.up()
        console.print(
            f"Up. SMTP 127.0.0.1:{house.ports.smtp}, webhooks and chat {house.http} "
            f"(try {house.http}/v1/chat/shop/demo), metrics {house.admin}/metrics\n"
        )
        ending = await _perform(house, smarthost, seconds)
        code = await house.stop()
    finally:
        await house.kill()
        await smarthost.stop()
        await slack.stop()
        await twilio.stop()
    show(console, ending)
    sent = {"email": len(smarthost.mails), "slack": len(slack.sent), "sms": len(twilio.sent)}
    console.print(f"replies that left    {sent}, chat pushes seen {ending.tally.replies_seen}")
    faults = ending.faults()
    if code:
        faults.append(f"the gateway ended with {code} when it was asked to stop")
    for each in faults:
        console.print(f"✗ {each}", style="red", markup=False, highlight=False)
    return 1 if faults else 0


async def _perform(house: House, smarthost: Smarthost, seconds: float) -> Ending:
    live, tally, proving = Live(), Tally(), Proving(smarthost)
    connection = await Connection.connect(
        read_connection(house.store), name="demo", on_closed=lambda _: None
    )
    try:
        async with _watching(connection, house, live), agents_at_work(house, think=_think):
            with _screen() as screen:
                showing = asyncio.get_running_loop().create_task(
                    _show(connection, house, live, screen)
                )
                await _customers(house, tally, proving, seconds)
                await _settled(connection, house, live)
                showing.cancel()
                await asyncio.gather(showing, return_exceptions=True)
        ledger = await balance(connection, house.subjects)
        held = await read_belongings(connection, house.subjects)
        return Ending(live, tally, proving, ledger, held)
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


async def _customers(house: House, tally: Tally, proving: Proving, seconds: float) -> None:
    """Let customers come and go until the time is up; who is inside finishes his story."""
    loop = asyncio.get_running_loop()
    closing = loop.time() + seconds
    number = 0
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        room = asyncio.Semaphore(CUSTOMERS_AT_ONCE)

        async def visit(customer: Customer) -> None:
            story = proving.story_of(customer.number)
            try:
                await (story(customer) if story else customer.play(lambda pause: pause))
            finally:
                await customer.leave()
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
