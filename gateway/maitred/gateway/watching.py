"""Watching: a running gateway balances its ledger and notes how far its store has come."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from maitred.contracts.errors import StoreUnavailable
from maitred.gateway import clock
from maitred.gateway.backbone import MARKED, Backbone
from maitred.gateway.bus.api import ApiError
from maitred.gateway.ledger import balance
from maitred.gateway.metrics import Metrics

log = structlog.get_logger(__name__)
WATCH_MS: Final = 2_000
"""How often the ledger is balanced and the high-water mark noted."""
BALANCE_TRIES: Final = 10


async def watch(backbone: Backbone, metrics: Metrics) -> None:
    """Balance the ledger and note the high-water mark, now and then, until cancelled."""
    while True:
        await asyncio.sleep(WATCH_MS / 1000)
        await _balance(backbone, metrics)
        try:
            await backbone.mark.note(backbone.connection, MARKED, clock.now_ms())
        except (StoreUnavailable, ApiError, OSError) as error:
            log.warning("high_water_not_noted", reason=type(error).__name__)


async def _balance(backbone: Backbone, metrics: Metrics) -> None:
    try:
        found = await balance(backbone.connection, backbone.subjects, tries=BALANCE_TRIES)
    except (StoreUnavailable, ApiError):
        # Away, or too busy to stand still for a count: the next time will do.
        return
    metrics.ledger(gap=found.gap, in_flight=found.in_flight)
    if found.gap:
        log.error("ledger_gap", gap=found.gap)
