"""Presence: who takes work, who gave no sign of life for too long, and when to look again.

Any command is a sign of life. It is written down only if the last one is old, since a document for
each command would cost more than it tells; so silence is measured from a quarter of `idle_seconds`
later, and is never shorter than the settings say. Only who has accepted something is timed out:
an agent may wait for work as long as he likes, and whether he is there, his next offer shows.

An agent has one deadline, the earliest that he may need. One that turns out to be too early is
set anew when it comes; that is cheaper than to move it with everything he does.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc, Command, Presence
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import EVENT_HANDED_MAX, SECOND_MS
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.deciding.placing import Placing
from maitred.router.handling import care, ramping
from maitred.router.handling.handing import (
    AGENT_AWAY,
    AGENT_IDLE,
    AGENT_LOST,
    AGENT_OFFLINE,
    Refusal,
    take_from,
)
from maitred.router.handling.serving import close
from maitred.router.settings import RoutingSettings

ACCEPTED = frozenset({RoutingState.ASSIGNED, RoutingState.WRAPPING})
_AT_HAND = frozenset({Presence.ONLINE, Presence.AWAY})


def announce(placing: Placing, agent: AgentId, command: Command) -> Refusal:
    """Carry out what an agent says of himself; what he said before is a sign of life."""
    presence = command.presence
    if presence is None or presence == Presence.UNKNOWN:
        return "bad_command"
    if presence == placing.house.roster.doc(agent).presence:
        return ""
    if presence == Presence.ONLINE:
        _come(placing, agent)
    else:
        reason = AGENT_OFFLINE if presence == Presence.OFFLINE else AGENT_AWAY
        leave(placing, [agent], presence, reason)
    return ""


def _come(placing: Placing, agent: AgentId) -> None:
    house, now = placing.house, placing.now
    doc = house.roster.doc(agent)
    begins = doc.presence != Presence.AWAY
    here = replace(
        doc,
        presence=Presence.ONLINE,
        presence_at=now,
        idle_since=now,
        missed_offers=0,
        seen_at=now,
        angry_in_a_row=0 if begins else doc.angry_in_a_row,
        spared_until=0 if begins else doc.spared_until,
    )
    house.put_agent(here)
    house.put_agent(replace(here, allowance=ramping.first(placing, agent)))
    house.freed.add(agent)
    if _holds(placing, agent):
        watch(placing, agent, holds=True)


def leave(
    placing: Placing,
    agents: Iterable[AgentId],
    presence: Presence,
    reason: str,
    besides: Iterable[RoutingDoc] = (),
) -> None:
    """Take agents off line or away, and hand on what may not stay with them.

    Away keeps what it has accepted; off line keeps nothing, but what was complete is closed. What
    needs an agent `besides` is placed together with what they leave, the most urgent first.
    """
    house, gone = placing.house, list(agents)
    for agent in gone:
        doc = house.roster.doc(agent)
        house.put_agent(replace(doc, presence=presence, presence_at=placing.now, allowance=0))
    _hand_on(placing, gone, reason, besides)


def _hand_on(
    placing: Placing, gone: Iterable[AgentId], reason: str, besides: Iterable[RoutingDoc] = ()
) -> None:
    """Hand on what may not stay with agents who went: as much as an event may hold, the rest soon.

    A machine may have had hundreds, and all that an event does is written in one batch.
    """
    homeless = list(besides)
    handed, most = 0, handed_max(placing.settings)
    for agent in gone:
        for doc in _may_not_stay(placing, agent):
            handed += 1
            if handed > most:
                look_soon(placing, agent)
                break
            if doc.state == RoutingState.HELD:
                homeless.append(doc)
            elif doc.state == RoutingState.WRAPPING:
                close(placing, doc, doc.closed_reason)
            elif (left := take_from(placing, doc, agent, reason)).state == RoutingState.WAITING:
                homeless.append(left)
    placing.place_all(homeless)


def _may_not_stay(placing: Placing, agent: AgentId) -> list[RoutingDoc]:
    """Return what is kept for an agent, and what he has, that he may not keep as he is now."""
    house = placing.house
    presence = house.roster.doc(agent).presence
    if presence not in {Presence.AWAY, Presence.OFFLINE}:
        return []
    ids = [*house.queue.held_for(agent), *house.roster.holdings(agent)]
    docs = [doc for each in ids if (doc := house.get(each))]
    return [doc for doc in docs if presence == Presence.OFFLINE or doc.state not in ACCEPTED]


def handed_max(settings: RoutingSettings) -> int:
    """Return how many conversations may be taken from agents in one event, and be offered."""
    return max(EVENT_HANDED_MAX // max(settings.broadcast.values(), default=1), 1)


def look_soon(placing: Placing, agent: AgentId) -> None:
    """Have an agent looked at in the next moment: an event of its own goes on where this ends."""
    doc, soon = placing.house.roster.doc(agent), placing.now + 1
    placing.house.put_agent(replace(doc, due_at=min(doc.due_at or soon, soon)))


# -- signs of life
def seen(placing: Placing, agent: AgentId) -> None:
    """Take note that an agent is alive, if the last sign that was written down is old."""
    doc, quarter = placing.house.roster.doc(agent), _quarter_ms(placing.settings)
    if quarter and doc.presence in _AT_HAND and placing.now - doc.seen_at > quarter:
        placing.house.put_agent(replace(doc, seen_at=placing.now))


def unwatched(placing: Placing, agents: Iterable[AgentId]) -> list[AgentId]:
    """Return which of those who have accepted something lack a deadline, as after an upgrade."""
    docs = [placing.house.roster.doc(agent) for agent in sorted(agents)]
    return [doc.id for doc in docs if not doc.due_at and _silent_at(placing.settings, doc)]


def look_after(placing: Placing, agent: AgentId) -> None:
    """Give an agent a deadline: what he did before nobody wrote down, so his time begins now."""
    doc = placing.house.roster.doc(agent)
    placing.house.put_agent(replace(doc, seen_at=placing.now))
    watch(placing, agent, holds=True)


# -- deadlines
def watch(placing: Placing, agent: AgentId, *, holds: bool) -> None:
    """See to it that an agent has a deadline as early as he needs it.

    `holds` is whether he has accepted something, where that may be new.
    """
    doc = placing.house.roster.doc(agent)
    silent_at = _silent_at(placing.settings, doc) if holds else 0
    times = [each for each in (ramping.next_at(placing, doc), doc.spared_until, silent_at) if each]
    if times and (not doc.due_at or min(times) < doc.due_at):
        # Later than now: a deadline that came already must not be asked for again.
        placing.house.put_agent(replace(doc, due_at=max(min(times), placing.now + 1)))


def look(placing: Placing, agent: AgentId, due_at: int) -> None:
    """Look at an agent whose deadline has come; one that was overtaken does nothing."""
    house = placing.house
    if not house.roster.knows(agent) or not due_at or house.roster.doc(agent).due_at != due_at:
        return
    late = placing.now - due_at > _quarter_ms(placing.settings)
    placing.now = max(placing.now, due_at)
    house.put_agent(replace(house.roster.doc(agent), due_at=0))
    away = house.roster.doc(agent).presence == Presence.AWAY
    _hand_on(placing, [agent], AGENT_AWAY if away else AGENT_OFFLINE)
    has_room = ramping.grow(placing, agent)
    may_take = care.rested(placing, agent)
    if _holds(placing, agent):
        _judge_silence(placing, agent, late=late)
    if has_room or may_take:
        placing.fill([agent])
        ramping.settle(placing, agent)
    watch(placing, agent, holds=_holds(placing, agent))


def _judge_silence(placing: Placing, agent: AgentId, *, late: bool) -> None:
    """Let an agent go who was silent for too long, unless it was the house that slept.

    Where the deadline comes late, nobody listened meanwhile, and what he said is still to come.
    """
    doc, settings = placing.house.roster.doc(agent), placing.settings
    if not 0 < _silent_at(settings, doc) <= placing.now:
        return
    if late:
        placing.house.put_agent(replace(doc, seen_at=placing.now))
    elif doc.presence == Presence.ONLINE and settings.idle_seconds:
        leave(placing, [agent], Presence.AWAY, AGENT_IDLE)
    else:
        leave(placing, [agent], Presence.OFFLINE, AGENT_LOST)


def _silent_at(settings: RoutingSettings, doc: AgentDoc) -> int:
    """Return when an agent was silent for too long if he says nothing more; 0 for never."""
    if doc.presence not in _AT_HAND:
        return 0
    online = doc.presence == Presence.ONLINE
    seconds = (settings.idle_seconds if online else 0) or settings.lost_seconds
    return doc.seen_at + _quarter_ms(settings) + round(seconds * SECOND_MS) if seconds else 0


def _quarter_ms(settings: RoutingSettings) -> int:
    return round((settings.idle_seconds or settings.lost_seconds) * SECOND_MS) // 4


def _holds(placing: Placing, agent: AgentId) -> bool:
    """Return whether an agent has accepted something that he still has."""
    house = placing.house
    return any(
        (doc := house.get(each)) is not None and doc.state in ACCEPTED
        for each in house.roster.holdings(agent)
    )
