"""Supervision: build a gateway from its configuration, run its roles, stop in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from maitred.connectors.abilities import Ailment, TellsHealth
from maitred.connectors.port import Connector
from maitred.contracts import limits
from maitred.contracts.errors import ConfigurationError, StoreUnavailable
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import AgentId
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import admin, doors
from maitred.gateway.backbone import Backbone, open_backbone
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.streams import last_sequence
from maitred.gateway.channels import House, connectors_of
from maitred.gateway.metrics import Metrics
from maitred.gateway.proving import Proving
from maitred.gateway.seats import Seats
from maitred.gateway.serving import Sites
from maitred.gateway.settings.load import Configuration
from maitred.gateway.settings.shapes import keeping_of, token_keys
from maitred.gateway.tasks import Tasks
from maitred.gateway.watching import watch
from maitred.gateway.workers import Workers
from maitred.identity.conversations.place import Tools

log = structlog.get_logger(__name__)
ROLES: Final = ("doors", "intake", "dispatch", "delivery")


@dataclass(slots=True)
class Listening:
    """Where a running gateway can be reached; ports are the real ones."""

    http: tuple[str, int] | None = None
    admin: tuple[str, int] | None = None
    channels: dict[str, Connector] = field(default_factory=dict)


class Gateway:
    """One gateway process: some or all of the roles, on one backbone."""

    def __init__(
        self,
        configuration: Configuration,
        *,
        roles: frozenset[str] = frozenset(ROLES),
        accept_restored_store: bool = False,
    ) -> None:
        self.configuration: Final = configuration
        self.settings: Final = configuration.settings
        self.metrics: Final = Metrics()
        self.listening: Final = Listening()
        self.ended: Final = asyncio.Event()
        """Set when the gateway cannot go on; `fault` says why."""
        self.fault = ""
        self._roles = roles
        self._accept_restored_store = accept_restored_store
        self._tasks = Tasks(self._failed)
        self._server: EmbeddedServer | None = None
        self._backbone: Backbone | None = None
        self._store: doors.Store | None = None
        self._workers: Workers | None = None
        self._sites = Sites()
        self._started = False
        self._stopping = False

    @property
    def backbone(self) -> Backbone:
        """Return the backbone of a started gateway."""
        if self._backbone is None:
            raise RuntimeError("the gateway has not been started")
        return self._backbone

    async def start(self) -> None:
        """Come up, doors last: nothing is taken in before it can be stored.

        Raises:
            ConfigurationError: something is not as it must be.
            StoreUnavailable: the store does not answer.
        """
        settings = self.settings
        seats: Seats | None = None
        if not settings.nats.urls:
            seats = Seats(
                settings.nats.store,
                settings.tenant,
                [AgentId(agent.id) for agent in settings.routing.agents],
            )
            self._server = EmbeddedServer(
                settings.nats.store,
                port=settings.nats.port or None,
                agents=seats.entries(),
                key=settings.nats.encryption_key,
            )
        self._backbone = await open_backbone(
            settings,
            name="maitred",
            server=self._server,
            state=_state_folder(settings.nats.store),
            on_closed=lambda reason: self._end(f"the connection to NATS closed for good: {reason}"),
            accept_restored_store=self._accept_restored_store,
        )
        if seats is not None:
            seats.write(read_connection(settings.nats.store).urls[0])
        keys = Keys(settings.tenant, settings.identity.secret.reveal().encode())
        tokens = token_keys(settings)
        tools = Tools(subjects=self._backbone.subjects, keys=keys, policy=settings.identity.policy)
        keeping = keeping_of(settings)
        outbox = doors.JournalOutbox(
            self._backbone, after=await last_sequence(self._backbone.connection, JOURNAL)
        )
        proving = Proving(self._backbone.connection, tools, keeping)
        self._store = doors.Store(self.backbone, self.metrics)
        house = House(
            backbone=self.backbone,
            metrics=self.metrics,
            keeping=keeping,
            keys=keys,
            tokens=tokens,
            store=self._store,
            outbox=outbox,
            proving=proving,
            doors="doors" in self._roles,
            spawn=self._spawn,
        )
        connectors = connectors_of(self.configuration, house)
        self.listening.channels.update({each.channel: each for each in connectors})
        self._workers = workers = Workers(
            self.configuration,
            backbone=self.backbone,
            metrics=self.metrics,
            keeping=keeping,
            tools=tools,
            tasks=self._tasks,
        )
        if "dispatch" in self._roles:
            await workers.dispatch()
            workers.erasing()
        if "intake" in self._roles:
            await workers.intake(tokens)
        await self._start_admin()
        if {"doors", "delivery"} & self._roles:
            for connector in connectors:
                await _start(connector)
        if "delivery" in self._roles:
            workers.delivery(connectors)
        if "doors" in self._roles:
            app = doors.application(connectors)
            self.listening.http = await self._sites.open(app, settings.http.listen, "http.listen")
        self._tasks.start("watch", watch(self.backbone, self.metrics))
        self._started = True
        log.info("up", roles=sorted(self._roles), channels=sorted(self.listening.channels))

    async def stop(self) -> None:
        """Stop: no new accepts, finish what is under way, give the leases back, close."""
        self._stopping = True
        if self._started:
            log.info("stopping")
        try:
            async with asyncio.timeout(limits.STOP_TIMEOUT_MS / 1000):
                if self._store is not None:
                    self._store.close()
                if self._workers is not None:
                    await self._workers.drain()
                for connector in self.listening.channels.values():
                    await connector.stop()
                await self._sites.close()
                await self._tasks.stop(limits.COMMIT_TIMEOUT_MS)
                if self._workers is not None:
                    await self._workers.release()
                if self._backbone is not None:
                    await self._backbone.stop()
        except (TimeoutError, StoreUnavailable) as error:
            log.warning("stopped_hard", reason=type(error).__name__)
        finally:
            if self._server is not None:
                await self._server.stop()
        if self._started:
            log.info("stopped")

    async def _start_admin(self) -> None:
        self.metrics.ailing_from(self._ailing)
        app = admin.application(self.metrics, {"store": self._store_check}, self._ailing)
        listen = self.settings.admin.listen
        self.listening.admin = await self._sites.open(app, listen, "admin.listen")

    def _ailing(self) -> list[tuple[str, Ailment]]:
        """Return what of the channels does not work now."""
        return [
            (name, ailment)
            for name, connector in self.listening.channels.items()
            if isinstance(connector, TellsHealth)
            for ailment in connector.health()
        ]

    async def _store_check(self) -> str:
        if self._stopping or not self._started:
            return "stopping" if self._stopping else "starting"
        return "" if self.backbone.connection.connected else "not connected to NATS"

    def _spawn(self, name: str, coro: Coroutine[Any, Any, None]) -> None:
        self._tasks.start(name, coro)

    def _failed(self, name: str, error: BaseException) -> None:
        log.error("task_failed", task=name, kind=type(error).__name__, exc_info=error)
        self._end(f"{name} failed: {type(error).__name__}")

    def _end(self, reason: str) -> None:
        if not self._stopping:
            self.fault = self.fault or reason
            self.ended.set()


async def _start(connector: Connector) -> None:
    try:
        await connector.start()
    except OSError as error:
        raise ConfigurationError(f"channels.{connector.channel}: {error.strerror}") from None


def _state_folder(store: Path) -> Path:
    """Return where the high-water mark stands: beside the store, not in it."""
    folder = store.parent / f"{store.name}-state"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
