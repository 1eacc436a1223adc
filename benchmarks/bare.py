"""The limit: an aiohttp handler that does nothing but a durable JetStream publish.

`python -m benchmarks.bare STORE PORT` serves `POST /bare` until it is ended. It stores as the
gateway's doors do, with the same server settings and the same event loop, and does no more.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

import uvloop
from aiohttp import web

from maitred.contracts import limits
from maitred.contracts.subjects import INBOUND
from maitred.gateway import logs
from maitred.gateway.bus import streams
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.gatherer import Gatherer
from maitred.gateway.bus.publisher import Publisher


async def serve(store: Path, port: int) -> None:
    """Serve until cancelled."""
    server = EmbeddedServer(store)
    endpoint = await server.start()
    connection = await Connection.connect(endpoint, name="bare", on_closed=lambda _: None)
    await streams.declare(connection, replicas=1, inbound_age_ms=limits.INBOUND_AGE_MS)
    publisher = Publisher(connection)
    await publisher.start()
    gatherer = Gatherer(publisher, INBOUND)
    await gatherer.start()
    numbers = itertools.count()

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        name = f"bare-{next(numbers)}"
        await gatherer.store(f"maitred.v1.main.inbound.sms.{name}", body, msg_id=name, headers={})
        return web.Response(text="<Response/>", content_type="text/xml")

    app = web.Application()
    app.router.add_post("/bare", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
        await gatherer.stop()
        await publisher.stop()
        await connection.close()
        await server.stop()


if __name__ == "__main__":
    logs.configure("error", "text")
    uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
