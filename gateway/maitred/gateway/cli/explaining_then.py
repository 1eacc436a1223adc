"""The house as it stood when a decision was made, out of the log: what a past answer is made of."""

from __future__ import annotations

from dataclasses import dataclass

from maitred.contracts.ids import AgentId
from maitred.contracts.routing import Decision, RoutingDoc
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.reads import get_at
from maitred.gateway.cli.session import Session
from maitred.gateway.inputs import events_of
from maitred.gateway.whatif.eras import eras, in_force
from maitred.gateway.whatif.retrace import engine_before
from maitred.gateway.whatif.tape import Tape
from maitred.router.explaining.moment import at_decision
from maitred.router.house import House
from maitred.router.replaying.replay import Rules


@dataclass(frozen=True, slots=True)
class Then:
    """A house at a decision, its conversation as it waited, and what decided.

    `is_exact` tells that the log holds all that led to it.
    """

    house: House
    doc: RoutingDoc
    rules: Rules
    is_exact: bool


async def then(session: Session, decision: Decision) -> Then | None:
    """Return the house as it stood at a decision; None where the log does not reach back to it.

    The log is played again from its beginning, so this takes as long as that is.

    Raises:
        ConfigurationError: the policy in force is not installed.
        StoreUnavailable: the store does not answer.
    """
    stored = await get_at(session.connection, JOURNAL, decision.input)
    if stored is None:
        return None
    active = in_force(session.configuration.settings)
    tape = Tape(session.connection, session.subjects)
    tenant = session.subjects.tenant
    engine, is_exact = await engine_before(tape, tenant, active, decision.input)
    past = eras((await tape.extent()).records, active)
    rules = [era.rules for era in past if era.since <= decision.input][-1]
    routing = engine.house.docs()
    agents = [engine.house.roster.doc(AgentId(each.id)) for each in rules.settings.agents]
    events, _ = events_of(stored.subject, stored.data)
    effects = [effect for event in events for effect in engine.handle(event, stored.time_ms)]
    found = at_decision(routing, agents, effects, decision, rules.settings, rules.policy)
    return Then(*found, rules, is_exact) if found is not None else None
