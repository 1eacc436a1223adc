"""The opening: what a house knows before a scenario begins, and what will happen in it anyway."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from maitred.contracts.agents import AgentDoc, Presence
from maitred.contracts.conversation import MoodTrack, Needs, SkillNeed, Speaker, Turn
from maitred.contracts.entry import Work
from maitred.contracts.ids import AgentId, ConversationId, CustomerId, MessageId
from maitred.contracts.limits import DAY_MS, SECOND_MS
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.events import WorkArrived
from maitred.router.simulation.scenario import Arrival, Scenario, us

ACCOUNT: Final = "simulated"


class Kind(IntEnum):
    """What can happen, in the order in which it does at the same microsecond."""

    GOES = 0
    COMES = 1
    COMPLETED = 2
    AGENT_DUE = 3
    DUE = 4
    ARRIVES = 5
    LEAVES = 6


Happening = tuple[int, Kind, str, int]
"""When it happens, in microseconds from the beginning; what, to whom, and under which epoch."""


def foreseen(scenario: Scenario) -> Iterator[Happening]:
    """Return what happens whatever the policy does."""
    for agent in scenario.agents:
        for start, end in agent.online:
            if start > 0:
                yield us(start), Kind.COMES, agent.id, 0
            yield us(end), Kind.GOES, agent.id, 0
    for arrival in scenario.arrivals:
        yield us(arrival.at), Kind.ARRIVES, arrival.id, 0
        if arrival.patience_s is not None:
            yield us(arrival.at + arrival.patience_s), Kind.LEAVES, arrival.id, 0


def at_hand(scenario: Scenario) -> list[AgentDoc]:
    """Return the documents of those who are on line as it begins: they have been for a while."""
    return [
        AgentDoc(
            id=AgentId(agent.id),
            presence=Presence.ONLINE,
            presence_at=scenario.begins_at,
            idle_since=scenario.begins_at,
            seen_at=scenario.begins_at,
        )
        for agent in scenario.agents
        if not agent.online or agent.online[0][0] <= 0
    ]


def served_before(scenario: Scenario) -> list[RoutingDoc]:
    """Return the earlier conversations of customers whom somebody served before."""
    return [
        RoutingDoc(
            # No arrival may have such an id, since it cannot be printed.
            conversation=ConversationId(f"\0{arrival.id}"),
            customer=CustomerId(arrival.id),
            state=RoutingState.CLOSED,
            previous_agent=AgentId(arrival.previous_agent),
            channel=arrival.channel,
            account=ACCOUNT,
            arrived_at=scenario.begins_at,
            state_at=scenario.begins_at,
        )
        for arrival in scenario.arrivals
        if arrival.previous_agent is not None
    ]


def remembered_ms(scenario: Scenario) -> int:
    """Return for how long finished conversations count: as long as anybody may come back."""
    last = max((each.at for each in scenario.arrivals), default=0.0)
    return round(last * SECOND_MS) + DAY_MS


def written(arrival: Arrival, at: int) -> WorkArrived:
    """Return what a customer wrote as the engine hears of it; `at` in UTC milliseconds."""
    work = Work(
        conversation=ConversationId(arrival.id),
        customer=CustomerId(arrival.id),
        channel=arrival.channel,
        account=ACCOUNT,
        needs=_needs(arrival),
        mood=MoodTrack(label=MoodLabel(arrival.mood)),
        tier=arrival.tier,
        accepted_at=at,
    )
    turn = Turn(at=at, speaker=Speaker.CUSTOMER, channel=arrival.channel, text="")
    return WorkArrived(work=work, turn=turn, message=MessageId(arrival.id))


def _needs(arrival: Arrival) -> Needs:
    return Needs(
        skills=tuple(
            SkillNeed(skill=skill, level=level) for skill, level in sorted(arrival.levels().items())
        ),
        language=arrival.language,
        human_only=arrival.human_only,
        priority_minutes=arrival.priority_minutes,
    )
