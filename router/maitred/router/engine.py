"""Engine: events and `now` in, effects out; no I/O, no clock, no chance.

What it does is a function of the documents, the settings, the event and `now`: an engine that
was rebuilt from the documents answers like one that never stopped. After every event no agent
has room for a conversation that waits for anybody and that he suits.

Deadlines stand in the documents (`due_at`) and come back as `DueCame`; one that was overtaken
is known by its epoch and time, and does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from maitred.contracts.agents import (
    AgentDoc,
    AssignmentState,
    Due,
    Presence,
    RoutingDoc,
    RoutingState,
)
from maitred.contracts.ids import Tenant
from maitred.contracts.limits import CLOSED_AGE_MS, OFFERS_MISSED_MAX
from maitred.router.arriving import arrive
from maitred.router.changing import change
from maitred.router.commands import Commands
from maitred.router.events import (
    ChangeCame,
    ClaimCame,
    CommandCame,
    DueCame,
    Effect,
    Event,
    WorkArrived,
)
from maitred.router.house import ERASED, WAITING, House
from maitred.router.placing import Placing
from maitred.router.port import RoutingPolicy
from maitred.router.roster import HOLDING, holders
from maitred.router.settings import RoutingSettings


class Engine:
    """Routes the conversations of one tenant."""

    def __init__(
        self,
        settings: RoutingSettings,
        policy: RoutingPolicy,
        tenant: Tenant,
        *,
        closed_ms: int = CLOSED_AGE_MS,
    ) -> None:
        self._closed_ms = closed_ms
        self._settings = settings
        self._policy = policy
        self._tenant = tenant
        self._house = House(settings, policy, closed_ms=closed_ms)
        self._fresh = True

    def load(self, routing: Iterable[RoutingDoc], agents: Iterable[AgentDoc]) -> None:
        """Forget everything and rebuild from the documents; their order does not matter.

        What the settings no longer allow (an agent who is gone, a slot more than before) is put
        right by the next event.
        """
        self._house = House(self._settings, self._policy, closed_ms=self._closed_ms)
        for agent in agents:
            self._house.put_agent(agent)
        for doc in routing:
            if doc.closed_reason != ERASED:
                self._house.put(doc)
        self._fresh = True

    @property
    def house(self) -> House:
        """Where everything stands, to read."""
        return self._house

    def handle(self, event: Event, now: int) -> list[Effect]:
        """Return what follows from an event at `now`, in UTC milliseconds.

        Documents to save come first, each once; then what agents are told, in order. Time never
        runs backwards: an earlier `now` than documents tell counts as theirs.
        """
        house = self._house
        now = max(now, house.latest)
        house.forget_closed(now)
        house.begin()
        placing = Placing(house, self._settings, self._policy, self._tenant, now)
        commands = Commands(placing, self._settings)
        if self._fresh:
            self._fresh = False
            _put_right(placing, commands)
        match event:
            case WorkArrived():
                arrive(placing, event)
            case ClaimCame():
                _claimed(placing, event)
            case CommandCame():
                commands.carry_out(event.admitted)
            case DueCame():
                _due(placing, commands, event.due)
            case ChangeCame():
                change(placing, event.change)
        placing.fill(house.freed)
        for agent in sorted(house.freed):
            if house.roster.knows(agent) and house.roster.is_idle(agent):
                house.put_agent(replace(house.roster.doc(agent), idle_since=placing.now))
        return house.changes() + placing.said


def _put_right(placing: Placing, commands: Commands) -> None:
    """After a start: free what agents hold who are gone, and let everybody fill his slots."""
    house = placing.house
    lost = [
        doc
        for doc in house.docs()
        if doc.agent and doc.state in HOLDING and not house.roster.knows(doc.agent)
    ]
    for doc in lost:
        if doc.state == RoutingState.WRAPPING:
            commands.close(doc, "completed")
    placing.place_all(
        commands.hand_back(doc, doc.agent, "agent_removed")
        for doc in lost
        if doc.agent and doc.state != RoutingState.WRAPPING
    )
    placing.fill(house.roster.online())


def _claimed(placing: Placing, event: ClaimCame) -> None:
    """Tell whom the conversation is with, or offered to; nothing of it changes."""
    doc = placing.house.get(event.conversation)
    if doc is None:
        return
    for agent in holders(doc):
        placing.tell_turn(doc, agent, event.turn, AssignmentState.CLAIMED)


def _due(placing: Placing, commands: Commands, due: Due) -> None:
    doc = placing.house.get(due.conversation) if due.conversation else None
    if doc is None or not due.due_at or doc.epoch != due.epoch or doc.due_at != due.due_at:
        return
    placing.now = max(placing.now, due.due_at)
    if doc.state == RoutingState.OFFERED and doc.agent is not None:
        _missed(placing, commands, doc)
    elif doc.state == RoutingState.WRAPPING:
        commands.close(doc, doc.closed_reason)
    elif doc.state in WAITING:
        placing.place(replace(doc, declined=()), may_hold=False)


def _missed(placing: Placing, commands: Commands, doc: RoutingDoc) -> None:
    """An offer was not answered: the next one is asked, and who misses too many is away."""
    agent, house = doc.agent, placing.house
    if agent is None:
        return
    back = commands.hand_back(doc, agent, "timeout")
    missed = house.roster.doc(agent).missed_offers + 1
    if missed >= OFFERS_MISSED_MAX and house.roster.is_online(agent):
        commands.leave(agent, Presence.AWAY, missed)
    else:
        house.put_agent(replace(house.roster.doc(agent), missed_offers=missed))
    placing.place(back, may_hold=False)
