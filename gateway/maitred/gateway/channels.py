"""Channels: the configured connectors, each with what it is given of the house."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from maitred.connectors.port import Connector, Context
from maitred.contracts.identifiers import Keys
from maitred.contracts.reply_token import TokenKeys
from maitred.gateway import clock, doors
from maitred.gateway.backbone import Backbone
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.memory import ChannelMemory, Seal
from maitred.gateway.metrics import Metrics
from maitred.gateway.proving import Proving
from maitred.gateway.settings.load import Configuration
from maitred.gateway.signalling import signals_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class House:
    """What every channel is given alike; `doors` tells whether this process has any."""

    backbone: Backbone
    metrics: Metrics
    keeping: Keeping
    keys: Keys
    tokens: TokenKeys
    store: doors.Store
    outbox: doors.JournalOutbox
    proving: Proving
    doors: bool
    spawn: Callable[[str, Coroutine[Any, Any, None]], None]


def connectors_of(configuration: Configuration, house: House) -> list[Connector]:
    """Make the connectors of all configured channels; nothing is opened yet."""
    settings = configuration.settings
    seal = Seal(settings.tenant, settings.identity.secret)
    return [
        channel.connector(
            channel.settings,
            Context(
                tenant=settings.tenant,
                keys=house.keys,
                accept=house.store,
                report=doors.Reporting(house.backbone, house.keeping),
                files=doors.HouseFiles(house.backbone),
                memory=ChannelMemory(house.backbone, channel.name, seal),
                outbox=house.outbox,
                clock=clock.now_ms,
                spawn=house.spawn,
                refused=_refusals(house.metrics, channel.name, channel.settings),
                public_url=settings.public_url.rstrip("/"),
                doors=house.doors,
                reply_tokens=house.tokens,
                proofs=house.proving,
                signals=signals_of(house.backbone, channel.connector),
            ),
        )
        for channel in configuration.channels
    ]


def _refusals(metrics: Metrics, channel: str, settings: object) -> Callable[[str, str], None]:
    accounts = frozenset(getattr(settings, "accounts", {}))

    def refused(account: str, reason: str) -> None:
        # A stranger chooses the account in a URL: it must not become a label of its own.
        known = account if account in accounts else "unknown"
        metrics.refused(channel, known, reason)
        log.info("refused", channel=channel, account=known, reason=reason)

    return refused
