"""The backbone: one process's connection to NATS and what hangs on it."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.subjects import INBOUND, JOURNAL, Subjects
from maitred.gateway import clock
from maitred.gateway.bus import streams
from maitred.gateway.bus.api import ApiError
from maitred.gateway.bus.committer import Committer
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.dead import DeadLetters
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import Endpoint
from maitred.gateway.bus.gatherer import Gatherer
from maitred.gateway.bus.highwater import HighWater
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.settings.shapes import NatsSettings, Settings

log = structlog.get_logger(__name__)
PARTITIONS_ALONE: Final = 1
"""One gateway makes fewer and larger batches with one partition."""
PARTITIONS_SHARED: Final = 3
MARKED: Final = (INBOUND, JOURNAL)
"""The streams whose high-water mark is kept outside of them."""


def endpoint_of(nats: NatsSettings) -> Endpoint:
    """Return where the configured server elsewhere is, and how to log in."""
    return Endpoint(
        urls=nats.urls,
        user=nats.user or None,
        password=nats.password.reveal() if nats.password else None,
        credentials=nats.credentials,
        nkey_seed=nats.nkey_seed,
        tls_ca=nats.tls_ca,
    )


class Backbone:
    """Everything between a stage and NATS; `alone` tells that no other gateway can be there."""

    def __init__(
        self,
        connection: Connection,
        subjects: Subjects,
        *,
        alone: bool,
        mark: HighWater,
        partitions: int = 1,
    ) -> None:
        self.connection: Final = connection
        self.subjects: Final = subjects
        self.alone: Final = alone
        self.partitions: Final = partitions
        self.mark: Final = mark
        self.holder: Final = f"{socket.gethostname()}-{os.getpid()}-{clock.now_ms()}"
        self.publisher: Final = Publisher(connection)
        self.gatherer: Final = Gatherer(self.publisher, INBOUND)
        self.committer: Final = Committer(connection, JOURNAL)
        self.dead: Final = DeadLetters(connection, self.publisher, subjects)

    async def start(self) -> None:
        """Start publishing and committing."""
        await self.publisher.start()
        await self.gatherer.start()
        await self.committer.start()

    async def stop(self) -> None:
        """Note how far the streams are, then close."""
        await self.committer.stop()
        await self.gatherer.stop()
        await self.publisher.stop()
        if self.connection.connected:
            with contextlib.suppress(StoreUnavailable, ApiError, OSError):
                await self.mark.note(self.connection, MARKED, clock.now_ms())
        await self.connection.close()


async def open_backbone(
    settings: Settings,
    *,
    name: str,
    server: EmbeddedServer | None,
    state: Path,
    on_closed: Callable[[str], None],
    accept_restored_store: bool = False,
) -> Backbone:
    """Connect, see that the server and its store can be trusted, and declare the streams.

    `state` is the folder of the high-water mark, which must not be inside the store.

    Raises:
        ConfigurationError: the server, a stream or the store is not as it must be.
        StoreUnavailable: nobody answers there.
    """
    nats = settings.nats
    endpoint = await server.start() if server is not None else endpoint_of(nats)
    connection = await Connection.connect(endpoint, name=name, on_closed=on_closed)
    if server is None:
        await streams.check_server(
            connection,
            allow_lazy_sync=nats.allow_lazy_sync,
            monitoring_url=nats.monitoring_url or None,
        )
    mark = HighWater(state / "high-water.json")
    await mark.check(
        connection, MARKED, clock.now_ms(), accept_restored_store=accept_restored_store
    )
    partitions = (
        nats.partitions
        or await streams.partitions_of(connection)
        or (PARTITIONS_ALONE if server is not None else PARTITIONS_SHARED)
    )
    await streams.declare(
        connection,
        replicas=nats.replicas,
        inbound_age_ms=settings.retention.inbound_days * 86_400_000,
        partitions=partitions,
    )
    backbone = Backbone(
        connection,
        Subjects(settings.tenant),
        alone=server is not None,
        mark=mark,
        partitions=partitions,
    )
    await backbone.start()
    return backbone
