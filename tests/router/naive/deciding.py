"""The naive router's two decisions: a conversation needs an agent, an agent has room.

Everybody is asked, and everything that waits is sorted, at each decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from zlib import crc32

from msgspec.structs import replace

from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.routing import RoutingDoc, RoutingState
from tests.router.naive.house import House

S = RoutingState
Take = tuple[float, int, ConversationId, int, AgentId]
"""The rank, negative, of what an agent takes, its v and id; since when he is idle and his id."""


# -- a conversation needs an agent
def place(house: House, doc: RoutingDoc, *, may_hold: bool = False) -> None:
    policy, previous = house.policy, doc.previous_agent
    doc = replace(doc, agent=None, also=(), step=policy.step(doc, house.now))
    suited = {
        agent: fit
        for agent in house.online()
        if (fit := house.fit(doc, agent)) > 0 and not house.is_spared(agent, doc)
    }
    ranked = sorted(
        (-_score(house, doc, agent, fit), house.agents[agent].idle_since, agent)
        for agent, fit in suited.items()
        if house.has_room(agent, doc.channel)
    )
    best = [agent for *_, agent in ranked]
    if previous in best:
        offer(house, doc, [previous])
    elif may_hold and previous in suited and policy.hold(doc.channel):
        due_at = house.now + policy.hold(doc.channel)
        house.put(replace(doc, state=S.HELD, state_at=house.now, due_at=due_at))
    elif best:
        offer(house, doc, best[: house.settings.broadcast.get(doc.channel, 1)])
    else:
        wait(house, doc)


def place_all(house: House, docs: Iterable[RoutingDoc]) -> None:
    def urgency(doc: RoutingDoc) -> tuple[float, int, ConversationId]:
        since = house.policy.virtual_arrival(doc)
        slope = house.policy.slope(house.policy.signature(doc))
        return (-slope * (house.policy.clock(house.now) - since), since, doc.conversation)

    for doc in sorted(docs, key=urgency):
        place(house, doc)


def offer(house: House, doc: RoutingDoc, agents: Sequence[AgentId | None]) -> None:
    house.put(
        replace(
            doc,
            state=S.OFFERED,
            agent=agents[0],
            also=tuple(each for each in agents[1:] if each),
            epoch=doc.epoch + 1,
            state_at=house.now,
            due_at=house.now + round(house.settings.offer_seconds * 1000),
        )
    )


def wait(house: House, doc: RoutingDoc) -> None:
    """Let it wait until the next step, or until whoever gave it back may be asked again."""
    since = doc.state_at if doc.state == S.WAITING else house.now
    doc = replace(doc, state=S.WAITING, state_at=since)
    over_at = max(round_ends_at(house, doc), house.now + 1) if doc.declined else 0
    times = [house.policy.next_step_at(doc), over_at]
    house.put(replace(doc, due_at=min((each for each in times if each), default=0)))


def round_ends_at(house: House, doc: RoutingDoc) -> int:
    """Return until when those who gave back what waits are passed over."""
    return doc.state_at + round(house.settings.pass_over_seconds * 1000)


def _score(house: House, doc: RoutingDoc, agent: AgentId, fit: float) -> float:
    load = house.units(agent) / house.capacity(agent)
    previous = agent == doc.previous_agent
    return house.policy.offer_score(fit, load, house.flex(agent), previous=previous)


# -- an agent has room
def fill(house: House) -> None:
    """Let everybody take what he can; of several, whoever would take what ranks highest first."""
    taken: Counter[AgentId] = Counter()
    while takes := [each for agent in house.online() if (each := _take(house, agent, taken))]:
        _, _, conversation, _, agent = min(takes)
        offer(house, house.docs[conversation], [agent])
        taken[agent] += 1


def takeable(house: House, agent: AgentId) -> list[RoutingDoc]:
    """Return what waits that an agent suits and has room for."""
    return [
        doc
        for doc in house.docs.values()
        if (doc.state == S.WAITING or (doc.state == S.HELD and doc.previous_agent == agent))
        and house.fit(doc, agent) > 0
        and house.has_room(agent, doc.channel)
        and not house.is_spared(agent, doc)
    ]


def _take(house: House, agent: AgentId, taken: Counter[AgentId]) -> Take | None:
    """Return what an agent would take next, having taken so much in this event."""
    docs = takeable(house, agent)
    late = [doc for doc in docs if _lateness(house, doc) > 1]
    if late and _is_rescued(house, agent, taken[agent]):
        docs = [min(late, key=lambda doc: (-_lateness(house, doc), *_age(house, doc)))]
    idle_since = house.agents[agent].idle_since
    takes = [(-_rank(house, doc, agent), *_age(house, doc), idle_since, agent) for doc in docs]
    return min(takes, default=None)


def _age(house: House, doc: RoutingDoc) -> tuple[int, ConversationId]:
    return house.policy.virtual_arrival(doc), doc.conversation


def _rank(house: House, doc: RoutingDoc, agent: AgentId) -> float:
    slope = house.policy.slope(house.policy.signature(doc))
    previous = doc.previous_agent == agent
    weight = house.policy.weight(house.fit(doc, agent), slope, previous=previous)
    return weight * (house.policy.clock(house.now) - house.policy.virtual_arrival(doc))


def _lateness(house: House, doc: RoutingDoc) -> float:
    waited = house.policy.clock(house.now) - house.policy.virtual_arrival(doc)
    return waited / house.policy.target(doc.channel)


def _is_rescued(house: House, agent: AgentId, slot: int) -> bool:
    drawn = crc32(f"{agent}:{house.now}:{slot}".encode()) / 2**32
    return drawn < house.policy.rescue_share
