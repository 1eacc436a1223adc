"""Ramping: who comes on line is not handed the whole backlog at once.

He takes `ramp_first` units, and what he may have grows in equal steps to his capacity within
`ramp_seconds`. So who comes a little later finds his share. It costs nobody more than that time,
and it is over as soon as nothing waits that he could take. Who is alone in the house has nobody to
leave a share to.
"""

from __future__ import annotations

import math
from typing import Final

from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import SECOND_MS
from maitred.router.deciding.placing import Placing
from maitred.router.settings import RoutingSettings

STEPS_MAX: Final = 6
UNIT: Final = 1_000
"""Capacity is counted in thousandths of a unit."""


def first(placing: Placing, agent: AgentId) -> int:
    """Return what an agent who comes on line may have at first; 0: all that he has room for."""
    house, settings = placing.house, placing.settings
    if not settings.ramp_seconds or len(settings.agents) == 1:
        return 0
    held = sum(
        settings.units_of(doc.channel)
        for each in house.roster.holdings(agent)
        if (doc := house.get(each))
    )
    allowance = held + _first(settings)
    return allowance if allowance < _capacity(placing, agent) else 0


def grow(placing: Placing, agent: AgentId) -> bool:
    """Let what an agent may have grow as far as it should by now; return whether it did."""
    doc = placing.house.roster.doc(agent)
    if not doc.allowance:
        return False
    least, capacity = _first(placing.settings), _capacity(placing, agent)
    step_ms, steps = _step_ms(placing.settings, capacity)
    taken = (placing.now - doc.presence_at) // step_ms
    allowance = max(doc.allowance, least + (capacity - least) * taken // steps)
    if taken >= steps or allowance >= capacity:
        allowance = 0
    placing.house.put_agent(replace(doc, allowance=allowance))
    return allowance != doc.allowance


def next_at(placing: Placing, doc: AgentDoc) -> int:
    """Return when what an agent may have grows next; 0 if it does not."""
    if not doc.allowance:
        return 0
    step_ms, _ = _step_ms(placing.settings, _capacity(placing, doc.id))
    taken = (placing.now - doc.presence_at) // step_ms
    return doc.presence_at + (taken + 1) * step_ms


def settle(placing: Placing, agent: AgentId) -> None:
    """End the ramp of an agent whom nothing waits for but what he would not take anyway."""
    house = placing.house
    doc = house.roster.doc(agent)
    if doc.allowance:
        house.put_agent(replace(doc, allowance=0))
        if house.queue.best_for(agent, placing.now) is not None:
            house.put_agent(doc)


def _first(settings: RoutingSettings) -> int:
    return round(settings.ramp_first * UNIT)


def _capacity(placing: Placing, agent: AgentId) -> int:
    return round(placing.house.roster.agent(agent).capacity * UNIT)


def _step_ms(settings: RoutingSettings, capacity: int) -> tuple[int, int]:
    """Return how long a step takes, and how many there are: of a unit each, but a few at most."""
    units = math.ceil((capacity - _first(settings)) / UNIT)
    steps = min(max(units, 1), STEPS_MAX)
    return max(math.ceil(settings.ramp_seconds * SECOND_MS / steps), 1), steps
