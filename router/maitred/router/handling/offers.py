"""Offers: what becomes of them: accepted, declined, or left unanswered.

One that was made to several is the first one's who accepts; the others hear that it is taken.
Each of them may decline for himself, and all have missed it when its time is up.
"""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.agents import Command, Presence
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import OFFERS_MISSED_MAX
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents.roster import holders
from maitred.router.deciding.placing import Placing
from maitred.router.handling import asking, care
from maitred.router.handling.handing import (
    AGENT_AWAY,
    DECLINED,
    TAKEN,
    TIMEOUT,
    Refusal,
    note_given,
    take_from,
    taken_from_machines,
)
from maitred.router.handling.presence import leave, watch


def accept(placing: Placing, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
    """Let an agent have what he is offered; again, say so again."""
    if doc.state == RoutingState.ASSIGNED:
        placing.tell(doc, agent, AssignmentState.ASSIGNED, command=command.id)
        return ""
    if doc.state != RoutingState.OFFERED:
        return "wrong_state"
    taken = replace(
        doc,
        state=RoutingState.ASSIGNED,
        agent=agent,
        also=(),
        state_at=placing.now,
        due_at=0,
        declined=(),
    )
    placing.house.put(taken)
    _answered(placing, agent)
    care.took(placing, agent, doc.mood.label)
    watch(placing, agent, holds=True)
    placing.tell(taken, agent, AssignmentState.ASSIGNED, command=command.id)
    if doc.also:
        placing.note(taken, "first_to_accept")
    for other in holders(doc):
        if other != agent:
            placing.tell(taken, other, AssignmentState.REVOKED, reason=TAKEN)
    return ""


def decline(placing: Placing, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
    """Let an agent pass; others who are asked as well are not held up by it."""
    if doc.state != RoutingState.OFFERED:
        return "wrong_state"
    _answered(placing, agent)
    asked = doc
    if asking.word(command.reason) == asking.NEEDS_HUMAN_AUTHORITY:
        asked = asking.asking_for_human(placing, doc, agent)
    left = take_from(placing, asked, agent, DECLINED, command.id)
    note_given(placing, left, agent, DECLINED, command)
    left = taken_from_machines(placing, left)
    if left.state == RoutingState.WAITING:
        placing.place(left, may_hold=False)
    return ""


def lapse(placing: Placing, doc: RoutingDoc) -> None:
    """End an offer that nobody answered: others are asked, and who misses too many is away."""
    house, tired = placing.house, []
    for agent in holders(doc):
        doc = take_from(placing, doc, agent, TIMEOUT)
        state = house.roster.doc(agent)
        missed = state.missed_offers + 1
        house.put_agent(replace(state, missed_offers=missed))
        if missed >= OFFERS_MISSED_MAX and house.roster.is_online(agent):
            tired.append(agent)
    leave(placing, tired, Presence.AWAY, AGENT_AWAY, besides=[doc])


def _answered(placing: Placing, agent: AgentId) -> None:
    house = placing.house
    house.put_agent(replace(house.roster.doc(agent), missed_offers=0))
