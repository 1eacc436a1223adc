"""`make chaos`: kill the server and the gateway at random moments under load, then count.

`CHAOS_SECONDS` (default 600) is how long, `CHAOS_SEED` chooses the moments. Customers write through
the real doors and repeat themselves as providers do, until they are acknowledged; agents work;
nothing that was acknowledged may be lost, doubled or out of order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from demo.cast import nats_login
from demo.house import House
from demo.pens import ATTEMPT_SECONDS, FAILED, ChatPen, MailPen, Pen, SlackPen, SmsPen
from demo.standins.slack_api import SlackApi
from demo.standins.smarthost import Smarthost
from demo.standins.twilio_api import TwilioApi
from demo.verdict import CHANNELS, Inside, Outside, Said, faults, read_inside, wait_quiet
from examples.agent import Agent
from maitred.gateway import logs
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection

SENDERS_PER_CHANNEL: Final = 4
TRIES_MAX: Final = 60
"""How often a provider repeats itself here before it gives up."""
SETTLE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = (0.6, 3.0)
VICTIMS: Final = ("server", "server", "gateway", "starting")
"""Dealt like cards, so that each has its turn; `starting` is a gateway on its way up."""
CAPACITY: Final = {"ann": 4.0, "bo": 4.0, "robin": 8.0}
ROUTING: Final = "[routing]\noffer_seconds = 4.0\n" + "".join(
    f'[[routing.agents]]\nid = "{name}"\ncapacity = {room}\n' for name, room in CAPACITY.items()
)


@dataclass(slots=True)
class Report:
    """What happened, and everything that should not have."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    said: list[Said] = field(default_factory=list)
    tries: int = 0
    repeated: int = 0
    inside: Inside | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> Counter[str]:
        """Return the acknowledged messages by channel."""
        return Counter(each.channel for each in self.said if each.acknowledged)


Tell = Callable[[Report, float], None]
"""Is told now and then how it stands, and how many seconds are left."""


class Chaos:
    """One run against a house that is up."""

    def __init__(self, house: House, seed: int, smarthost: Smarthost, tell: Tell) -> None:
        self.house = house
        self.report = Report(seed)
        self._smarthost = smarthost
        self._tell = tell
        self._chance = random.Random(seed)
        self._kept_open: set[str] = set()
        self._until = 0.0

    async def run(self, seconds: float) -> Report:
        """Make chaos, let it settle, judge."""
        house, report = self.house, self.report
        loop = asyncio.get_running_loop()
        self._until = loop.time() + seconds
        connection = await Connection.connect(
            read_connection(house.store), name="chaos", on_closed=lambda _: None
        )
        try:
            async with aiohttp.ClientSession() as session, self._agents():
                pens = self._pens(session)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._kill())
                    group.create_task(self._say())
                    for number, pen in enumerate(pens):
                        group.create_task(self._play(pen, random.Random(report.seed + number)))
                await house.ready()
                # The agents come back by themselves, and answer what they find.
                settled = wait_quiet(connection, house.subjects, SETTLE_SECONDS, looks=15)
                if not await settled:
                    report.faults.append("it did not become quiet")
                report.inside = await read_inside(connection, house.subjects)
                pushed = await self._pushed(pens, report.inside)
        finally:
            await connection.close()
        posted = [each["Body"] for each in house.twilio.sent]
        posted += [each["text"] for each in house.slack.sent]
        posted += [each.text for each in self._smarthost.mails]
        report.faults += faults(report.inside, Outside(report.said, pushed, posted), CAPACITY)
        return report

    async def _say(self) -> None:
        """Tell how far it is, now and then."""
        loop = asyncio.get_running_loop()
        while (left := self._until - loop.time()) > 0:
            self._tell(self.report, left)
            await asyncio.sleep(min(0.5, left))

    def _pens(self, session: aiohttp.ClientSession) -> list[Pen]:
        house, found = self.house, list[Pen]()
        for index in range(SENDERS_PER_CHANNEL):
            house.slack.add_user(f"U{index:06d}", name=f"slack{index}")
            found += [
                SmsPen(house, session, index, f"sms{index}"),
                SlackPen(house, session, index, f"slack{index}"),
                MailPen(house, index, f"mail{index}"),
                ChatPen(house, session, f"chat{index}"),
            ]
        return found

    async def _play(self, pen: Pen, chance: random.Random) -> None:
        """Write one message after the other, each until it is acknowledged."""
        number = 0
        while asyncio.get_running_loop().time() < self._until:
            number += 1
            done = await self._insist(pen, number, chance)
            self.report.said.append(Said(pen.name, pen.channel, pen.id_of(number), done))
            if done and chance.random() < 0.1:  # noqa: PLR2004  (one in ten is delivered again)
                self.report.repeated += 1
                await self._attempt(pen, number)
            await asyncio.sleep(chance.uniform(0.05, 0.4))

    async def _insist(self, pen: Pen, number: int, chance: random.Random) -> bool:
        for _ in range(TRIES_MAX):
            if await self._attempt(pen, number):
                return True
            await asyncio.sleep(chance.uniform(0.05, 0.5))
        return False

    async def _attempt(self, pen: Pen, number: int) -> bool:
        self.report.tries += 1
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await pen.write(number)
        except FAILED:
            return False

    async def _kill(self) -> None:
        """Kill the one or the other, now and then; a gateway also while it starts."""
        loop = asyncio.get_running_loop()
        deck: list[str] = []
        while True:
            pause = self._chance.uniform(*PAUSE_SECONDS)
            if loop.time() + pause > self._until:
                return
            await asyncio.sleep(pause)
            deck = deck or self._chance.sample(VICTIMS, len(VICTIMS))
            victim = deck.pop()
            self.report.kills[victim] += 1
            if victim == "server":
                _kill_server(self.house)
                continue
            await self.house.kill()
            if victim == "starting":
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._chance.uniform(0.3, 2.0)):
                        await self.house.up()
                await self.house.kill()
            await self.house.up()

    @contextlib.asynccontextmanager
    async def _agents(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        seats = [Agent(name, answer=self._answer) for name in CAPACITY]

        async def come_back(seat: Agent) -> None:
            # Who missed two offers while everything was down counts as away until he says so.
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 2.0)
                    return
                await seat.presence("online")

        async with asyncio.TaskGroup() as group:
            for seat in seats:
                group.create_task(seat.run(stop, **nats_login(self.house, seat.name)))
            reminders = [group.create_task(come_back(seat)) for seat in seats]
            try:
                yield
            finally:
                stop.set()
                for each in reminders:
                    each.cancel()

    async def _answer(self, offer: dict[str, Any]) -> str | None:
        """Answer after a moment; one conversation of each agent stays open."""
        await asyncio.sleep(self._chance.uniform(0.0, 0.05))
        if offer["agent"] not in self._kept_open:
            self._kept_open.add(offer["agent"])
            return None
        return f"Reply {offer['conversation']} {offer['epoch']}"

    async def _pushed(self, pens: list[Pen], inside: Inside) -> dict[str, list[str]]:
        pushed = {}
        for pen in pens:
            if isinstance(pen, ChatPen):
                wanted = sum(each.to.endpoint.value == pen.visitor for each in inside.replies)
                await pen.read_until(_reached(pen.pushed, wanted))
                await pen.hang_up()
                pushed[pen.visitor] = pen.pushed
        return pushed


def _reached(pushed: list[str], wanted: int) -> Callable[[], bool]:
    return lambda: len(pushed) >= wanted


def server_pid(house: House) -> int | None:
    """Return the process id of a house's nats-server, from the ports file that it writes."""
    for path in (house.store / "run").glob("nats-server_*.ports"):
        return int(path.stem.rpartition("_")[2])
    return None


def _kill_server(house: House) -> None:
    if (pid := server_pid(house)) is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def run(
    folder: Path, *, seconds: float, seed: int, tell: Tell = lambda _report, _left: None
) -> Report:
    """Build a house in `folder`, make chaos for so long, and say what came of it.

    Raises:
        RuntimeError: the gateway did not come up; its log is in `gateway.log`.
    """
    smarthost, slack, twilio = Smarthost(), SlackApi(), TwilioApi()
    await smarthost.start()
    await slack.start()
    await twilio.start()
    house = House(folder, slack, twilio, smarthost_port=smarthost.port, routing=ROUTING)
    house.write()
    try:
        await house.up()
        report = await Chaos(house, seed, smarthost, tell).run(seconds)
        if code := await house.stop():
            report.faults.append(f"the gateway ended with {code} when it was asked to stop")
        return report
    finally:
        await house.kill()
        await smarthost.stop()
        await slack.stop()
        await twilio.stop()


def table(report: Report) -> Table:
    """Return the figures of a run."""
    shown = Table("what", "count", box=None)
    for name, count in sorted(report.kills.items()):
        shown.add_row(f"kill -9: {name}", str(count))
    for channel in CHANNELS:
        shown.add_row(f"acknowledged over {channel}", str(report.acknowledged[channel]))
    given_up = sum(not each.acknowledged for each in report.said)
    shown.add_row("given up by the sender", str(given_up))
    shown.add_row("tries; of them deliveries again", f"{report.tries}; {report.repeated}")
    if (inside := report.inside) is not None:
        shown.add_row("entries in the journal", str(len(inside.entries)))
        shown.add_row("conversations", str(len(inside.routing)))
        shown.add_row("events told to agents", str(len(inside.told)))
        shown.add_row("replies", str(len(inside.replies)))
        states = Counter(each.state.value for each in inside.deliveries)
        shown.add_row("deliveries", ", ".join(f"{k} {v}" for k, v in sorted(states.items())))
        shown.add_row("ledger's gap", str(inside.ledger.gap))
    shown.add_row("violations", str(len(report.faults)))
    return shown


@contextlib.contextmanager
def _bar(console: Console, seconds: float) -> Iterator[Tell]:
    if not console.is_terminal:
        yield lambda _report, _left: None
        return
    columns = (BarColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=seconds)

        def tell(report: Report, left: float) -> None:
            done, kills = report.acknowledged.total(), report.kills.total()
            words = f"{done} acknowledged, {kills} kills"
            progress.update(bar, completed=seconds - left, description=words)

        yield tell


def main() -> int:
    """Run for a long while and return 1 if anything is wrong."""
    logs.configure("error", "text")
    logging.getLogger("nats").setLevel(logging.CRITICAL)
    console = Console()
    seconds = float(os.environ.get("CHAOS_SECONDS", "600"))
    seed = int(os.environ.get("CHAOS_SEED", "1"))
    folder = Path(tempfile.mkdtemp(prefix="maitred-chaos-"))
    console.print(f"seed {seed}, {seconds:g} seconds")
    report: Report | None = None
    try:
        with _bar(console, seconds) as tell:
            report = asyncio.run(run(folder, seconds=seconds, seed=seed, tell=tell))
    except* RuntimeError as group:
        for error in group.exceptions:
            console.print(f"The chaos could not go on: {error}", markup=False)
        console.print(f"seed {seed}; everything is left in {folder}")
    if report is None:
        return 1
    console.print(table(report))
    if not report.faults:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    for each in report.faults:
        console.print(f"✗ {each}", style="red", markup=False, highlight=False)
    console.print(f"seed {seed}; everything is left in {folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
