"""Handing: how a conversation is taken from an agent, and how he gives it on himself.

Whatever leaves an agent is with somebody else, or waits with its age, when the event is over: a
handoff always lands. The two changes are written together, so no crash can part them.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from maitred.contracts.agents import AgentKind, Command
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.conversation import Needs
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import SKILLS_PER_AGENT_MAX
from maitred.contracts.routing import Reason, RoutingDoc, RoutingState
from maitred.router.agents.roster import holders
from maitred.router.deciding.placing import Placing, passed_over
from maitred.router.handling import asking

AGENT_AWAY: Final = "agent_away"
AGENT_OFFLINE: Final = "agent_offline"
AGENT_IDLE: Final = "agent_idle"
"""He gave no sign of life for `idle_seconds`."""
AGENT_LOST: Final = "agent_lost"
"""Nor for `lost_seconds`."""
AGENT_REMOVED: Final = "agent_removed"
TIMEOUT: Final = "timeout"
TAKEN: Final = "taken"
"""Of several who were asked, another was the first to accept."""
DECLINED: Final = "declined"
REQUEUED: Final = "requeued"
TRANSFERRED: Final = "transferred"
HOPS_MAX: Final = 8
"""Machines that hand a customer round do not see that nobody answers him."""
NEEDS_HUMAN: Final = "needs_human"
"""It was offered to a machine when it turned out to take a human: by what the customer wrote then,
or by what another who was asked as well found."""

GONE: Final = frozenset({AGENT_AWAY, AGENT_OFFLINE, AGENT_IDLE, AGENT_LOST, AGENT_REMOVED})
REVOKED: Final = GONE | {
    TIMEOUT,
    TAKEN,
    DECLINED,
    REQUEUED,
    TRANSFERRED,
    NEEDS_HUMAN,
}
"""Why a conversation is an agent's no longer, if no operator has to do with it."""

Refusal = str
"""Why a command is refused, in one stable word; empty if it is not."""


def take_from(
    placing: Placing, doc: RoutingDoc, agent: AgentId, reason: str, command: str = ""
) -> RoutingDoc:
    """Take a conversation from an agent with its age, and tell him why.

    What was offered to others as well stays offered to them. Otherwise it is returned as waiting,
    and must be placed in this event. Whoever had accepted it becomes its previous agent. He is
    passed over for this round, unless it is he who went: then he may have it as soon as he is
    back.
    """
    placing.tell(doc, agent, AssignmentState.REVOKED, reason=reason, command=command)
    declined = doc.declined if reason in GONE else passed_over(doc, agent)
    others = tuple(each for each in holders(doc) if each != agent)
    if others:
        left = replace(doc, agent=others[0], also=others[1:], declined=declined)
    else:
        served = doc.state == RoutingState.ASSIGNED
        left = replace(
            doc,
            state=RoutingState.WAITING,
            agent=None,
            also=(),
            previous_agent=agent if served else doc.previous_agent,
            seems=doc.seems and not served,
            declined=declined,
            state_at=placing.now,
            due_at=0,
        )
    placing.house.put(left)
    return left


def taken_from_machines(placing: Placing, doc: RoutingDoc) -> RoutingDoc:
    """Take from machines what takes a human by now; what waits then must be placed.

    People who are asked as well are not held up by it. What a machine serves already stays with it
    where no human of the house could ever have it: it is better than nobody.
    """
    if doc.state not in {RoutingState.OFFERED, RoutingState.ASSIGNED}:
        return doc
    if not placing.policy.signature(doc).human_only:
        return doc
    serves = doc.state == RoutingState.ASSIGNED
    for agent in holders(doc):
        if placing.house.roster.agent(agent).kind == AgentKind.HUMAN:
            continue
        if not serves or asking.somebody_could(placing, doc, agent):
            doc = take_from(placing, doc, agent, NEEDS_HUMAN)
    return doc


def note_given(
    placing: Placing, doc: RoutingDoc, agent: AgentId, rule: str, command: Command
) -> None:
    """Write down that an agent gave a conversation back, and his word for why."""
    who = Reason(agent=agent, excluded=rule)
    placing.note(doc, rule, (who,), reason=asking.word(command.reason))


def requeue(placing: Placing, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
    """Give a conversation back to the queue, with its age and what is to be known of it."""
    if doc.state != RoutingState.ASSIGNED:
        return "wrong_state"
    if asking.word(command.reason) == asking.NEEDS_HUMAN_AUTHORITY:
        doc = asking.asking_for_human(placing, doc, agent)
    back = take_from(placing, _with_handoff(doc, command), agent, REQUEUED, command.id)
    note_given(placing, back, agent, REQUEUED, command)
    placing.place(back, may_hold=False)
    return ""


def transfer(placing: Placing, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
    """Give a conversation to another agent, or to whoever meets a need."""
    asked, to = asking.asked_by(command), command.to
    if doc.state != RoutingState.ASSIGNED:
        return "wrong_state"
    if asked is None or to == agent or (to is None and asked == Needs()):
        return "bad_command"
    wanted = _with_handoff(asking.asking(doc, asked), command)
    if len(wanted.asked.skills) > SKILLS_PER_AGENT_MAX:
        return "bad_command"
    if asked != Needs() and not asking.somebody_could(placing, wanted, agent):
        return "nobody_can"
    if to is not None and (refusal := _unfit(placing, wanted, to)):
        return refusal
    if to is not None and not _is_human(placing, agent) and not _is_human(placing, to):
        if doc.hops >= HOPS_MAX:
            return "too_many_hops"
        wanted = replace(wanted, hops=doc.hops + 1)
    back = take_from(placing, wanted, agent, TRANSFERRED, command.id)
    note_given(placing, back, agent, TRANSFERRED, command)
    if to is None:
        placing.place(back, may_hold=False)
    else:
        placing.offer(back, to, "transfer")
    return ""


def _unfit(placing: Placing, doc: RoutingDoc, to: AgentId) -> Refusal:
    """Return why the agent of a transfer cannot have it now.

    Whether he has the skills is not asked: who chose him knows better.
    """
    roster = placing.house.roster
    if not roster.knows(to):
        return "unknown_agent"
    if not roster.is_online(to):
        return "agent_not_online"
    if doc.needs.human_only and roster.agent(to).kind != AgentKind.HUMAN:
        return "needs_human"
    if roster.is_spared(to, doc.mood.label):
        return "agent_spared"
    if not roster.has_room(to, doc.channel):
        return "agent_full"
    return ""


def _is_human(placing: Placing, agent: AgentId) -> bool:
    return placing.house.roster.agent(agent).kind == AgentKind.HUMAN


def _with_handoff(doc: RoutingDoc, command: Command) -> RoutingDoc:
    if command.handoff is None:
        return doc
    return replace(doc, handoff=asking.packet(command.handoff))
