"""Peers outside of the house: a system that is a channel, and what the journal says of replies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
import orjson
from aiohttp import web

from demo.house import House
from maitred.connectors.webhook.standard import key_of, proven_id, signed_headers
from maitred.contracts.ids import OutboundId
from maitred.contracts.outbound import DeliveryDoc, DeliveryState
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.pull import Pull

SECRETS: Final = {
    "app": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "other": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
}


class System:
    """A system with people of its own, and the address to which they are answered.

    `taken` is awaited with the id of each reply that is taken and not yet answered.
    """

    def __init__(self) -> None:
        self.came: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self.ids: list[str] = []
        self.taken: Callable[[str], Awaitable[object]] | None = None
        self.port = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port of the loopback."""
        application = web.Application()
        application.router.add_post("/replies", self._take)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    def section(self, *accounts: str) -> str:
        """Return its accounts, which all answer here."""
        return "".join(
            f'[channels.webhook.accounts.{name}]\nsecrets = ["file:webhook-{name}"]\n'
            f'url = "http://127.0.0.1:{self.port}/replies"\nallow_private = true\n'
            for name in accounts or ("app",)
        )

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        keys = [key_of(each) for each in SECRETS.values()]
        name = proven_id(keys, request.headers, body, clock.now_ms())
        self.ids.append(name)
        self.came.put_nowait((name, orjson.loads(body)))
        if self.taken is not None:
            await self.taken(name)
        return web.Response(status=204)


def keep_secrets(folder: Path) -> None:
    """Write the secrets of the accounts into the house's folder."""
    for name, secret in SECRETS.items():
        path = folder / f"webhook-{name}"
        path.write_text(secret)
        path.chmod(0o600)


async def post_event(
    house: House,
    session: aiohttp.ClientSession,
    event: dict[str, Any],
    name: str,
    *,
    account: str = "app",
) -> int:
    """Post an event under an id, signed as Standard Webhooks has it, and return the status."""
    body = orjson.dumps(event)
    headers = {
        "Content-Type": "application/json",
        **signed_headers((key_of(SECRETS[account]),), name, clock.now_ms(), body),
    }
    url = f"{house.http}/v1/webhooks/generic/{account}"
    async with session.post(url, data=BytesIO(body), headers=headers) as response:
        return response.status


async def deliveries(bus: Connection, house: House, name: str = "*") -> AsyncIterator[DeliveryDoc]:
    """Yield what is written of a reply, or of all, as it stands and as it changes."""
    subject = house.subjects.delivery(OutboundId(name))
    pull = Pull(bus, JOURNAL, [subject], after=0, name="deliveries")
    try:
        async for received in pull.batches():
            for item in received:
                yield msgspec.json.decode(item.data, type=DeliveryDoc)
    finally:
        await pull.close()


async def became(bus: Connection, house: House, name: str, state: DeliveryState) -> DeliveryDoc:
    """Return what is written of a reply once it stands so.

    Raises:
        TimeoutError: it does not come to that.
    """
    async with asyncio.timeout(15), aclosing(deliveries(bus, house, name)) as found:
        async for doc in found:
            if doc.state is state:
                return doc
    raise TimeoutError
