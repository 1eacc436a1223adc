"""The report: waits, abandonment, service levels, cost, fit and load of one simulated run.

A wait ends when service begins or the customer leaves; whoever waits for ever is counted and has
none. `delay_cost` is the mean of mood * tier * (wait / SLA)^2 with moods at 1, 2 and 4 (calm,
frustrated, angry) and VIPs at 2, whatever the policy's own weights are: so policies compare.
Live channels are all but email.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from maitred.contracts.limits import SECOND_MS
from maitred.router.settings import RoutingSettings
from maitred.router.simulation.run import Outcome
from maitred.router.simulation.scenario import SECOND_US, Arrival, Scenario, SimulatedAgent, us
from maitred.router.simulation.service import fit

MOOD_COST: Final[Mapping[str, float]] = MappingProxyType({"frustrated": 2.0, "angry": 4.0})
TIER_COST: Final[Mapping[str, float]] = MappingProxyType({"vip": 2.0})
NOT_LIVE: Final = frozenset({"email"})
_DIGITS: Final = 6
Span = tuple[int, int]


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """How long some customers waited, in seconds; None where there is nobody to tell it of.

    `abandoned` and `in_sla` are the shares of those who came that left, and that were served in
    time. Percentiles are by nearest rank.
    """

    arrived: int
    served: int
    left: int
    mean: float | None
    p50: float | None
    p95: float | None
    max: float | None
    abandoned: float | None
    in_sla: float | None


class AgentReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent did; `load` is the share of his room in use, while he was on line.

    It is measured from the first arrival to the last, so that neither an empty house before nor
    the last services after count.
    """

    served: int
    load: float
    fit: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy made of a scenario.

    `waiting` are those whom nobody could serve and who never left; `lost` ended in neither way,
    which must not happen. `sticky` is the share of returning customers, among the served, whom
    their previous agent served. `load_cv` is the standard deviation of the agents' loads over
    their mean.
    """

    policy: str
    arrived: int
    served: int
    left: int
    waiting: int
    lost: int
    delay_cost: float | None
    fit: float | None
    angry_fit: float | None
    sticky: float | None
    load: float
    load_cv: float
    oldest_email: float | None
    """The longest that any email waited, in seconds."""
    all: Waits
    live: Waits
    by_mood: dict[str, Waits]
    live_by_mood: dict[str, Waits]
    by_channel: dict[str, Waits]
    by_agent: dict[str, AgentReport]


def report(
    scenario: Scenario, settings: RoutingSettings, outcomes: Sequence[Outcome], *, policy: str
) -> Report:
    """Return the figures of a run; `settings` are the ones that it was made with."""
    live = [each for each in outcomes if each.arrival.channel not in NOT_LIVE]
    by_channel = _grouped(outcomes, lambda arrival: arrival.channel)
    agents = _agents(scenario, settings, outcomes)
    loads = [each.load for each in agents.values()]
    everybody = _waits(settings, outcomes)
    known = {each.id for each in scenario.agents}
    returned = [each for each in _served(outcomes) if each.arrival.previous_agent in known]
    costs = [_cost(settings, each) for each in outcomes if _wait(each) is not None]
    angry = [each for each in outcomes if each.arrival.mood == "angry"]
    return Report(
        policy=policy,
        arrived=everybody.arrived,
        served=everybody.served,
        left=everybody.left,
        waiting=sum(each.start is None and each.left is None for each in outcomes),
        lost=sum(each.start is not None and each.end is None for each in outcomes),
        delay_cost=_mean(costs),
        fit=_mean(_fits(scenario, outcomes)),
        angry_fit=_mean(_fits(scenario, angry)),
        sticky=_mean([float(each.agent == each.arrival.previous_agent) for each in returned]),
        load=_mean(loads) or 0.0,
        load_cv=_variation(loads),
        oldest_email=_waits(settings, by_channel.get("email", ())).max,
        all=everybody,
        live=_waits(settings, live),
        by_mood=_each(settings, _grouped(outcomes, _mood)),
        live_by_mood=_each(settings, _grouped(live, _mood)),
        by_channel=_each(settings, by_channel),
        by_agent=agents,
    )


def _grouped(
    outcomes: Iterable[Outcome], key: Callable[[Arrival], str]
) -> dict[str, list[Outcome]]:
    found: defaultdict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        found[key(each.arrival)].append(each)
    return {name: found[name] for name in sorted(found)}


def _mood(arrival: Arrival) -> str:
    return arrival.mood


def _each(settings: RoutingSettings, groups: Mapping[str, list[Outcome]]) -> dict[str, Waits]:
    return {name: _waits(settings, group) for name, group in groups.items()}


def _waits(settings: RoutingSettings, outcomes: Sequence[Outcome]) -> Waits:
    waits = sorted(wait for each in outcomes if (wait := _wait(each)) is not None)
    served = _served(outcomes)
    in_sla = sum(
        (_wait(each) or 0) <= settings.sla_ms(each.arrival.channel) / SECOND_MS for each in served
    )
    left = sum(each.left is not None for each in outcomes)
    count = len(outcomes)
    return Waits(
        arrived=count,
        served=len(served),
        left=left,
        mean=_mean(waits),
        p50=_rank(waits, 0.5),
        p95=_rank(waits, 0.95),
        max=waits[-1] if waits else None,
        abandoned=_share(left, count),
        in_sla=_share(in_sla, count),
    )


def _agents(
    scenario: Scenario, settings: RoutingSettings, outcomes: Sequence[Outcome]
) -> dict[str, AgentReport]:
    """Return what each agent did, and how busy he was between the first and the last arrival."""
    window = _window(outcomes)
    busy: Counter[str] = Counter()
    served: Counter[str] = Counter()
    fits: defaultdict[str, list[float]] = defaultdict(list)
    profiles = {each.id: each for each in scenario.agents}
    shifts = {each.id: _shifts(each, window) for each in scenario.agents}
    for each in _served(outcomes):
        if each.agent is None or each.start is None or each.end is None:
            continue
        within = sum(_overlap(span, (each.start, each.end)) for span in shifts[each.agent])
        busy[each.agent] += within * settings.units_of(each.arrival.channel)
        served[each.agent] += 1
        fits[each.agent].append(fit(each.arrival, profiles[each.agent]))
    found = {}
    for agent in sorted(scenario.agents, key=lambda each: each.id):
        at_hand = sum(end - start for start, end in shifts[agent.id])
        room = round(agent.capacity * 1000) * at_hand
        found[agent.id] = AgentReport(
            served=served[agent.id],
            load=_share(busy[agent.id], room) or 0.0,
            fit=_mean(fits[agent.id]),
        )
    return found


def _shifts(agent: SimulatedAgent, window: Span) -> list[Span]:
    """Return from when to when an agent was on line, within a window."""
    if not agent.online:
        return [window]
    spans = [(max(us(start), window[0]), min(us(end), window[1])) for start, end in agent.online]
    return [(start, end) for start, end in spans if start < end]


def _overlap(one: Span, other: Span) -> int:
    return max(min(one[1], other[1]) - max(one[0], other[0]), 0)


def _window(outcomes: Sequence[Outcome]) -> Span:
    """Return from when to when customers came; to the last end where all came at once."""
    times = [us(each.arrival.at) for each in outcomes] or [0]
    since, until = min(times), max(times)
    ends = [each.end for each in outcomes if each.end is not None]
    return (since, until) if since < until else (since, max(ends, default=until))


def _wait(outcome: Outcome) -> float | None:
    """Return how many seconds somebody waited; None if he still does."""
    until = outcome.start if outcome.left is None else outcome.left
    return None if until is None else (until - us(outcome.arrival.at)) / SECOND_US


def _served(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [each for each in outcomes if each.end is not None]


def _cost(settings: RoutingSettings, outcome: Outcome) -> float:
    arrival = outcome.arrival
    weight = MOOD_COST.get(arrival.mood, 1.0) * TIER_COST.get(arrival.tier, 1.0)
    overdue = (_wait(outcome) or 0.0) * SECOND_MS / settings.sla_ms(arrival.channel)
    return weight * overdue * overdue


def _fits(scenario: Scenario, outcomes: Iterable[Outcome]) -> list[float]:
    profiles = {each.id: each for each in scenario.agents}
    return [fit(each.arrival, profiles[each.agent]) for each in _served(outcomes) if each.agent]


def _mean(values: Sequence[float]) -> float | None:
    return round(math.fsum(values) / len(values), _DIGITS) if values else None


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, _DIGITS) if whole else None


def _rank(ordered: Sequence[float], share: float) -> float | None:
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1] if ordered else None


def _variation(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values) if values else 0.0
    if not mean:
        return 0.0
    spread = math.sqrt(math.fsum((each - mean) * (each - mean) for each in values) / len(values))
    return round(spread / mean, _DIGITS)
