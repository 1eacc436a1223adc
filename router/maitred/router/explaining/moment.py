"""Moment: the house as it stood when one decision was made, in the middle of its event.

Before an event and after it are known, but what was decided on stands between: what the event did
until then has been done, and what was decided later has not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc
from maitred.contracts.ids import ConversationId
from maitred.contracts.routing import Decision, RoutingDoc, RoutingState
from maitred.router.events import Effect, Note, SaveAgent, SaveRouting, Tell
from maitred.router.house import WAITING, House
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings


def at_decision(
    routing: Iterable[RoutingDoc],
    agents: Iterable[AgentDoc],
    effects: Sequence[Effect],
    decision: Decision,
    settings: RoutingSettings,
    policy: RoutingPolicy,
) -> tuple[House, RoutingDoc] | None:
    """Return the house at a decision, and its conversation as it waited to be placed.

    The documents are those before the event, the effects what followed from it. None where the
    decision is not among them.
    """
    before = {doc.conversation: doc for doc in routing}
    after = {each.doc.conversation: each.doc for each in effects if isinstance(each, SaveRouting)}
    own = after.get(decision.conversation)
    earlier = _decided_before(effects, decision)
    if own is None or earlier is None:
        return None
    house = House(settings, policy)
    changed = {each.doc.id: each.doc for each in effects if isinstance(each, SaveAgent)}
    for agent in {**{doc.id: doc for doc in agents}, **changed}.values():
        house.put_agent(agent)
    waited = _waiting(own, step=decision.step)
    for doc in {**before, **after}.values():
        if doc.conversation != decision.conversation:
            house.put(_stood(doc, before, earlier))
    house.put(waited)
    return house, waited


def _decided_before(
    effects: Sequence[Effect], decision: Decision
) -> Mapping[ConversationId, bool] | None:
    """Return which conversations of the event were decided on, and whether before this one."""
    found: dict[ConversationId, bool] = {}
    is_before = True
    for effect in effects:
        match effect:
            case Note(decision=each):
                pass
            case Tell(assignment=assignment) if assignment.decision is not None:
                each = assignment.decision
            case _:
                continue
        if (each.conversation, each.epoch, each.rule) == (
            decision.conversation,
            decision.epoch,
            decision.rule,
        ):
            is_before = False
        else:
            found.setdefault(each.conversation, is_before)
    return None if is_before else found


def _stood(
    doc: RoutingDoc,
    before: Mapping[ConversationId, RoutingDoc],
    decided: Mapping[ConversationId, bool],
) -> RoutingDoc:
    """Return where another conversation stood: what is decided on later still waits."""
    if decided.get(doc.conversation, True):
        return doc
    old = before.get(doc.conversation)
    return old if old is not None and old.state in WAITING else _waiting(doc, step=doc.step)


def _waiting(doc: RoutingDoc, *, step: int) -> RoutingDoc:
    """Return a conversation as it waits for somebody to be found."""
    return replace(doc, state=RoutingState.WAITING, agent=None, also=(), step=step, due_at=0)
