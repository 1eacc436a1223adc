"""Admin: health and metrics for operators, on a listener of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict

from aiohttp import web

from maitred.connectors.abilities import Ailment
from maitred.gateway.metrics import Metrics

Check = Callable[[], Awaitable[str]]
"""Returns nothing when all is well, else a few words."""


Ailing = Callable[[], Sequence[tuple[str, Ailment]]]
"""Returns what of the channels does not work now."""


def application(metrics: Metrics, checks: Mapping[str, Check], ailing: Ailing) -> web.Application:
    """Return `/livez` (the process runs), `/readyz` (it can do its work) and `/metrics`.

    What ails a channel is told beside it, and makes nothing less ready: its provider is out of
    reach, and the other channels are not.
    """

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_: web.Request) -> web.Response:
        faults = {name: said for name, check in checks.items() if (said := await check())}
        status = 503 if faults else 200
        return web.json_response(
            {
                "status": "unavailable" if faults else "ok",
                "faults": faults,
                "channels": [{"channel": channel, **asdict(each)} for channel, each in ailing()],
            },
            status=status,
        )

    async def scrape(_: web.Request) -> web.Response:
        return web.Response(
            body=metrics.render(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    app = web.Application()
    app.router.add_get("/livez", live)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", scrape)
    return app
