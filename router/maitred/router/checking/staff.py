"""Staff: which agents can take what, as sets of bits, one bit an agent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from maitred.contracts.agents import AgentKind

if TYPE_CHECKING:
    from maitred.router.settings import AgentSettings, Overflow, RoutingSettings


class Staff:
    """The agents of a house; who can take something is found once and remembered.

    What relaxation ends with is what counts, since a conversation waits for that if it must.
    """

    def __init__(self, settings: RoutingSettings) -> None:
        self.agents = settings.agents
        self.everybody = (1 << len(settings.agents)) - 1
        self.humans = self._those(agent.kind == AgentKind.HUMAN for agent in settings.agents)
        self._relaxes = bool(settings.relax)
        self._overflow = settings.overflow
        self._having: dict[tuple[str, float], int] = {}
        self._speaking: dict[str, int] = {}

    def having(self, skill: str, level: float) -> int:
        """Return who has a skill: the level counts only where nothing relaxes it."""
        least = 0.0 if self._relaxes else level
        key = skill, least
        if key not in self._having:
            self._having[key] = self._those(_has(agent, skill, least) for agent in self.agents)
        return self._having[key]

    def taking(self, skill: str, level: float, channels: frozenset[str]) -> int:
        """Return who takes what asks for a skill on some channels (none: any), by overflow too."""
        takers = self.having(skill, level)
        for each in self.overflow(channels):
            if skill in each.skills or (each.instead and not each.skills):
                takers |= self.instead(each)
        return takers

    def answering(self, channels: frozenset[str]) -> int:
        """Return who takes what asks for a human."""
        frees = any(each.any_agent for each in self.overflow(channels))
        return self.everybody if frees else self.humans

    def speaking(self, language: str) -> int:
        """Return who speaks a language, or may: nothing is known of who states none."""
        if language not in self._speaking:
            self._speaking[language] = self._those(
                not agent.languages or agent.languages.get(language, 0.0) > 0
                for agent in self.agents
            )
        return self._speaking[language]

    def instead(self, overflow: Overflow) -> int:
        """Return who may stand in by an overflow."""
        found = self.everybody
        for skill, level in overflow.instead.items():
            found &= self._those(_has(agent, skill, level) for agent in self.agents)
        return found

    def overflow(self, channels: frozenset[str]) -> list[Overflow]:
        """Return the overflow that comes, sooner or later, on each of some channels."""
        return [
            each
            for each in self._overflow
            if not each.channels or (channels and channels.issubset(each.channels))
        ]

    def _those(self, chosen: Iterable[bool]) -> int:
        return sum(1 << number for number, each in enumerate(chosen) if each)


def _has(agent: AgentSettings, skill: str, least: float) -> bool:
    level = agent.skills.get(skill, 0.0)
    return level > 0 and level >= least
