"""Model: a recorded span once more, under two policies, by the same simulation.

It is a model. Customers come when they came, and ask for what the rules of each policy make of
their words; agents are at hand when they were, and take as long as was recorded, whoever serves;
whoever gave up then gives up after as long. So both policies are judged alike, and the record
beside them shows how far the model is from what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from maitred.contracts.limits import SECOND_MS
from maitred.gateway.policies import policy_named
from maitred.gateway.whatif.trace import Trace, Visit
from maitred.router.events import Event, WorkArrived
from maitred.router.replaying.budgets import Figures
from maitred.router.replaying.replay import Rules
from maitred.router.settings import AgentSettings
from maitred.router.simulation.report import Report, report
from maitred.router.simulation.run import Outcome, simulate
from maitred.router.simulation.scenario import MS_US, Arrival, Scenario, SimulatedAgent

DRAFT: Final = "draft"
ACTIVE: Final = "in force"
RECORDED: Final = "recorded"
CAVEATS: Final = (
    "This is a model: service takes as long as was recorded, whoever serves.",
    "A wait ends when the agent who takes it is asked.",
    "It begins with an empty house: what was under way before is left out.",
)


@dataclass(frozen=True, slots=True)
class Modelled:
    """The reports of the draft, of the policy in force, and of the record; and what to know."""

    reports: tuple[Report, ...]
    notes: tuple[str, ...]

    def figures(self, moved: float | None) -> Figures:
        """Return what the draft comes to, in the measures of budgets."""
        draft = self.reports[0]
        return Figures(
            moved=moved,
            abandoned=draft.all.abandoned,
            sla={name: each.in_sla for name, each in draft.by_channel.items()},
            wait_p95_seconds={name: each.p95 for name, each in draft.by_channel.items()},
            load={name: each.load for name, each in draft.by_agent.items()},
        )


def modelled(
    trace: Trace, active: Rules, draft: Rules, *, advanced: Callable[[], None] = lambda: None
) -> Modelled | None:
    """Simulate a trace under both policies; nothing where it tells too little.

    It takes visits, agents who were at hand, and one conversation that was finished. `advanced`
    hears of each arrival in either.
    """
    handling = trace.handling_ms()
    if not handling or not trace.spans:
        return None
    reports = (
        _simulated(trace, draft, DRAFT, handling, advanced, own=True),
        _simulated(trace, active, ACTIVE, handling, advanced, own=False),
        _recorded(trace, active, handling),
    )
    return Modelled(reports, (*CAVEATS, *_notes(trace, active, draft)))


def _simulated(
    trace: Trace,
    rules: Rules,
    called: str,
    handling: dict[str, int],
    advanced: Callable[[], None],
    *,
    own: bool,
) -> Report:
    scenario = _scenario(trace, rules, handling, own=own)
    settings = scenario.settings(rules.settings)
    policy = policy_named(rules.policy.name, settings)

    def watch(event: Event, at: int, effects: object) -> None:
        del at, effects
        if isinstance(event, WorkArrived):
            advanced()

    outcomes = simulate(
        scenario, settings, policy, service=lambda arrival, _: arrival.work_s, watch=watch
    )
    return report(scenario, settings, outcomes, policy=called)


def _recorded(trace: Trace, rules: Rules, handling: dict[str, int]) -> Report:
    """Return the figures of what really happened, as far as it had happened."""
    scenario = _scenario(trace, rules, handling, own=False)
    known = {agent.id for agent in scenario.agents}
    outcomes = []
    for visit, arrival in zip(trace.visits, scenario.arrivals, strict=True):
        outcome = Outcome(arrival)
        if visit.left_at:
            outcome.left = (visit.left_at - trace.since) * MS_US
        elif visit.done_at and visit.agent in known:
            outcome.agent = visit.agent
            outcome.start = (visit.asked_at - trace.since) * MS_US
            outcome.end = (visit.done_at - trace.since) * MS_US
        outcomes.append(outcome)
    return report(scenario, scenario.settings(rules.settings), outcomes, policy=RECORDED)


def _scenario(trace: Trace, rules: Rules, handling: dict[str, int], *, own: bool) -> Scenario:
    arrivals = tuple(_arrival(trace, visit, handling[visit.id], own=own) for visit in trace.visits)
    agents = tuple(_agents(trace, rules.settings.agents))
    return Scenario(agents=agents, arrivals=arrivals, begins_at=trace.since)


def _arrival(trace: Trace, visit: Visit, handling: int, *, own: bool) -> Arrival:
    needs, tier = (visit.own_needs, visit.own_tier) if own else (visit.needs, visit.tier)
    return Arrival(
        id=visit.id,
        at=(visit.at - trace.since) / SECOND_MS,
        channel=visit.channel,
        skills={need.skill: need.level for need in needs.skills},
        language=needs.language,
        mood=visit.mood if visit.mood != "unknown" else "calm",
        tier=tier,
        previous_agent=visit.previous_agent,
        patience_s=(visit.left_at - visit.at) / SECOND_MS if visit.left_at else None,
        work_s=handling / SECOND_MS,
        human_only=needs.human_only,
        priority_minutes=needs.priority_minutes,
    )


def _agents(trace: Trace, agents: tuple[AgentSettings, ...]) -> Iterator[SimulatedAgent]:
    """Yield who was at hand, with the profile that a policy gives him."""
    for agent in agents:
        spans = [
            ((start - trace.since) / SECOND_MS, (end - trace.since) / SECOND_MS)
            for name, times in trace.spans.items()
            if name == agent.id
            for start, end in times
        ]
        if spans:
            yield SimulatedAgent(
                id=agent.id,
                kind=agent.kind,
                skills=agent.skills,
                languages=agent.languages,
                deescalation=agent.deescalation,
                capacity=agent.capacity,
                per_channel=agent.per_channel,
                online=tuple(spans),
            )


def _notes(trace: Trace, active: Rules, draft: Rules) -> Iterator[str]:
    ours, theirs = ({each.id for each in rules.settings.agents} for rules in (active, draft))
    if new := sorted(theirs - ours - trace.spans.keys()):
        yield f"Agents whom only the draft has are never at hand: {', '.join(new)}."
    if gone := sorted((ours & trace.spans.keys()) - theirs):
        yield f"Agents whom the draft does not have: {', '.join(gone)}."
    if before := sum(not visit.done_at and not visit.left_at for visit in trace.visits):
        yield f"{before} conversations were not over at the end; they take what others mostly took."
