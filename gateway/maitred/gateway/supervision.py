"""Supervision: build a gateway from its configuration, run its roles, stop in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import web

from maitred.connectors.port import Connector
from maitred.contracts import limits
from maitred.contracts.agents import AgentKind
from maitred.contracts.errors import ConfigurationError, StoreUnavailable
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import AgentId
from maitred.contracts.reply_token import TokenKeys
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import admin, clock, doors, plugins
from maitred.gateway.admit import Admit
from maitred.gateway.backbone import MARKED, Backbone, open_backbone
from maitred.gateway.bus.api import ApiError
from maitred.gateway.bus.consumers import declare_agent
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.lease import Lease
from maitred.gateway.bus.streams import last_sequence
from maitred.gateway.channels import House, connectors_of
from maitred.gateway.deadlines import Deadlines
from maitred.gateway.decoding import context_of
from maitred.gateway.delivery.fallback import STAGE as FALLBACK
from maitred.gateway.delivery.fallback import TO_CHANNEL, Fallback, Ladder
from maitred.gateway.delivery.outgoing import Outgoing
from maitred.gateway.delivery.sending import Delivery, stage_name
from maitred.gateway.dispatch import Dispatch
from maitred.gateway.erasure import erasing
from maitred.gateway.erasure.erasing import Eraser
from maitred.gateway.intake import Intake
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.runner import Runner
from maitred.gateway.journal.stage import Stage
from maitred.gateway.ledger import balance
from maitred.gateway.metrics import Metrics
from maitred.gateway.moods import mood_model
from maitred.gateway.policies import house_calendar, policy_of
from maitred.gateway.proving import Proving
from maitred.gateway.seats import Seats
from maitred.gateway.settings.load import Configuration, host_port
from maitred.gateway.settings.shapes import keeping_of, manner_of, token_keys
from maitred.gateway.signalling import Relay
from maitred.gateway.tasks import Tasks
from maitred.gateway.unnamed import leave_unnamed
from maitred.gateway.whatif.recording import Recorder
from maitred.gateway.whatif.shadowing import shadowing_of
from maitred.identity.conversations.place import Tools
from maitred.normalizer import language
from maitred.router.engine import Engine
from maitred.router.replaying.replay import Rules
from maitred.router.rules.needs import compile_rules

log = structlog.get_logger(__name__)
ROLES: Final = ("doors", "intake", "dispatch", "delivery")
WARM_UP: Final = "A few words in some language, long enough to be told apart."
DRAIN_MS: Final = 3_000
"""How long a stop waits for the replies under way."""
BALANCE_TRIES: Final = 10
WATCH_MS: Final = 2_000
"""How often the ledger is balanced and the high-water mark noted."""


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
        self._deliveries: list[Delivery] = []
        self._leases: list[Lease] = []
        self._runners: list[web.AppRunner] = []
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
        if "dispatch" in self._roles:
            await self._start_dispatch(keeping)
            self._start_erasing(keeping, tools)
        if "intake" in self._roles:
            await self._start_intake(keeping, tokens, tools)
        await self._start_admin()
        if {"doors", "delivery"} & self._roles:
            for connector in connectors:
                await _start(connector)
        if "delivery" in self._roles:
            self._start_delivery(connectors, keeping, tools)
        if "doors" in self._roles:
            app = doors.application(connectors)
            self.listening.http = await self._listen(app, self.settings.http.listen, "http.listen")
        self._tasks.start("watch", self._watch())
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
                await asyncio.gather(*(each.drain(DRAIN_MS) for each in self._deliveries))
                for connector in self.listening.channels.values():
                    await connector.stop()
                for runner in self._runners:
                    await runner.cleanup()
                await self._tasks.stop(limits.COMMIT_TIMEOUT_MS)
                for lease in self._leases:
                    await lease.release()
                if self._backbone is not None:
                    await self._backbone.stop()
        except (TimeoutError, StoreUnavailable) as error:
            log.warning("stopped_hard", reason=type(error).__name__)
        finally:
            if self._server is not None:
                await self._server.stop()
        if self._started:
            log.info("stopped")

    async def _start_dispatch(self, keeping: Keeping) -> None:
        routing = self.settings.routing
        for agent in routing.agents:
            await declare_agent(self.backbone.connection, self.settings.tenant, AgentId(agent.id))
        policy = policy_of(self.settings)
        engine = Engine(routing, policy, self.settings.tenant, closed_ms=keeping.closed_ms)
        deadlines = Deadlines(self.backbone, keeping)
        dispatch = Dispatch(
            self.backbone,
            engine=engine,
            deadlines=deadlines,
            metrics=self.metrics,
            machines=frozenset(
                AgentId(agent.id) for agent in routing.agents if agent.kind is AgentKind.AI
            ),
            recorder=Recorder(
                self.backbone.connection,
                self.backbone.subjects,
                Rules(routing, policy, keeping.closed_ms),
            ),
            shadowing=shadowing_of(self.settings, self.backbone.subjects, self.metrics, keeping),
        )
        outgoing = Outgoing(
            {each.name: each.connector.capabilities for each in self.configuration.channels},
            self.settings.templates,
            self.settings.delivery.carrier_template,
        )
        self._run_stage(Admit(self.backbone, outgoing), 0, keeping)
        lease = self._run_stage(dispatch, 0, keeping)
        await Relay(self.backbone, dispatch.holding, lambda: lease.held).start()
        self._tasks.start("deadlines", deadlines.run())

    async def _start_intake(self, keeping: Keeping, tokens: TokenKeys, tools: Tools) -> None:
        normalizer, routing = self.settings.normalizer, self.settings.routing
        # The language model is loaded at its first use, which would hold up the first message.
        await asyncio.to_thread(language.identify, WARM_UP, normalizer.languages)
        intake = Intake(
            self.backbone,
            decoders={
                name: plugins.load(plugins.DECODERS, name, path=f"channels.{name}")
                for name in plugins.names(plugins.DECODERS)
            },
            context=context_of(normalizer, tools.keys, tokens),
            tools=tools,
            mood=mood_model(self.settings.mood),
            rules=compile_rules(routing, house_calendar(routing.hours)),
        )
        for partition in range(self.backbone.partitions):
            self._run_stage(intake, partition, keeping)

    def _start_delivery(self, connectors: list[Connector], keeping: Keeping, tools: Tools) -> None:
        for connector in connectors:
            delivery = Delivery(
                connector,
                backbone=self.backbone,
                keeping=keeping,
                tools=tools,
                metrics=self.metrics,
                lease=self._lease(stage_name(connector.channel), 0),
                manner=manner_of(self.settings, connector.channel),
            )
            self._deliveries.append(delivery)
            self._tasks.start(stage_name(connector.channel), delivery.run())
            if connector.channel == TO_CHANNEL:
                self._start_fallback(connector, keeping, tools)

    def _start_fallback(self, mail: Connector, keeping: Keeping, tools: Tools) -> None:
        chosen = self.settings.delivery
        if not chosen.fallback_account:
            return
        ladder = Ladder(
            account=chosen.fallback_account,
            able=mail.capabilities,
            after_ms=round(chosen.fallback_minutes * limits.MINUTE_MS),
        )
        fallback = Fallback(ladder, backbone=self.backbone, tools=tools, keeping=keeping)
        self._tasks.start(FALLBACK, fallback.run())

    def _start_erasing(self, keeping: Keeping, tools: Tools) -> None:
        eraser = Eraser(
            self.backbone, tools=tools, keeping=keeping, lease=self._lease(erasing.STAGE, 0)
        )
        self._tasks.start(erasing.STAGE, eraser.run())

    def _run_stage(self, stage: Stage[Any], partition: int, keeping: Keeping) -> Lease:
        runner = Runner(
            stage,
            partition,
            backbone=self.backbone,
            keeping=keeping,
            metrics=self.metrics,
            lease=(lease := self._lease(stage.name, partition)),
        )
        self._tasks.start(f"{stage.name}-{partition}", runner.run())
        return lease

    def _lease(self, stage: str, partition: int) -> Lease:
        lease = Lease(
            self.backbone.connection,
            self.backbone.committer,
            self.backbone.subjects.lease(stage, partition),
            self.backbone.holder,
            alone=self.backbone.alone,
        )
        self._leases.append(lease)
        return lease

    async def _start_admin(self) -> None:
        app = admin.application(self.metrics, {"store": self._store_check})
        self.listening.admin = await self._listen(app, self.settings.admin.listen, "admin.listen")

    async def _listen(self, app: web.Application, listen: str, path: str) -> tuple[str, int]:
        host, port = host_port(listen, path=path)
        leave_unnamed(app)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=limits.PUBLISH_TIMEOUT_MS / 1000
        )
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError(
                f"{path}: cannot listen on {listen}: {error.strerror}"
            ) from None
        address: tuple[str, int] = runner.addresses[0][:2]
        return address

    async def _store_check(self) -> str:
        if self._stopping or not self._started:
            return "stopping" if self._stopping else "starting"
        return "" if self.backbone.connection.connected else "not connected to NATS"

    async def _watch(self) -> None:
        """Balance the ledger and note the high-water mark, now and then."""
        while True:
            await asyncio.sleep(WATCH_MS / 1000)
            await self._balance()
            try:
                await self.backbone.mark.note(self.backbone.connection, MARKED, clock.now_ms())
            except (StoreUnavailable, ApiError, OSError) as error:
                log.warning("high_water_not_noted", reason=type(error).__name__)

    async def _balance(self) -> None:
        try:
            found = await balance(
                self.backbone.connection, self.backbone.subjects, tries=BALANCE_TRIES
            )
        except (StoreUnavailable, ApiError):
            # Away, or too busy to stand still for a count: the next time will do.
            return
        self.metrics.ledger(gap=found.gap, in_flight=found.in_flight)
        if found.gap:
            log.error("ledger_gap", gap=found.gap)

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
