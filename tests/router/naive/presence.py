"""The naive router's agents: who comes and goes, ramps up, is spared, or falls silent.

It sets no deadlines: it says by when each agent must be looked at (`look_at`), and what the time
has brought whenever he is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec.structs import replace

from maitred.contracts.agents import Presence
from maitred.contracts.ids import AgentId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from tests.router.naive.deciding import place_all, takeable
from tests.router.naive.house import ACCEPTED, UNIT, House, having

S = RoutingState
STEPS_MAX = 6


def come(house: House, agent: AgentId) -> None:
    old = house.agents[agent].presence
    if old == Presence.ONLINE:
        return
    house.change(
        agent,
        presence=Presence.ONLINE,
        presence_at=house.now,
        seen_at=house.now,
        idle_since=house.now,
        missed_offers=0,
    )
    if old == Presence.OFFLINE:
        house.change(agent, angry_in_a_row=0, spared_until=0)
    _begin_ramp(house, agent)


def leave(
    house: House, agents: Iterable[AgentId], presence: Presence, besides: Iterable[RoutingDoc] = ()
) -> None:
    """Who is away keeps what he has accepted; who is off line keeps nothing."""
    homeless = list(besides)
    for agent in agents:
        house.change(agent, presence=presence, presence_at=house.now, allowance=0)
    for agent in agents:
        homeless += [
            doc
            for doc in house.docs.values()
            if doc.state == S.HELD and doc.previous_agent == agent
        ]
        for doc in house.held_by(agent):
            if doc.state == S.OFFERED or presence == Presence.OFFLINE:
                left = close(house, doc) if doc.state == S.WRAPPING else take(house, doc, agent)
                homeless += [left] if left.state == S.WAITING else []
    place_all(house, homeless)


def take(house: House, doc: RoutingDoc, agent: AgentId, *, passed: bool = False) -> RoutingDoc:
    """Take a conversation from an agent; what others are offered as well stays offered to them."""
    others = [each for each in having(doc) if each != agent]
    if passed:
        declined = (*(each for each in doc.declined if each != agent), agent)
        doc = replace(doc, declined=declined)
    if others:
        return house.put(replace(doc, agent=others[0], also=tuple(others[1:])))
    if doc.state == S.ASSIGNED:
        doc = replace(doc, previous_agent=agent)
    return house.put(
        replace(doc, state=S.WAITING, agent=None, also=(), state_at=house.now, due_at=0)
    )


def close(house: House, doc: RoutingDoc) -> RoutingDoc:
    return house.put(
        replace(
            doc,
            state=S.CLOSED,
            agent=None,
            previous_agent=doc.agent,
            state_at=house.now,
            due_at=0,
            declined=(),
        )
    )


# -- whenever an agent is looked at
def look(house: House, agent: AgentId, due_at: int) -> None:
    """Do what the time has brought; a deadline that comes late finds a house that slept."""
    doc = house.agents[agent]
    if doc.allowance:
        house.change(agent, allowance=_allowed(house, agent))
    if 0 < doc.spared_until <= house.now:
        house.change(agent, angry_in_a_row=0, spared_until=0)
    if not 0 < _silent_at(house, agent) <= house.now:
        return
    if house.now - due_at > _quarter(house):
        house.change(agent, seen_at=house.now)
    elif doc.presence == Presence.ONLINE and house.settings.idle_seconds:
        leave(house, [agent], Presence.AWAY)
    else:
        leave(house, [agent], Presence.OFFLINE)


def look_at(house: House, agent: AgentId) -> int:
    """Return by when an agent must be looked at; 0 if he need not be."""
    doc = house.agents[agent]
    times = [doc.spared_until, _silent_at(house, agent), _grows_at(house, agent)]
    return min((each for each in times if each), default=0)


# -- signs of life
def seen(house: House, agent: AgentId) -> None:
    doc = house.agents[agent]
    if doc.presence != Presence.OFFLINE and house.now - doc.seen_at > _quarter(house) > 0:
        house.change(agent, seen_at=house.now)


def _silent_at(house: House, agent: AgentId) -> int:
    """Return when an agent who has accepted something was silent for too long; 0 for never."""
    doc, chosen = house.agents[agent], house.settings
    seconds = chosen.lost_seconds
    if doc.presence == Presence.ONLINE and chosen.idle_seconds:
        seconds = chosen.idle_seconds
    has = any(each.state in ACCEPTED for each in house.held_by(agent))
    if not has or not seconds:
        return 0
    return doc.seen_at + round(seconds * 1000) + _quarter(house)


def _quarter(house: House) -> int:
    return round((house.settings.idle_seconds or house.settings.lost_seconds) * 1000) // 4


# -- the ramp
def _begin_ramp(house: House, agent: AgentId) -> None:
    first = round(house.settings.ramp_first * UNIT)
    allowance = house.units(agent) + first
    if house.settings.ramp_seconds and len(house.agents) > 1 and allowance < house.capacity(agent):
        house.change(agent, allowance=allowance)


def end_ramp(house: House, agent: AgentId) -> None:
    """End a ramp for which nothing more waits: he may have all that he has room for."""
    allowance = house.agents[agent].allowance
    house.change(agent, allowance=0)
    if takeable(house, agent):
        house.change(agent, allowance=allowance)


def _allowed(house: House, agent: AgentId) -> int:
    """Return what somebody who ramps up may have by now; 0 if that is all."""
    doc, (steps, length) = house.agents[agent], _steps(house, agent)
    taken = (house.now - doc.presence_at) // length
    allowed = max(doc.allowance, _after(house, agent, taken))
    return 0 if taken >= steps or allowed >= house.capacity(agent) else allowed


def _grows_at(house: House, agent: AgentId) -> int:
    """Return when he may have more than now."""
    doc, (steps, length) = house.agents[agent], _steps(house, agent)
    for taken in range(1, steps + 1):
        if 0 < doc.allowance < _after(house, agent, taken):
            return doc.presence_at + taken * length
    return 0


def _after(house: House, agent: AgentId, taken: int) -> int:
    """Return what somebody may have after so many of the equal steps."""
    first, (steps, _) = round(house.settings.ramp_first * UNIT), _steps(house, agent)
    return first + (house.capacity(agent) - first) * taken // steps


def _steps(house: House, agent: AgentId) -> tuple[int, int]:
    """Return how many steps there are, a unit each and six at most, and how long one takes."""
    units = house.profiles[agent].capacity - house.settings.ramp_first
    steps = max(1, min(math.ceil(units), STEPS_MAX))
    return steps, max(1, math.ceil(house.settings.ramp_seconds * 1000 / steps))


# -- care
def accepted(house: House, agent: AgentId, mood: MoodLabel) -> None:
    """Count angry customers in a row; what was offered before draws no cool-down out."""
    doc, chosen = house.agents[agent], house.settings
    if not chosen.angry_in_a_row or not house.is_human(agent):
        return
    if mood != MoodLabel.ANGRY:
        house.change(agent, angry_in_a_row=0, spared_until=0)
        return
    count = min(doc.angry_in_a_row + 1, chosen.angry_in_a_row)
    house.change(agent, angry_in_a_row=count)
    if count == chosen.angry_in_a_row and chosen.cool_down_seconds and not doc.spared_until:
        house.change(agent, spared_until=house.now + round(chosen.cool_down_seconds * 1000))
