"""What `router_scale` compares with: the same choices by a scan of everything."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.router_scale_world import NOW, World
from maitred.contracts.ids import AgentId
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents.candidates import Wanted
from maitred.router.engine import Engine


def scan_waiting(engine: Engine, world: World, agent: AgentId) -> tuple[float, int, str] | None:
    """Return the best for an agent out of a scan of all who wait."""
    policy, profile = world.policy, engine.house.roster.agent(agent)
    clock, ranked = policy.clock(NOW), []
    for doc in _docs(engine):
        signature, since = policy.signature(doc), policy.virtual_arrival(doc)
        fit = policy.fit(signature, profile).value
        if fit > 0:
            previous = doc.previous_agent == agent
            weight = policy.weight(fit, policy.slope(signature), previous=previous)
            ranked.append((-weight * (clock - since), since, doc.conversation))
    return min(ranked, default=None)


def _docs(engine: Engine) -> Iterator[RoutingDoc]:
    return (doc for doc in engine.house.docs() if doc.state == RoutingState.WAITING)


def scan_agents(engine: Engine, world: World, wanted: Wanted) -> tuple[float, int, str] | None:
    """Return the best agent out of a scan of all."""
    roster, policy, ranked = engine.house.roster, world.policy, []
    for agent in roster.online():
        fit = policy.fit(wanted.signature, roster.agent(agent)).value
        if fit > 0 and roster.has_room(agent, wanted.channel):
            load, flex = roster.load(agent), roster.flex(agent)
            score = policy.offer_score(fit, load, flex, previous=False)
            ranked.append((-score, roster.doc(agent).idle_since, agent))
    return min(ranked, default=None)
