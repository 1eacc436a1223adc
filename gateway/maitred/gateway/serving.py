"""Serving: the HTTP listeners of one process, opened one after another and closed together."""

from __future__ import annotations

import structlog
from aiohttp import web

from maitred.connectors.binding import cannot_listen
from maitred.contracts import limits
from maitred.contracts.errors import ConfigurationError
from maitred.gateway.quiet import Quiet
from maitred.gateway.settings.load import host_port
from maitred.gateway.tasks import Tasks
from maitred.gateway.unnamed import leave_unnamed

log = structlog.get_logger(__name__)


class Sites:
    """Where this process answers HTTP."""

    def __init__(self) -> None:
        self._runners: list[web.AppRunner] = []
        self._tasks = Tasks(_failed)

    async def open(self, app: web.Application, listen: str, path: str) -> tuple[str, int]:
        """Serve `app` at `listen`, which the setting `path` says, and return host and real port.

        Raises:
            ConfigurationError: it is no address, or not to be had.
        """
        host, port = host_port(listen, path=path)
        leave_unnamed(app)
        quiet = Quiet()
        app.middlewares.insert(0, quiet.watching())
        runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=limits.PUBLISH_TIMEOUT_MS / 1000,
            # A megabyte unpacks to a gigabyte, even while nobody reads it any more.
            auto_decompress=False,
        )
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError(cannot_listen(path, listen, error)) from None
        self._tasks.start(f"quiet {path}", quiet.close_them(runner))
        address: tuple[str, int] = runner.addresses[0][:2]
        return address

    async def close(self) -> None:
        """Take no new requests, and let those under way end."""
        await self._tasks.stop(limits.PUBLISH_TIMEOUT_MS)
        for runner in self._runners:
            await runner.cleanup()


def _failed(name: str, error: BaseException) -> None:
    log.error("serving_failed", task=name, error=type(error).__name__)
