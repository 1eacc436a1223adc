"""Workers: what each role of a process works on, every part of it under a lease."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from maitred.connectors.port import Connector
from maitred.contracts import limits
from maitred.contracts.agents import AgentKind
from maitred.contracts.ids import AgentId
from maitred.contracts.reply_token import TokenKeys
from maitred.gateway import plugins
from maitred.gateway.admit import Admit
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.consumers import declare_agent
from maitred.gateway.bus.lease import Lease
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
from maitred.gateway.metrics import Metrics
from maitred.gateway.moods import mood_model
from maitred.gateway.policies import house_calendar, policy_of
from maitred.gateway.settings.load import Configuration
from maitred.gateway.settings.shapes import manner_of
from maitred.gateway.signalling import Relay
from maitred.gateway.tasks import Tasks
from maitred.gateway.whatif.recording import Recorder
from maitred.gateway.whatif.shadowing import shadowing_of
from maitred.identity.conversations.place import Tools
from maitred.normalizer import language
from maitred.router.engine import Engine
from maitred.router.replaying.replay import Rules
from maitred.router.rules.needs import compile_rules

DRAIN_MS: Final = 3_000
"""How long a stop waits for the replies under way."""
WARM_UP: Final = "A few words in some language, long enough to be told apart."


class Workers:
    """Starts the stages of one process, and ends them in good order."""

    def __init__(
        self,
        configuration: Configuration,
        *,
        backbone: Backbone,
        metrics: Metrics,
        keeping: Keeping,
        tools: Tools,
        tasks: Tasks,
    ) -> None:
        self._configuration = configuration
        self._settings = configuration.settings
        self._backbone = backbone
        self._metrics = metrics
        self._keeping = keeping
        self._tools = tools
        self._tasks = tasks
        self._deliveries: list[Delivery] = []
        self._leases: list[Lease] = []

    async def dispatch(self) -> None:
        """Admit what agents say, and decide who gets what."""
        routing = self._settings.routing
        for agent in routing.agents:
            await declare_agent(self._backbone.connection, self._settings.tenant, AgentId(agent.id))
        policy = policy_of(self._settings)
        engine = Engine(routing, policy, self._settings.tenant, closed_ms=self._keeping.closed_ms)
        deadlines = Deadlines(self._backbone, self._keeping)
        dispatch = Dispatch(
            self._backbone,
            engine=engine,
            deadlines=deadlines,
            metrics=self._metrics,
            machines=frozenset(
                AgentId(agent.id) for agent in routing.agents if agent.kind is AgentKind.AI
            ),
            recorder=Recorder(
                self._backbone.connection,
                self._backbone.subjects,
                Rules(routing, policy, self._keeping.closed_ms),
            ),
            shadowing=shadowing_of(
                self._settings, self._backbone.subjects, self._metrics, self._keeping
            ),
        )
        outgoing = Outgoing(
            {each.name: each.connector.capabilities for each in self._configuration.channels},
            self._settings.templates,
            self._settings.delivery.carrier_template,
        )
        self._run(Admit(self._backbone, outgoing), 0)
        lease = self._run(dispatch, 0)
        await Relay(self._backbone, dispatch.holding, lambda: lease.held).start()
        self._tasks.start("deadlines", deadlines.run())

    async def intake(self, tokens: TokenKeys) -> None:
        """Make messages of what the doors stored, in all partitions."""
        normalizer, routing = self._settings.normalizer, self._settings.routing
        # The language model is loaded at its first use, which would hold up the first message.
        await asyncio.to_thread(language.identify, WARM_UP, normalizer.languages)
        intake = Intake(
            self._backbone,
            decoders={
                name: plugins.load(plugins.DECODERS, name, path=f"channels.{name}")
                for name in plugins.names(plugins.DECODERS)
            },
            context=context_of(normalizer, self._tools.keys, tokens),
            tools=self._tools,
            mood=mood_model(self._settings.mood),
            rules=compile_rules(routing, house_calendar(routing.hours)),
        )
        for partition in range(self._backbone.partitions):
            self._run(intake, partition)

    def delivery(self, connectors: Sequence[Connector]) -> None:
        """Send what is said through each channel, and what nobody reads by mail."""
        for connector in connectors:
            delivery = Delivery(
                connector,
                backbone=self._backbone,
                keeping=self._keeping,
                tools=self._tools,
                metrics=self._metrics,
                lease=self._lease(stage_name(connector.channel), 0),
                manner=manner_of(self._settings, connector.channel),
            )
            self._deliveries.append(delivery)
            self._tasks.start(stage_name(connector.channel), delivery.run())
            if connector.channel == TO_CHANNEL:
                self._fallback(connector)

    def erasing(self) -> None:
        """Erase whom operators have named."""
        eraser = Eraser(
            self._backbone,
            tools=self._tools,
            keeping=self._keeping,
            lease=self._lease(erasing.STAGE, 0),
        )
        self._tasks.start(erasing.STAGE, eraser.run())

    async def drain(self) -> None:
        """Let the replies under way go out, and begin no other."""
        await asyncio.gather(*(each.drain(DRAIN_MS) for each in self._deliveries))

    async def release(self) -> None:
        """Give the leases back, so that another process need not wait until they run out."""
        for lease in self._leases:
            await lease.release()

    def _fallback(self, mail: Connector) -> None:
        chosen = self._settings.delivery
        if not chosen.fallback_account:
            return
        ladder = Ladder(
            account=chosen.fallback_account,
            able=mail.capabilities,
            after_ms=round(chosen.fallback_minutes * limits.MINUTE_MS),
        )
        fallback = Fallback(
            ladder, backbone=self._backbone, tools=self._tools, keeping=self._keeping
        )
        self._tasks.start(FALLBACK, fallback.run())

    def _run(self, stage: Stage[Any], partition: int) -> Lease:
        runner = Runner(
            stage,
            partition,
            backbone=self._backbone,
            keeping=self._keeping,
            metrics=self._metrics,
            lease=(lease := self._lease(stage.name, partition)),
        )
        self._tasks.start(f"{stage.name}-{partition}", runner.run())
        return lease

    def _lease(self, stage: str, partition: int) -> Lease:
        lease = Lease(
            self._backbone.connection,
            self._backbone.committer,
            self._backbone.subjects.lease(stage, partition),
            self._backbone.holder,
            alone=self._backbone.alone,
        )
        self._leases.append(lease)
        return lease
