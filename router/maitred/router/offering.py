"""Offering: a conversation is offered to one agent, or to several of whom the first may have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from maitred.contracts.agents import (
    AgentKind,
    AssignmentState,
    Reason,
    RoutingDoc,
    RoutingState,
)
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import SECOND_MS
from maitred.router.events import Note

if TYPE_CHECKING:
    from maitred.router.placing import Placing


def offer(
    placing: Placing,
    doc: RoutingDoc,
    agents: tuple[AgentId, ...],
    rule: str,
    considered: tuple[Reason, ...] = (),
    tie_break: str = "",
) -> None:
    """Offer a conversation under a new epoch; with several agents, the first may be the best."""
    agent, *also = agents
    offered = replace(
        doc,
        state=RoutingState.OFFERED,
        agent=agent,
        also=tuple(also),
        epoch=doc.epoch + 1,
        state_at=placing.now,
        due_at=placing.now + round(placing.settings.offer_seconds * SECOND_MS),
    )
    placing.house.put(offered)
    decision = placing.decision(offered, rule, considered, tie_break=tie_break)
    if doc.seems and placing.house.roster.agent(agent).kind != AgentKind.HUMAN:
        # It repeats what it is told, and nobody may hear whom he seems to be.
        placing.say(Note(decision))
        placing.tell(offered, agent, AssignmentState.OFFERED)
    else:
        placing.tell(offered, agent, AssignmentState.OFFERED, decision=decision)
