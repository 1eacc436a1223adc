"""Commands: what each verb of an agent does, and why it is refused if it is.

Only the holder may speak, and only under the epoch that he was given: a command that comes late
meets a newer epoch and is told so. A repeated accept or completion is answered again and
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from maitred.contracts.agents import Admitted, Command, Verb
from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.ids import AgentId
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents.roster import holders
from maitred.router.deciding.placing import Placing
from maitred.router.events import Tell
from maitred.router.handling import handing, offers, presence, serving, speaking
from maitred.router.handling.handing import Refusal

COMMAND_ID_CHARACTERS_MAX: Final = 128
_SERVED: Final = frozenset({RoutingState.ASSIGNED, RoutingState.WRAPPING, RoutingState.CLOSED})

_Act = Callable[[Placing, RoutingDoc, AgentId, Command], Refusal]
_ACTS: Final[Mapping[Verb, _Act]] = {
    Verb.ACCEPT: offers.accept,
    Verb.DECLINE: offers.decline,
    Verb.REQUEUE: handing.requeue,
    Verb.TRANSFER: handing.transfer,
    Verb.COMPLETE: serving.complete,
}
_Speak = Callable[[Placing, RoutingDoc, Admitted], Refusal]
_SPEAKS: Final[Mapping[Verb, _Speak]] = {
    Verb.REPLY: speaking.reply,
    Verb.EDIT: speaking.edit,
    Verb.CANCEL: speaking.cancel,
}


def carry_out(placing: Placing, admitted: Admitted) -> None:
    """Do what an agent says, or tell him why not."""
    refusal = _attempt(placing, admitted)
    if refusal:
        _refuse(placing, admitted, refusal)


def _attempt(placing: Placing, admitted: Admitted) -> Refusal:
    house, agent, command = placing.house, admitted.agent, admitted.command
    if not house.roster.knows(agent):
        return "unknown_agent"
    presence.seen(placing, agent)
    if not command.id or len(command.id) > COMMAND_ID_CHARACTERS_MAX:
        return "bad_command"
    if admitted.verb == Verb.PRESENCE:
        return presence.announce(placing, agent, command)
    act, speak = _ACTS.get(admitted.verb), _SPEAKS.get(admitted.verb)
    if (act is None and speak is None) or command.conversation is None:
        return "bad_command"
    doc = house.get(command.conversation)
    if doc is None:
        return "unknown_conversation"
    if command.epoch != doc.epoch:
        return "stale_epoch"
    finished = doc.state == RoutingState.CLOSED and doc.previous_agent == agent
    if agent not in holders(doc) and not finished:
        # An offer to several has one epoch, so it cannot tell the late from the first.
        late = admitted.verb == Verb.ACCEPT and doc.state in _SERVED
        return "taken" if late else "not_yours"
    if admitted.refusal:
        return admitted.refusal
    if speak is not None:
        return speak(placing, doc, admitted)
    return act(placing, doc, agent, command) if act is not None else "bad_command"


def _refuse(placing: Placing, admitted: Admitted, refusal: Refusal) -> None:
    command = admitted.command
    # What nobody knows must not come back in a subject.
    known = placing.house.get(command.conversation) if command.conversation else None
    own = known if known is not None and admitted.agent in holders(known) else None
    assignment = Assignment(
        tenant=placing.tenant,
        state=AssignmentState.REFUSED,
        conversation=known.conversation if known else None,
        agent=admitted.agent,
        epoch=command.epoch,
        at=placing.now,
        may_read=own is not None and own.may_read,
        act_until=own.act_until if own is not None else 0,
        reason=refusal,
        command=command.id[:COMMAND_ID_CHARACTERS_MAX],
    )
    placing.say(Tell(assignment))
