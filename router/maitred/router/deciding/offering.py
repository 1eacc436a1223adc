"""Offering: a conversation is offered to one agent, or to several of whom the first may have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from maitred.contracts.agents import AgentKind
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.routing import Reason, RoutingDoc, RoutingState
from maitred.router.events import Note

if TYPE_CHECKING:
    from maitred.router.deciding.placing import Placing


def offer(
    placing: Placing,
    doc: RoutingDoc,
    agents: tuple[AgentId, ...],
    rule: str,
    considered: tuple[Reason, ...] = (),
    tie_break: str = "",
) -> None:
    """Offer a conversation to agents under one new epoch; the best of them comes first.

    It takes up each of them until one accepts.
    """
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
    # A machine repeats what it is told. What was decided on tells of the journey (who served him
    # before, his tier, what moved his mood), which is for nobody who may not read it.
    is_open = doc.may_read and not doc.seems
    told = [each for each in agents if is_open or _is_human(placing, each)]
    if not told:
        placing.say(Note(decision))
    for each in agents:
        why = decision if each in told else None
        placing.tell(offered, each, AssignmentState.OFFERED, decision=why)


def _is_human(placing: Placing, agent: AgentId) -> bool:
    return placing.house.roster.agent(agent).kind == AgentKind.HUMAN
