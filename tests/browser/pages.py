"""A company's page on another origin, as strict as pages are, with the widget on it."""

from __future__ import annotations

import html
from dataclasses import dataclass

from aiohttp import web

POLICY = (
    "default-src 'none'; script-src {host}; connect-src {host} {socket}; style-src 'none'; "
    "require-trusted-types-for 'script'"
)
PAGE = """<!doctype html>
<html lang="en"><head><title>Shop</title></head>
<body><h1>Shop</h1><script src="{host}/v1/chat/widget.js" {attributes}></script></body></html>
"""


@dataclass
class Site:
    """A site whose one page loads the widget of a house; `attributes` are its script's."""

    host: str = ""
    attributes: str = 'data-account="web" data-open'
    url: str = ""
    runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Serve the page."""
        application = web.Application()
        application.router.add_get("/", self._page)
        self.runner = web.AppRunner(application)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        host, port = self.runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Serve it no longer."""
        if self.runner is not None:
            await self.runner.cleanup()

    def signed_in(self, token: str) -> None:
        """Say in the page who is signed in."""
        self.attributes = f'data-account="web" data-open data-identity="{html.escape(token)}"'

    async def _page(self, _request: web.Request) -> web.Response:
        socket = self.host.replace("http", "ws", 1)
        return web.Response(
            text=PAGE.format(host=self.host, attributes=self.attributes),
            content_type="text/html",
            headers={"Content-Security-Policy": POLICY.format(host=self.host, socket=socket)},
        )
