"""Is the server fit to keep what we acknowledge?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import aiohttp
import orjson
import structlog

from maitred.contracts import limits
from maitred.contracts.errors import ConfigurationError
from maitred.gateway.bus.api import ApiError
from maitred.gateway.bus.connection import Connection

API_LEVEL_MIN: Final = 2
"""Atomic batches: nats-server 2.12 (ADR-44 gives the levels, ADR-50 the batches)."""
_TIMEOUT_S: Final = 3.0

_log = structlog.get_logger(__name__)


async def check_server(
    connection: Connection,
    *,
    allow_lazy_sync: bool,
    embedded: bool = False,
    monitoring_url: str | None = None,
) -> None:
    """Refuse a server that could lose what it confirmed, or that lacks what we need.

    Whether a server forces every write to disk (`sync_interval: always`) stands in no answer
    that a client gets, only on its monitoring port: give its address as `monitoring_url`
    (`http://host:8222`), those of a cluster's servers with commas in between. A server that is
    not named is not looked at. The `embedded` one is ours and known. `allow_lazy_sync` accepts
    what is lazy or unknown, with a warning.

    Raises:
        ConfigurationError: the server is not fit.
        StoreUnavailable: it did not answer.
    """
    faults = await _faults(connection)
    if not embedded:
        urls = [url.strip() for url in (monitoring_url or "").split(",")]
        lazy = await _lazy([url for url in urls if url])
        if lazy and allow_lazy_sync:
            _log.warning("nats_sync_is_lazy_or_unknown", servers=len(lazy))
        elif lazy:
            faults += lazy
    if faults:
        raise ConfigurationError(*faults)


async def _faults(connection: Connection) -> list[str]:
    faults: list[str] = []
    try:
        answer = await connection.api("INFO", None)
    except ApiError as error:
        return [f"nats: JetStream is not enabled for this user ({error.description})"]
    level = int((answer.get("api") or {}).get("level", 0))
    if level < API_LEVEL_MIN:
        faults.append(f"nats: API level {level}, must be at least {API_LEVEL_MIN} (server 2.12)")
    if connection.client.max_payload < limits.NATS_PAYLOAD_BYTES_MAX:
        faults.append(
            f"nats: max_payload is {connection.client.max_payload}, must be at least "
            f"{limits.NATS_PAYLOAD_BYTES_MAX}"
        )
    return faults


async def _lazy(monitoring_urls: Sequence[str]) -> list[str]:
    """Return one fault for each server that is lazy, or cannot be asked."""
    if not monitoring_urls:
        unknown = (
            "nats: whether the servers run with `sync_interval: always` cannot be seen by a "
            "client; name their monitoring addresses, or allow lazy sync"
        )
        return [unknown]
    faults: list[str] = []
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for url in monitoring_urls:
            try:
                always = _always(await _varz(session, url))
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                faults.append(f"nats: {url} does not answer ({type(error).__name__})")
                continue
            if not always:
                faults.append(
                    f"nats: {url} runs without `sync_interval: always` and can lose what it "
                    "confirmed when the power fails"
                )
    return faults


async def _varz(session: aiohttp.ClientSession, url: str) -> Any:  # noqa: ANN401  (foreign JSON)
    async with session.get(f"{url.rstrip('/')}/varz") as response:
        response.raise_for_status()
        return orjson.loads(await response.read())


def _always(varz: Any) -> bool:  # noqa: ANN401  (foreign JSON)
    config = ((varz.get("jetstream") or {}).get("config")) or {}
    return config.get("sync_always") is True
