"""The naive router's commands: what agents do with what they are offered and have."""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.agents import Command, Presence
from maitred.contracts.conversation import Needs, SkillNeed
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import OFFERS_MISSED_MAX
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.handling.handing import HOPS_MAX
from maitred.router.mood.pressure import relieved
from tests.router.naive import presence
from tests.router.naive.deciding import offer, place
from tests.router.naive.house import House, having

S = RoutingState
AUTHORITY = "needs_human_authority"


# -- an offer
def accept(house: House, doc: RoutingDoc, agent: AgentId) -> None:
    """Let the first who accepts have it."""
    if doc.state == S.OFFERED:
        mine = replace(doc, state=S.ASSIGNED, agent=agent, also=())
        house.put(replace(mine, state_at=house.now, due_at=0, declined=()))
        house.change(agent, missed_offers=0)
        presence.accepted(house, agent, doc.mood.label)


def decline(house: House, doc: RoutingDoc, agent: AgentId, reason: str) -> None:
    """Leave it to the others who are asked, if there are any."""
    if doc.state != S.OFFERED:
        return
    house.change(agent, missed_offers=0)
    if reason == AUTHORITY:
        doc = asking_for_people(house, doc, agent)
    leave_to_people(house, presence.take(house, doc, agent, passed=True))


def leave_to_people(house: House, doc: RoutingDoc) -> None:
    """Take from machines what takes a human by now, and place what nobody has.

    Served by a machine is better than by nobody, where no human could ever have it.
    """
    if doc.state in {S.OFFERED, S.ASSIGNED} and house.policy.signature(doc).human_only:
        serves = doc.state == S.ASSIGNED
        for agent in having(doc):
            if not house.is_human(agent) and (not serves or house.can_ever(doc, agent)):
                doc = presence.take(house, doc, agent, passed=True)
    if doc.state == S.WAITING:
        place(house, doc)


def lapse(house: House, doc: RoutingDoc) -> None:
    """All who were asked have missed it, and who missed too many in a row is away."""
    tired = []
    for agent in having(doc):
        doc = presence.take(house, doc, agent, passed=True)
        missed = house.agents[agent].missed_offers + 1
        house.change(agent, missed_offers=missed)
        if missed >= OFFERS_MISSED_MAX and agent in house.online():
            tired.append(agent)
    presence.leave(house, tired, Presence.AWAY, besides=[doc])


# -- a conversation that he has
def reply(house: House, doc: RoutingDoc) -> None:
    if doc.state in {S.ASSIGNED, S.WRAPPING}:
        house.put(replace(doc, unanswered=0, waits_since=0, mood=relieved(doc.mood)))


def complete(house: House, doc: RoutingDoc) -> None:
    wrap_up = round(house.settings.wrap_up_seconds * 1000)
    if doc.state == S.ASSIGNED and wrap_up:
        due_at = house.now + wrap_up
        house.put(replace(doc, state=S.WRAPPING, state_at=house.now, due_at=due_at))
    elif doc.state in {S.ASSIGNED, S.WRAPPING}:
        presence.close(house, doc)


def requeue(house: House, doc: RoutingDoc, agent: AgentId, said: Command) -> None:
    if doc.state != S.ASSIGNED:
        return
    if said.reason == AUTHORITY:
        doc = asking_for_people(house, doc, agent)
    place(house, presence.take(house, _told(doc, said), agent, passed=True))


def transfer(house: House, doc: RoutingDoc, agent: AgentId, said: Command) -> None:
    """Hand it to an agent who is there and has room, or to whoever meets a need."""
    need = Needs(
        skills=tuple(SkillNeed(skill=skill, level=level) for skill, level in said.skills.items()),
        language=said.language,
        human_only=said.human,
    )
    asks = need != Needs()
    wanted = asking(doc, replace(need, because=("transfer",))) if asks else doc
    if doc.state != S.ASSIGNED or said.to == agent or not (said.to or asks):
        return
    if asks and not house.can_ever(wanted, agent):
        return
    if said.to is None:
        place(house, presence.take(house, _told(wanted, said), agent, passed=True))
    elif _may_be_given(house, wanted, said.to):
        if not house.is_human(agent) and not house.is_human(said.to):
            if doc.hops == HOPS_MAX:
                return
            wanted = replace(wanted, hops=doc.hops + 1)
        offer(house, presence.take(house, _told(wanted, said), agent, passed=True), [said.to])


def _may_be_given(house: House, doc: RoutingDoc, to: AgentId) -> bool:
    return (
        to in house.online()
        and (house.is_human(to) or not doc.needs.human_only)
        and not house.is_spared(to, doc)
        and house.has_room(to, doc.channel)
    )


def _told(doc: RoutingDoc, said: Command) -> RoutingDoc:
    return replace(doc, handoff=said.handoff or doc.handoff)


# -- what agents ask for, on top of what the rules ask
def asking(doc: RoutingDoc, need: Needs) -> RoutingDoc:
    return replace(doc, needs=both(doc.needs, need), asked=both(doc.asked, need))


def asking_for_people(house: House, doc: RoutingDoc, but: AgentId) -> RoutingDoc:
    """Ask for people from now on, unless the house has none for it."""
    asked = asking(doc, Needs(human_only=True, because=(AUTHORITY,)))
    return asked if house.can_ever(asked, but) else doc


def both(needs: Needs, more: Needs) -> Needs:
    levels: dict[str, float] = {}
    for each in (*needs.skills, *more.skills):
        levels[each.skill] = max(each.level, levels.get(each.skill, 0.0))
    return replace(
        needs,
        skills=tuple(SkillNeed(skill=skill, level=levels[skill]) for skill in sorted(levels)),
        language=more.language or needs.language,
        human_only=needs.human_only or more.human_only,
        because=tuple(sorted({*needs.because, *more.because})),
    )
