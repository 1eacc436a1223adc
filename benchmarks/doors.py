"""How fast is each door, beside the same library with an empty handler in the same run?

A door: proven, stored durably (`sync_interval: always`), then acknowledged. Its limit: aiohttp or
aiosmtpd, which read the same and answer at once, and keep nothing. The gateway has the role `doors`
only, so that nothing else takes its time. `store` is what a handler comes to that does nothing but
the durable publish (`benchmarks.bare`): no webhook can be faster. Then: idle chat sockets with
their memory, beside the limit's, and a soak of a whole gateway, with the slope of its memory.

    python -m benchmarks.doors [--quick] [--json] [--clients 512] [--sockets 10000] [--minutes 5]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.doors_load import chat_burst, mail_burst
from benchmarks.doors_requests import SLACK_USERS, WEBHOOK, WEBHOOK_SECRET, Doors, at_bare
from benchmarks.doors_soak import soak
from benchmarks.doors_sockets import hold, possible
from benchmarks.load import Burst, burst
from demo.house import House
from demo.ports import free_ports
from demo.standins.slack_api import SlackApi
from demo.standins.twilio_api import TwilioApi
from maitred.gateway import logs

CLIENTS: Final = 512
"""Connections that bring one request after another, to each side."""
MAIL_CLIENTS: Final = 128
VISITORS: Final = 64
"""A visitor may send `CHAT_FRAMES_PER_MINUTE_MAX` frames at once, so there must be enough."""
FRAMES_EACH: Final = 75
AIMS: Final = {"smtp": 0.5, "twilio": 0.35, "slack": 0.35, "webhook": 0.35}


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int
    count: int
    clients: int
    sockets: int
    idle_seconds: float
    minutes: float


QUICK: Final = Plan(
    rounds=3, count=3_000, clients=CLIENTS, sockets=1_000, idle_seconds=1.0, minutes=0.25
)
FULL: Final = Plan(
    rounds=5, count=6_000, clients=CLIENTS, sockets=10_000, idle_seconds=60.0, minutes=5.0
)


@dataclass(frozen=True, slots=True)
class Bare:
    """The process with the empty handlers."""

    process: int
    http: int
    smtp: int
    store: int
    """The port of the handler that only stores."""


Pair = Callable[[], Awaitable[tuple[Burst, Burst]]]
"""One round at a door: the limit, then the door."""


def pairs(doors: Doors, bare: Bare, count: int, clients: int) -> dict[str, Pair]:
    """Return what measures each door once."""

    async def mail() -> tuple[Burst, Burst]:
        mails = doors.mails(count)
        limit = await mail_burst(bare.smtp, mails, clients=MAIL_CLIENTS)
        return limit, await mail_burst(doors.smtp, mails, clients=MAIL_CLIENTS)

    def webhook(name: str) -> Pair:
        async def measure() -> tuple[Burst, Burst]:
            requests = doors.requests(name, count)
            limit = await burst(bare.http, at_bare(requests), clients=clients)
            return limit, await burst(doors.http, requests, clients=clients)

        return measure

    async def store() -> tuple[Burst, Burst]:
        requests = at_bare(doors.requests("webhook", count))
        limit = await burst(bare.http, requests, clients=clients)
        return limit, await burst(bare.store, requests, clients=clients)

    async def chat() -> tuple[Burst, Burst]:
        frames = min(count, VISITORS * FRAMES_EACH)
        limit = await chat_burst(bare.http, "/bare", count=frames, clients=VISITORS)
        return limit, await chat_burst(doors.http, doors.chat, count=frames, clients=VISITORS)

    webhooks = {name: webhook(name) for name in doors.webhooks}
    return {"smtp": mail, **webhooks, "chat": chat, "store": store}


async def measure(folder: Path, plan: Plan) -> dict[str, Any]:
    """Run everything and return the figures."""
    slack, twilio = SlackApi(), TwilioApi()
    for user in range(SLACK_USERS):
        slack.add_user(f"U{user:06d}", name=f"User {user}")
    await slack.start()
    await twilio.start()
    figures: dict[str, Any] = {"plan": msgspec.to_builtins(plan), "load_average": os.getloadavg()}
    try:
        async with (
            _bare(folder / "bare") as bare,
            _house(folder / "doors", slack, twilio, "doors") as (doors, process),
        ):
            figures["doors"] = await _rates(doors, bare, plan)
            figures["sockets"] = await _sockets(doors, process, bare, plan)
        if plan.minutes:
            async with _house(folder / "soak", slack, twilio) as (doors, process):
                soaked = await soak(doors, process, minutes=plan.minutes)
                figures["soak"] = msgspec.to_builtins(soaked)
    finally:
        await slack.stop()
        await twilio.stop()
    return figures


async def _rates(doors: Doors, bare: Bare, plan: Plan) -> dict[str, Any]:
    for measured in pairs(doors, bare, plan.count // 4, plan.clients).values():
        await measured()
    runs: dict[str, list[tuple[Burst, Burst]]] = {}
    with Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
        for _ in progress.track(range(plan.rounds), description="the doors and their limits"):
            for name, measured in pairs(doors, bare, plan.count, plan.clients).items():
                runs.setdefault(name, []).append(await measured())
    store = statistics.median(kept.rate for _, kept in runs["store"])
    return {
        name: {
            "limit_per_second": statistics.median(limit.rate for limit, _ in found),
            "accepted_per_second": statistics.median(door.rate for _, door in found),
            "ratio": statistics.median(door.rate / limit.rate for limit, door in found),
            "of_store": statistics.median(door.rate for _, door in found) / store,
            "refused": sum(door.failed for _, door in found),
            "aim": AIMS.get(name),
        }
        for name, found in runs.items()
    }


async def _sockets(doors: Doors, process: int, bare: Bare, plan: Plan) -> dict[str, Any]:
    count = possible(plan.sockets)
    held = {
        "chat": await hold(process, doors.http, doors.chat, count=count, seconds=plan.idle_seconds),
        "limit": await hold(bare.process, bare.http, "/bare", count=count, seconds=1.0),
    }
    return {name: msgspec.to_builtins(each) for name, each in held.items()}


@contextlib.asynccontextmanager
async def _house(
    folder: Path, slack: SlackApi, twilio: TwilioApi, roles: str = ""
) -> AsyncIterator[tuple[Doors, int]]:
    house = House(folder, slack, twilio, sections={"webhook": WEBHOOK}, roles=roles)
    house.write()
    secret = folder / "webhook-app"
    secret.write_text(WEBHOOK_SECRET)
    secret.chmod(0o600)
    await house.up()
    try:
        if house.process is None:
            raise RuntimeError("the gateway is not running")
        yield Doors(house), house.process.pid
    finally:
        await house.stop()


@contextlib.asynccontextmanager
async def _bare(folder: Path) -> AsyncIterator[Bare]:
    http, smtp, store = free_ports(3)
    async with (
        _process("benchmarks.doors_bare", http, smtp) as process,
        _process("benchmarks.bare", folder, store),
    ):
        for port in (http, smtp, store):
            await _listens(port)
        yield Bare(process, http, smtp, store)


@contextlib.asynccontextmanager
async def _process(module: str, *arguments: object) -> AsyncIterator[int]:
    command = [sys.executable, "-m", module, *(str(each) for each in arguments)]
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> None:
    """Wait until somebody listens at a port."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return


def _print(figures: dict[str, Any]) -> None:
    console = Console()
    table = Table(
        "door", "empty handler", "durably accepted", "ratio", "aim", "of store", "refused", box=None
    )
    for name, each in figures["doors"].items():
        table.add_row(
            name,
            f"{each['limit_per_second']:,.0f} /s",
            f"{each['accepted_per_second']:,.0f} /s",
            f"{each['ratio']:.2f}",
            f"{each['aim'] or ''}",
            f"{each['of_store']:.2f}",
            str(each["refused"]),
        )
    console.print(table)
    for name, each in figures["sockets"].items():
        console.print(
            f"{name}: {each['open_after']:,} of {each['opened']:,} idle sockets open after "
            f"{each['seconds_idle']:g} s, {each['kib_each']:.1f} KiB each"
        )
    if (found := figures.get("soak")) is not None:
        console.print(
            f"soak: {found['minutes']:g} min, {found['sent']:,} messages, {found['failed']} "
            f"refused; {found['first_kib'] / 1024:.1f} to {found['last_kib'] / 1024:.1f} MiB, "
            f"{found['kib_per_minute']:+.1f} KiB a minute, "
            f"{found['bytes_per_message']:+.0f} bytes a message"
        )
    console.print("load average before: " + " ".join(f"{x:.1f}" for x in figures["load_average"]))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="connections for webhooks")
    parser.add_argument("--sockets", type=int, help="idle chat sockets (10,000)")
    parser.add_argument("--minutes", type=float, help="of the soak (5); 0 leaves it out")
    given = parser.parse_args()
    logs.configure("error", "text")
    plan = QUICK if given.quick else FULL
    plan = replace(
        plan,
        clients=given.clients,
        sockets=plan.sockets if given.sockets is None else given.sockets,
        minutes=plan.minutes if given.minutes is None else given.minutes,
    )
    with tempfile.TemporaryDirectory(prefix="maitred-bench-") as folder:
        figures = asyncio.run(measure(Path(folder), plan))
    if given.json:
        sys.stdout.write(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _print(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
