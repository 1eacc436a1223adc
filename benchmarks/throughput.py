"""How fast is the whole way, beside the limit of the same machine in the same run?

The way: a signed webhook is accepted, stored durably, normalised, resolved, routed, and offered to
an agent. The limit: a bare aiohttp handler that only does the durable publish. Both flush every
write (`sync_interval: always`); both get the same requests from the same generator. The way runs
once as one process (`maitred up`), and once as two (`--roles doors`, and the rest).

    python -m benchmarks.throughput [--quick] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.load import Burst, burst, paced, sms_requests
from demo.cast import nats_login
from demo.house import House
from demo.ports import free_ports
from demo.standins.slack_api import SlackApi
from demo.standins.twilio_api import TwilioApi
from examples.agent import Agent
from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import logs
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.pull import Pull
from maitred.gateway.ledger import balance

CLIENTS: Final = 32
PATH: Final = "/v1/webhooks/twilio/main"
ROUTING: Final = """
[routing]
offer_seconds = 3600
[[routing.rules]]
name = "delivery"
when = { text = "parcel|deliver" }
skills = { shipping = 0.4 }
[[routing.agents]]
id = "ann"
skills = { shipping = 0.9 }
capacity = 100000
[[routing.agents]]
id = "bo"
skills = { shipping = 0.8 }
capacity = 100000
"""


@dataclass(slots=True)
class Offers:
    """Offers as they stand in the journal: when each message was accepted and offered."""

    taken: list[tuple[int, int]] = field(default_factory=list)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def follow(self, connection: Connection, house: House) -> None:
        """Collect until cancelled."""
        pull = Pull(connection, JOURNAL, [house.subjects.any("assign")], after=0, name="throughput")
        async for received in pull.batches():
            async with self._came:
                for item in received:
                    told = msgspec.json.decode(item.data, type=Assignment)
                    if told.state is AssignmentState.OFFERED:
                        self.taken.append((told.accepted_at, item.time_ms))
                self._came.notify_all()

    async def wait(self, count: int) -> None:
        """Wait until there are `count` of them."""
        async with asyncio.timeout(120), self._came:
            await self._came.wait_for(lambda: len(self.taken) >= count)


@dataclass(slots=True)
class Way:
    """A running gateway under measurement."""

    house: House
    twilio: TwilioApi
    offers: Offers
    sent: int = 0

    def requests(self, count: int) -> list[bytes]:
        """Return fresh requests, each from a new customer."""
        made = sms_requests(
            self.twilio, port=self.house.ports.http, path=PATH, count=count, first=self.sent
        )
        self.sent += count
        return made

    async def full(self, count: int) -> tuple[Burst, float]:
        """Send `count` at full speed; return the burst and offers per second."""
        requests = self.requests(count)
        before = len(self.offers.taken)
        done = await burst(self.house.ports.http, requests, clients=CLIENTS)
        await self.offers.wait(before + count - done.failed)
        taken = self.offers.taken[before:]
        span = (max(at for _, at in taken) - min(at for at, _ in taken)) / 1000
        return done, len(taken) / span

    async def at_rate(self, count: int, rate: float) -> list[int]:
        """Send `count` at an even rate; return acceptance to offer of each, in milliseconds."""
        requests = self.requests(count)
        before = len(self.offers.taken)
        done = await paced(self.house.ports.http, requests, rate=rate, clients=CLIENTS)
        await self.offers.wait(before + count - done.failed)
        return sorted(offered - accepted for accepted, offered in self.offers.taken[before:])


async def measure(folder: Path, *, rounds: int, count: int, seconds: float) -> dict[str, Any]:
    """Run the limit and both ways in turn and return the figures."""
    slack, twilio = SlackApi(), TwilioApi()
    await slack.start()
    await twilio.start()
    figures: dict[str, Any] = {"rounds": rounds, "messages_a_round": count, "clients": CLIENTS}
    runs: dict[str, list[float]] = {}
    try:
        async with contextlib.AsyncExitStack() as stack:
            port = await stack.enter_async_context(_bare(folder / "bare"))
            one = await stack.enter_async_context(_way(folder / "one", slack, twilio))
            two = await stack.enter_async_context(_way(folder / "two", slack, twilio, split=True))
            ways = {"one_process": one, "two_processes": two}
            requests = sms_requests(twilio, port=port, path="/bare", count=count, first=0)
            await burst(port, requests[: count // 4], clients=CLIENTS)
            for way in ways.values():
                await way.full(count // 4)
            with Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
                for _ in progress.track(range(rounds), description="the limit and the ways"):
                    limit = (await burst(port, requests, clients=CLIENTS)).rate
                    runs.setdefault("bare", []).append(limit)
                    for name, way in ways.items():
                        done, rate = await way.full(count)
                        runs.setdefault(f"{name}.accepted", []).append(done.rate)
                        runs.setdefault(f"{name}.offered", []).append(rate)
                        runs.setdefault(f"{name}.ratio", []).append(rate / limit)
            figures["bare_per_second"] = statistics.median(runs["bare"])
            for name, way in ways.items():
                figures[name] = await _figures(name, way, runs, seconds)
    finally:
        await slack.stop()
        await twilio.stop()
    return figures


async def _figures(
    name: str, way: Way, runs: dict[str, list[float]], seconds: float
) -> dict[str, Any]:
    quarter = statistics.median(runs[f"{name}.offered"]) / 4
    latencies = await way.at_rate(int(quarter * seconds), quarter)
    connection = await Connection.connect(
        read_connection(way.house.store), name="throughput", on_closed=lambda _: None
    )
    ledger = await balance(connection, way.house.subjects)
    await connection.close()
    return {
        "accepted_per_second": statistics.median(runs[f"{name}.accepted"]),
        "offered_per_second": statistics.median(runs[f"{name}.offered"]),
        "ratio": statistics.median(runs[f"{name}.ratio"]),
        "ratios": runs[f"{name}.ratio"],
        "quarter_per_second": quarter,
        "p50_ms": latencies[len(latencies) // 2],
        "p99_ms": latencies[int(len(latencies) * 0.99)],
        "ledger_gap": ledger.gap,
    }


@contextlib.asynccontextmanager
async def _way(
    folder: Path, slack: SlackApi, twilio: TwilioApi, *, split: bool = False
) -> AsyncIterator[Way]:
    """Run a gateway; `split` into two processes, the doors and the rest."""
    house = House(folder, slack, twilio, routing=ROUTING, roles="doors" if split else "")
    house.write()
    await house.up()
    rest = None
    if split:
        rest = House(
            folder.with_name(f"{folder.name}-rest"),
            slack,
            twilio,
            routing=ROUTING,
            roles="intake,dispatch,delivery",
            beside=house,
        )
        rest.write()
        await rest.up()
    connection = await Connection.connect(
        read_connection(house.store), name="throughput", on_closed=lambda _: None
    )
    offers = Offers()
    following = asyncio.get_running_loop().create_task(offers.follow(connection, house))
    try:
        for name in ("ann", "bo"):
            # On line and silent: what is measured is the way to the offer.
            await Agent(name).announce("online", **nats_login(house, name))
        yield Way(house, twilio, offers)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await connection.close()
        for each in (rest, house):
            if each is not None:
                await each.stop()


@contextlib.asynccontextmanager
async def _bare(store: Path) -> AsyncIterator[int]:
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bare", str(store), str(port)
    )
    try:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            break
        yield port
    finally:
        process.terminate()
        await process.wait()


def _print(figures: dict[str, Any]) -> None:
    table = Table("what", "one process", "two processes", box=None)
    one, two = figures["one_process"], figures["two_processes"]
    bare = f"{figures['bare_per_second']:,.0f} /s"
    table.add_row("bare handler, durable publish", bare, bare)
    rows = (
        ("accepted at the door", "accepted_per_second", "{:,.0f} /s"),
        ("end to end, offered", "offered_per_second", "{:,.0f} /s"),
        ("end to end / bare", "ratio", "{:.2f}"),
        ("a quarter of that", "quarter_per_second", "{:,.0f} /s"),
        ("  acceptance to offer, p50", "p50_ms", "{} ms"),
        ("  acceptance to offer, p99", "p99_ms", "{} ms"),
        ("ledger gap", "ledger_gap", "{}"),
    )
    for title, name, style in rows:
        table.add_row(title, style.format(one[name]), style.format(two[name]))
    Console().print(table)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    logs.configure("error", "text")
    rounds, count, seconds = (3, 1_000, 4.0) if arguments.quick else (7, 5_000, 20.0)
    with tempfile.TemporaryDirectory(prefix="maitred-bench-") as folder:
        figures = asyncio.run(measure(Path(folder), rounds=rounds, count=count, seconds=seconds))
    if arguments.json:
        sys.stdout.write(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _print(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
