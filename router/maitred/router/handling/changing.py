"""Changing: what becomes of a conversation that an operator split, joined, undid or erased.

Nobody wrote, so nothing counts as a message; but whoever has the conversation must know what it is
now, and whoever waits goes on waiting under the age that he had.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from maitred.contracts.assignments import AssignmentState
from maitred.contracts.entry import Work
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.operations import ChangeKind, ConversationChange
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents.roster import HOLDING, holders
from maitred.router.deciding.placing import Placing
from maitred.router.events import Forget
from maitred.router.handling.arriving import opened, resumed, updated, wait_on
from maitred.router.handling.asking import inheriting
from maitred.router.handling.handing import taken_from_machines
from maitred.router.house import ERASED, WAITING

JOINED: Final = "joined"
"""Why a conversation that stands in another one now was closed, and taken from its agent."""
CHANGED: Final = "changed"
WITHDRAWN: Final = "withdrawn"
"""Why a conversation was closed whose customer left, or needs no answer any more."""


def change(placing: Placing, event: ConversationChange) -> None:
    """Take in what an operator did to a conversation."""
    match event.kind:
        case ChangeKind.OPENED if event.work is not None:
            _opened(placing, event, event.work)
        case ChangeKind.CHANGED if event.work is not None:
            _changed(placing, event, event.work)
        case ChangeKind.JOINED:
            _joined(placing, event)
        case ChangeKind.WITHDRAWN:
            _withdrawn(placing, event.conversation)
        case ChangeKind.ERASED:
            _erased(placing, event.conversation)


def _opened(placing: Placing, event: ConversationChange, work: Work) -> None:
    """Somebody must have it: with the age of what it holds, if that is older than its own."""
    doc = placing.house.get(work.conversation)
    arrived_at = event.arrived_at or work.accepted_at
    if doc is None or doc.state == RoutingState.CLOSED:
        begun = opened(placing, work, doc, event.reply_to, arrived_at=arrived_at, agent=event.agent)
        placing.place(begun, may_hold=True)
    else:
        older = replace(doc, arrived_at=min(doc.arrived_at, arrived_at))
        _renew(placing, older, event, work, CHANGED)


def _changed(placing: Placing, event: ConversationChange, work: Work) -> None:
    doc = placing.house.get(work.conversation)
    if doc is not None and doc.state != RoutingState.CLOSED:
        _renew(placing, doc, event, work, CHANGED)


def _renew(
    placing: Placing, doc: RoutingDoc, event: ConversationChange, work: Work, why: str
) -> None:
    """Let whoever has it know what it is now, or look again at what it waits for."""
    before = placing.house.get(doc.conversation)
    renewed = updated(placing, doc, work, event.reply_to)
    if doc.state in WAITING:
        if before is not None and before.arrived_at == doc.arrived_at:
            wait_on(placing, doc, work, event.reply_to)
        else:
            placing.place(renewed, may_hold=False)
        return
    placing.house.put(renewed)
    renewed = taken_from_machines(placing, renewed)
    for agent in holders(renewed):
        placing.tell(renewed, agent, AssignmentState.UPDATED, reason=why)
    if renewed.state == RoutingState.WAITING:
        placing.place(renewed, may_hold=False)


def _joined(placing: Placing, event: ConversationChange) -> None:
    """Close what stands in another now, and let that one go on with the age of both.

    Where nobody had the other one any more, it begins anew: its customer still waits.
    """
    doc = placing.house.get(event.conversation)
    was_open = doc is not None and doc.state != RoutingState.CLOSED
    holder = _close(placing, doc, JOINED) if doc is not None and was_open else None
    work = event.work
    if work is None:
        return
    into = placing.house.get(work.conversation)
    arrived_at = doc.arrived_at if doc is not None and was_open else placing.now
    if into is None or into.state == RoutingState.CLOSED:
        if was_open:
            agent = into.previous_agent if into is not None else None
            begun = opened(
                placing, work, into, event.reply_to, arrived_at=arrived_at, agent=agent or holder
            )
            placing.place(inheriting(begun, doc), may_hold=True)
        return
    older = replace(
        inheriting(into, doc) if was_open else into,
        arrived_at=min(into.arrived_at, arrived_at),
        previous_agent=into.previous_agent or holder,
    )
    _renew(placing, resumed(older, placing.now) if was_open else older, event, work, JOINED)


def _withdrawn(placing: Placing, conversation: ConversationId) -> None:
    """Close a conversation that nobody needs to answer; whoever had it is free."""
    doc = placing.house.get(conversation)
    if doc is not None and doc.state != RoutingState.CLOSED:
        _close(placing, doc, WITHDRAWN)


def _close(placing: Placing, doc: RoutingDoc, why: str) -> AgentId | None:
    """Close a conversation wherever it stands, and return who is known to have served it.

    The epoch is a new one, so that what its agent still says of it comes too late.
    """
    served = doc.agent if doc.state in HOLDING - {RoutingState.OFFERED} else None
    closed = replace(
        doc,
        state=RoutingState.CLOSED,
        epoch=doc.epoch + 1,
        agent=None,
        also=(),
        previous_agent=served or doc.previous_agent,
        seems=doc.seems and served is None,
        state_at=placing.now,
        due_at=0,
        declined=(),
        closed_reason=why,
    )
    placing.house.put(closed)
    placing.note(closed, why)
    for agent in holders(doc):
        placing.tell(doc, agent, AssignmentState.REVOKED, reason=why)
    return None if closed.seems else closed.previous_agent


def _erased(placing: Placing, conversation: ConversationId) -> None:
    """Forget a conversation at once; whoever had it hears that it is gone, and is free."""
    doc = placing.house.get(conversation)
    if doc is None:
        return
    placing.house.erase(conversation)
    placing.say(Forget(conversation))
    for agent in holders(doc):
        placing.tell(doc, agent, AssignmentState.REVOKED, reason=ERASED)
