"""Housing: the house as its documents tell it at this moment, for commands that only read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from maitred.contracts.agents import AgentDoc
from maitred.contracts.ids import AgentId
from maitred.contracts.routing import RoutingDoc
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.bus.reads import get_many
from maitred.gateway.cli.session import Session
from maitred.gateway.policies import policy_of
from maitred.gateway.settings.load import Configuration
from maitred.router.engine import Engine
from maitred.router.house import House
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings


@dataclass(frozen=True, slots=True)
class Present:
    """A house with what decides in it, `at` a time (UTC milliseconds)."""

    house: House
    policy: RoutingPolicy
    settings: RoutingSettings
    at: int


async def present(session: Session) -> Present:
    """Return the house as it stands, under the settings of the configuration.

    Raises:
        ConfigurationError: there is no such policy or time zone.
        StoreUnavailable: the store does not answer.
    """
    settings = session.configuration.settings
    policy = policy_of(settings)
    engine = Engine(settings.routing, policy, settings.tenant)
    subjects = session.subjects
    routing = await get_many(session.connection, JOURNAL, [subjects.any("routing")])
    agents = await get_many(session.connection, JOURNAL, [subjects.any("agent")])
    engine.load(
        (msgspec.json.decode(each.data, type=RoutingDoc) for each in routing.values()),
        (msgspec.json.decode(each.data, type=AgentDoc) for each in agents.values()),
    )
    at = max(clock.now_ms(), engine.house.latest)
    return Present(engine.house, policy, settings.routing, at)


def names_of(configuration: Configuration) -> Mapping[AgentId, str]:
    """Return what the agents of a configuration are called."""
    agents = configuration.settings.routing.agents
    return {AgentId(each.id): each.name or each.id for each in agents}
