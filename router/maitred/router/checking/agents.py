"""Faults of agents: ids, levels and room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from maitred.contracts.agents import AgentKind
from maitred.contracts.limits import AGENTS_MAX, SKILLS_PER_AGENT_MAX
from maitred.router.checking.numbers import CAPACITY_MAX
from maitred.router.checking.values import NAME, NAME_RULE, languages, levels, tokens, within

if TYPE_CHECKING:
    from maitred.router.settings import AgentSettings


def agents(given: tuple[AgentSettings, ...]) -> Iterator[str]:
    """Find what is wrong with agents."""
    if len(given) > AGENTS_MAX:
        yield f"agents: {len(given)} of them; at most {AGENTS_MAX} are allowed"
    seen: set[str] = set()
    for number, agent in enumerate(given):
        path = f"agents[{number}]"
        if not NAME.match(agent.id):
            yield f"{path}.id = {agent.id!r}: write {NAME_RULE}"
        if agent.id in seen:
            yield f"{path}.id = {agent.id!r}: another agent has this id; ids must differ"
        seen.add(agent.id)
        if agent.kind == AgentKind.UNKNOWN:
            yield f"{path}.kind: write `human` or `ai`"
        if len(agent.skills) > SKILLS_PER_AGENT_MAX:
            yield f"{path}.skills: at most {SKILLS_PER_AGENT_MAX} skills are allowed"
        if agent.picture and not agent.picture.startswith("https://"):
            yield f"{path}.picture: write an address that starts with `https://`"
        yield from tokens(f"{path}.skills", agent.skills)
        yield from tokens(f"{path}.per_channel", agent.per_channel)
        yield from levels(f"{path}.skills", agent.skills)
        yield from levels(f"{path}.languages", agent.languages)
        yield from languages(f"{path}.languages", agent.languages)
        yield from within(
            (f"{path}.deescalation", agent.deescalation, 0, 1),
            (f"{path}.capacity", agent.capacity, 0, CAPACITY_MAX),
            *(
                (f"{path}.per_channel.{c}", n, 0, CAPACITY_MAX)
                for c, n in agent.per_channel.items()
            ),
        )
