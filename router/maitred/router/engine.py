"""Engine: events and `now` in, effects out; no I/O, no clock, no chance.

What it does is a function of the documents, the settings, the event and `now`: an engine that
was rebuilt from the documents answers like one that never stopped. After every event no agent
has room for a conversation that waits for anybody and that he suits; who ramps up has room for
less, and who is spared suits no angry customer, both for a bounded time.

Deadlines stand in the documents (`due_at`) of conversations and agents and come back as
`DueCame`; one that was overtaken is known by its epoch and time, and does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import AgentId, Tenant
from maitred.contracts.limits import CLOSED_AGE_MS
from maitred.contracts.routing import Due, RoutingDoc, RoutingState
from maitred.router.agents.roster import holders
from maitred.router.deciding.placing import Placing
from maitred.router.events import (
    ChangeCame,
    ClaimCame,
    CommandCame,
    DueCame,
    Effect,
    Event,
    UndeliveredCame,
    WorkArrived,
)
from maitred.router.handling.arriving import arrive, waited
from maitred.router.handling.changing import change
from maitred.router.handling.commands import carry_out
from maitred.router.handling.failing import tell_undelivered
from maitred.router.handling.handing import AGENT_REMOVED, take_from
from maitred.router.handling.offers import lapse
from maitred.router.handling.presence import ACCEPTED, look, look_after, watch
from maitred.router.handling.ramping import settle
from maitred.router.handling.serving import close
from maitred.router.handling.speaking import send_due
from maitred.router.house import ERASED, WAITING, House
from maitred.router.port import RoutingPolicy
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
        if self._fresh:
            self._fresh = False
            _put_right(placing)
        match event:
            case WorkArrived():
                arrive(placing, event)
            case ClaimCame():
                _claimed(placing, event)
            case CommandCame():
                carry_out(placing, event.admitted)
            case DueCame():
                _due(placing, event.due)
            case ChangeCame():
                change(placing, event.change)
            case UndeliveredCame():
                tell_undelivered(placing, event.undelivered)
        placing.fill(house.freed)
        for agent in sorted(house.freed):
            if house.roster.knows(agent):
                _freed(placing, agent)
        return house.changes() + placing.said


def _freed(placing: Placing, agent: AgentId) -> None:
    """Note since when an agent is idle, and that he need not ramp up if nothing waits for it."""
    house = placing.house
    if house.roster.is_idle(agent):
        house.put_agent(replace(house.roster.doc(agent), idle_since=placing.now))
    if house.roster.doc(agent).allowance:
        settle(placing, agent)
        watch(placing, agent, holds=False)


def _put_right(placing: Placing) -> None:
    """After a start: free what agents hold who are gone, and let everybody fill his slots."""
    house = placing.house
    homeless: list[RoutingDoc] = []
    accepted: set[AgentId] = set()
    for doc in house.taken():
        gone = [agent for agent in holders(doc) if not house.roster.knows(agent)]
        if gone and doc.state == RoutingState.WRAPPING:
            close(placing, doc, "completed")
        elif gone:
            left = doc
            for agent in gone:
                left = take_from(placing, left, agent, AGENT_REMOVED)
            homeless += [left] if left.state == RoutingState.WAITING else []
        elif doc.state in ACCEPTED:
            accepted.update(holders(doc))
    placing.place_all(homeless)
    look_after(placing, accepted)
    placing.fill(house.roster.online())


def _claimed(placing: Placing, event: ClaimCame) -> None:
    """Tell whom the conversation is with, or offered to; nothing of it changes."""
    doc = placing.house.get(event.conversation)
    if doc is None:
        return
    for agent in holders(doc):
        placing.tell_turn(doc, agent, event.turn, AssignmentState.CLAIMED)


def _due(placing: Placing, due: Due) -> None:
    if due.agent is not None:
        look(placing, due.agent, due.due_at)
        return
    doc = placing.house.get(due.conversation) if due.conversation else None
    if doc is not None and due.reply is not None:
        send_due(placing, doc, due.reply, due.due_at)
        return
    if doc is None or not due.due_at or doc.epoch != due.epoch or doc.due_at != due.due_at:
        return
    placing.now = max(placing.now, due.due_at)
    if doc.state == RoutingState.OFFERED:
        lapse(placing, doc)
    elif doc.state == RoutingState.WRAPPING:
        close(placing, doc, doc.closed_reason)
    elif doc.state in WAITING:
        placing.place(waited(placing, replace(doc, declined=())), may_hold=False)
