"""Tenure: work that goes on for as long as its lease is ours, and is taken up again after."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from maitred.contracts import limits
from maitred.contracts.errors import StoreUnavailable
from maitred.gateway.bus.batch import Conflict
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.lease import Lease
from maitred.gateway.journal.stage import Fenced

_AGAIN_S: Final = 0.1


async def hold(
    lease: Lease,
    connection: Connection,
    work: Callable[[], Awaitable[None]],
    log: structlog.stdlib.BoundLogger,
) -> None:
    """Run `work` under `lease` until cancelled; each run begins with what the store says.

    A store that does not answer only delays it. Who is fenced off gives the lease back first, so
    that whoever works there can have it.
    """
    while True:
        try:
            if not lease.held:
                await lease.acquire()
            await work()
        except StoreUnavailable as error:
            log.warning("store_unavailable", reason=str(error))
            await connection.wait_connected()
            await asyncio.sleep(_AGAIN_S)
        except (Fenced, Conflict):
            log.warning("fenced")
            await lease.release()
            await asyncio.sleep(limits.LEASE_RENEW_MS / 1000)
