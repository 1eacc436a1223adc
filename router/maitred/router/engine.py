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
from heapq import nsmallest

from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import AgentId, ConversationId, Tenant
from maitred.contracts.limits import CLOSED_AGE_MS, EVENT_RAMPS_MAX, EVENT_SAID_MAX
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
from maitred.router.handling.offers import lapse
from maitred.router.handling.presence import look, look_soon, watch
from maitred.router.handling.ramping import settle
from maitred.router.handling.serving import close
from maitred.router.handling.speaking import send_due
from maitred.router.handling.starting import put_right, waiting_in
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
        self._cut = False
        """Whether the last event could not hold all that agents with room might take."""
        self._late: list[ConversationId] | None = None
        """What may wait past its next step; looked for once after a start."""

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
        self._fresh, self._late = True, None

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
            self._late = waiting_in(house) if self._late is None else self._late
            self._fresh = not put_right(placing, self._late)
        elif self._cut:
            placing.fill(house.roster.online())
        _happened(placing, event)
        placing.fill(house.freed)
        for agent in sorted(house.freed):
            if house.roster.knows(agent):
                _freed(placing, agent)
        if not house.queue and (ramping := house.roster.ramping()):
            # There is no backlog left to be handed to anybody.
            for agent in nsmallest(EVENT_RAMPS_MAX, ramping):
                settle(placing, agent)
        self._cut = len(placing.said) >= EVENT_SAID_MAX
        if self._cut or self._fresh:
            _go_on(placing)
        return house.changes() + placing.said


def _happened(placing: Placing, event: Event) -> None:
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


def _freed(placing: Placing, agent: AgentId) -> None:
    """Note since when an agent is idle, and that he need not ramp up if nothing waits for it."""
    house = placing.house
    if house.roster.is_idle(agent):
        house.put_agent(replace(house.roster.doc(agent), idle_since=placing.now))
    if house.roster.doc(agent).allowance:
        settle(placing, agent)
        watch(placing, agent, holds=False)


def _go_on(placing: Placing) -> None:
    """See to it that an event follows which goes on where this one could hold no more."""
    online = placing.house.roster.online()
    if online:
        look_soon(placing, min(online))


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
        # A step may come before those who gave it back have been passed over for long enough.
        if placing.now >= placing.round_ends_at(doc):
            doc = replace(doc, declined=())
        placing.place(waited(placing, doc), may_hold=False)
