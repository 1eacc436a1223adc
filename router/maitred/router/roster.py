"""Roster: who there is, who is at hand, and how much room each has left.

Profiles come from the settings, presence from the documents, and load from the routing
documents that name an agent as holder. Load is counted in thousandths of a unit, as integers,
so that adding and taking away can be done in any order.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from maitred.contracts.agents import Agent, AgentDoc, Presence, RoutingDoc, RoutingState
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.message import MoodLabel
from maitred.router.settings import RoutingSettings

HOLDING: Final = frozenset({RoutingState.OFFERED, RoutingState.ASSIGNED, RoutingState.WRAPPING})
"""States in which a conversation takes up its agent."""


def holders(doc: RoutingDoc) -> tuple[AgentId, ...]:
    """Return whom a conversation takes up: one agent, or all that it is offered to."""
    if doc.agent is None or doc.state not in HOLDING:
        return ()
    return (doc.agent, *doc.also)


class Roster:
    """The agents of one tenant."""

    def __init__(self, settings: RoutingSettings) -> None:
        self._settings = settings
        self._agents = {AgentId(each.id): each.agent() for each in settings.agents}
        self._docs: dict[AgentId, AgentDoc] = {}
        self._units: Counter[AgentId] = Counter()
        self._channels: Counter[tuple[AgentId, str]] = Counter()
        self._holdings: dict[AgentId, set[ConversationId]] = {}
        self._online: set[AgentId] = set()
        skills = {skill for agent in self._agents.values() for skill in agent.skills}
        count = max(len(skills), 1)
        mean = sum(len(agent.skills) for agent in self._agents.values()) / max(len(self._agents), 1)
        self._flex = {a.id: (len(a.skills) - mean) / count for a in self._agents.values()}
        self._capacity = {a.id: round(a.capacity * 1000) for a in self._agents.values()}

    def knows(self, agent: AgentId | None) -> bool:
        """Return whether the settings name this agent."""
        return agent in self._agents

    def agent(self, agent: AgentId) -> Agent:
        """Return a profile; the agent must be known."""
        return self._agents[agent]

    def doc(self, agent: AgentId) -> AgentDoc:
        """Return what is remembered of an agent."""
        return self._docs.get(agent) or AgentDoc(id=agent)

    def put(self, doc: AgentDoc) -> None:
        """Remember; documents of agents that the settings do not name are left alone."""
        if doc.id not in self._agents:
            return
        self._docs[doc.id] = doc
        if doc.presence == Presence.ONLINE:
            self._online.add(doc.id)
        else:
            self._online.discard(doc.id)

    def online(self) -> set[AgentId]:
        """Return who takes work; do not rely on the order."""
        return self._online

    def is_online(self, agent: AgentId | None) -> bool:
        """Return whether an agent takes work."""
        return agent in self._online

    def take(self, doc: RoutingDoc) -> None:
        """Count a conversation against whomever it takes up."""
        for agent in holders(doc):
            self._units[agent] += self._settings.units_of(doc.channel)
            self._channels[agent, doc.channel] += 1
            self._holdings.setdefault(agent, set()).add(doc.conversation)

    def give_back(self, doc: RoutingDoc) -> None:
        """Undo `take` of the same document."""
        for agent in holders(doc):
            self._units[agent] -= self._settings.units_of(doc.channel)
            self._channels[agent, doc.channel] -= 1
            self._holdings[agent].discard(doc.conversation)

    def holdings(self, agent: AgentId) -> list[ConversationId]:
        """Return what takes up an agent, in the order of ids."""
        return sorted(self._holdings.get(agent, ()))

    def is_idle(self, agent: AgentId) -> bool:
        """Return whether nothing takes up an agent."""
        return not self._holdings.get(agent)

    def has_room(self, agent: AgentId, channel: str) -> bool:
        """Return whether an agent can take one more conversation of a channel.

        While he ramps up he takes what his allowance lets him, and one at least.
        """
        units = self._units[agent] + self._settings.units_of(channel)
        if units > self._capacity[agent]:
            return False
        allowance = self.doc(agent).allowance
        if allowance and self._units[agent] and units > allowance:
            return False
        most = self._agents[agent].per_channel.get(channel)
        return most is None or self._channels[agent, channel] < most

    def is_spared(self, agent: AgentId, mood: MoodLabel) -> bool:
        """Return whether an agent is given no customer of this mood for now."""
        return mood == MoodLabel.ANGRY and self.doc(agent).spared

    def load(self, agent: AgentId) -> float:
        """Return the part of an agent's capacity in use."""
        return self._units[agent] / self._capacity[agent] if self._capacity[agent] else 1.0

    def flex(self, agent: AgentId) -> float:
        """Return how many more skills he has than the mean, as a part of all skills."""
        return self._flex[agent]
