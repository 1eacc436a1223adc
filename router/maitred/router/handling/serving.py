"""Serving: how the holder of a conversation is done with it."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from maitred.contracts.agents import Command
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.deciding.placing import Placing
from maitred.router.handling.handing import Refusal

REASON_CHARACTERS_MAX: Final = 200


def complete(placing: Placing, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
    """Be done with a conversation, at once or after the time to finish; again, say so again."""
    wrap_up = round(placing.settings.wrap_up_seconds * SECOND_MS)
    if doc.state == RoutingState.ASSIGNED and wrap_up:
        doc = replace(
            doc,
            state=RoutingState.WRAPPING,
            state_at=placing.now,
            due_at=placing.now + wrap_up,
            closed_reason=command.reason[:REASON_CHARACTERS_MAX],
        )
        placing.house.put(doc)
    elif doc.state in {RoutingState.ASSIGNED, RoutingState.WRAPPING}:
        doc = close(placing, doc, command.reason or doc.closed_reason)
    elif doc.state != RoutingState.CLOSED:
        return "wrong_state"
    reason = "wrap_up" if doc.state == RoutingState.WRAPPING else ""
    placing.tell(doc, agent, AssignmentState.CLOSED, reason=reason, command=command.id)
    return ""


def close(placing: Placing, doc: RoutingDoc, reason: str) -> RoutingDoc:
    """Close a conversation that an agent has; its slot is free."""
    closed = replace(
        doc,
        state=RoutingState.CLOSED,
        agent=None,
        previous_agent=doc.agent,
        seems=False,
        state_at=placing.now,
        due_at=0,
        declined=(),
        closed_reason=reason[:REASON_CHARACTERS_MAX],
    )
    placing.house.put(closed)
    placing.note(closed, "completed")
    return closed
