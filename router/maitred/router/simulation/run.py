"""The run: a scenario as the engine of production sees it, event by event.

Time goes by in microseconds, and the engine's clock shows whole milliseconds of it. Agents accept
what they are offered at once, and service begins with that. What happens at the same microsecond
happens in the order of `Kind`, and within a kind in the order of ids: so who
can be served at the very moment at which his patience ends is served.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from maitred.contracts.agents import Admitted, Command, Presence, Verb
from maitred.contracts.ids import AgentId, ConversationId, Tenant
from maitred.contracts.operations import ChangeKind, ConversationChange
from maitred.contracts.routing import Due, RoutingDoc, RoutingState
from maitred.router.engine import Engine
from maitred.router.events import (
    ChangeCame,
    CommandCame,
    DueCame,
    Effect,
    Event,
    SaveAgent,
    SaveRouting,
)
from maitred.router.house import WAITING
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings
from maitred.router.simulation.opening import (
    Happening,
    Kind,
    at_hand,
    foreseen,
    remembered_ms,
    served_before,
    written,
)
from maitred.router.simulation.scenario import MS_US, Arrival, Scenario, us
from maitred.router.simulation.service import Service, service_of

Watch = Callable[[Event, int, Sequence[Effect]], None]
"""Hears of every event, its time in UTC milliseconds, and what followed from it."""

TENANT: Final = Tenant("simulated")


@dataclass(slots=True)
class Outcome:
    """What became of an arrival; times are microseconds from the scenario's beginning.

    Nothing but the arrival means that the customer still waits, an agent without an end that he
    was lost, which never happens.
    """

    arrival: Arrival
    agent: str | None = None
    start: int | None = None
    end: int | None = None
    left: int | None = None


def simulate(
    scenario: Scenario,
    settings: RoutingSettings,
    policy: RoutingPolicy,
    *,
    service: Service | None = None,
    watch: Watch | None = None,
) -> list[Outcome]:
    """Play a scenario to its end and return what became of each arrival, in their order.

    `settings` are `scenario.settings(...)`, with which the policy must have been made. `service`
    tells how long an agent takes, if not the scenario.
    """
    engine = Engine(settings, policy, TENANT, closed_ms=remembered_ms(scenario))
    run = _Run(scenario, engine, service or service_of(scenario), watch)
    run.to_the_end()
    return run.outcomes()


class _Run:
    """One engine, the events still to come, and what became of whom so far."""

    def __init__(
        self, scenario: Scenario, engine: Engine, service: Service, watch: Watch | None
    ) -> None:
        self._engine = engine
        self._service = service
        self._watch = watch
        self._begins_at = scenario.begins_at
        self._agents = {AgentId(each.id): each for each in scenario.agents}
        self._outcomes = {each.id: Outcome(each) for each in scenario.arrivals}
        self._events: list[Happening] = list(foreseen(scenario))
        heapq.heapify(self._events)
        self._now = 0
        self._commands = 0
        engine.load(served_before(scenario), at_hand(scenario))

    def to_the_end(self) -> None:
        """Let everything happen until nothing is left to happen."""
        act: dict[Kind, Callable[[str, int], None]] = {
            Kind.GOES: lambda agent, _: self._presence(agent, Presence.AWAY),
            Kind.COMES: lambda agent, _: self._presence(agent, Presence.ONLINE),
            Kind.COMPLETED: self._complete,
            Kind.AGENT_DUE: self._agent_due,
            Kind.DUE: self._due,
            Kind.ARRIVES: lambda arrival, _: self._arrive(arrival),
            Kind.LEAVES: lambda arrival, _: self._leave(arrival),
        }
        while self._events:
            self._now, kind, name, epoch = heapq.heappop(self._events)
            act[kind](name, epoch)

    def outcomes(self) -> list[Outcome]:
        """Return what became of whom, by arrival and id."""
        return sorted(
            self._outcomes.values(), key=lambda each: (us(each.arrival.at), each.arrival.id)
        )

    # -- what happens
    def _arrive(self, name: str) -> None:
        arrival = self._outcomes[name].arrival
        self._handle(written(arrival, self._clock()))

    def _leave(self, name: str) -> None:
        doc = self._engine.house.get(ConversationId(name))
        if doc is None or doc.state not in WAITING:
            return
        self._outcomes[name].left = self._now
        at = self._clock()
        self._handle(
            ChangeCame(
                ConversationChange(conversation=doc.conversation, kind=ChangeKind.WITHDRAWN, at=at)
            )
        )

    def _accept(self, doc: RoutingDoc) -> None:
        if doc.agent is None:
            return
        self._say(doc.agent, Verb.ACCEPT, conversation=doc.conversation, epoch=doc.epoch)
        now = self._engine.house.get(doc.conversation)
        if now is None or now.state != RoutingState.ASSIGNED or now.agent is None:
            return
        outcome = self._outcomes[doc.conversation]
        outcome.agent, outcome.start = now.agent, self._now
        takes = us(self._service(outcome.arrival, self._agents[now.agent]))
        event = (self._now + takes, Kind.COMPLETED, doc.conversation, now.epoch)
        heapq.heappush(self._events, event)

    def _complete(self, name: str, epoch: int) -> None:
        doc = self._engine.house.get(ConversationId(name))
        if doc is None or doc.epoch != epoch or doc.agent is None:
            return
        self._outcomes[name].end = self._now
        self._say(doc.agent, Verb.COMPLETE, conversation=doc.conversation, epoch=epoch)

    def _presence(self, agent: str, presence: Presence) -> None:
        self._say(AgentId(agent), Verb.PRESENCE, presence=presence)

    def _say(
        self,
        agent: AgentId,
        verb: Verb,
        *,
        conversation: ConversationId | None = None,
        epoch: int = 0,
        presence: Presence | None = None,
    ) -> None:
        self._commands += 1
        command = Command(
            id=str(self._commands), conversation=conversation, epoch=epoch, presence=presence
        )
        at = self._clock()
        self._handle(CommandCame(Admitted(agent=agent, verb=verb, command=command, at=at)))

    def _due(self, name: str, epoch: int) -> None:
        """Let a deadline come, if it still stands."""
        doc = self._engine.house.get(ConversationId(name))
        if doc is not None and doc.epoch == epoch and self._is_due(doc.due_at):
            due = Due(conversation=doc.conversation, epoch=epoch, due_at=doc.due_at)
            self._handle(DueCame(due))

    def _agent_due(self, name: str, _: int) -> None:
        due_at = self._engine.house.roster.doc(AgentId(name)).due_at
        if self._is_due(due_at):
            self._handle(DueCame(Due(agent=AgentId(name), due_at=due_at)))

    def _is_due(self, due_at: int) -> bool:
        return 0 < due_at <= self._clock()

    # -- the engine
    def _clock(self) -> int:
        """Return the time by the engine's clock: UTC milliseconds."""
        return self._begins_at + self._now // MS_US

    def _handle(self, event: Event) -> None:
        """Let the engine handle an event, and let agents accept what it offers them."""
        at = self._clock()
        effects = self._engine.handle(event, at)
        if self._watch is not None:
            self._watch(event, at, effects)
        offered: deque[RoutingDoc] = deque()
        for effect in effects:
            if isinstance(effect, SaveRouting):
                doc = effect.doc
                if doc.state == RoutingState.OFFERED:
                    offered.append(doc)
                if doc.due_at:
                    self._foresee(doc.due_at, Kind.DUE, doc.conversation, doc.epoch)
            elif isinstance(effect, SaveAgent) and effect.doc.due_at:
                self._foresee(effect.doc.due_at, Kind.AGENT_DUE, effect.doc.id, 0)
        while offered:
            self._accept(offered.popleft())

    def _foresee(self, due_at: int, kind: Kind, name: str, epoch: int) -> None:
        at = max((due_at - self._begins_at) * MS_US, self._now)
        heapq.heappush(self._events, (at, kind, name, epoch))
