"""Roster: who there is, who is at hand, and how much room each has left.

Profiles come from the settings, presence from the documents, and load from the routing
documents that name an agent as holder. Load is counted in thousandths of a unit, as integers,
so that adding and taking away can be done in any order.
"""

from __future__ import annotations

from typing import Final

from maitred.contracts.agents import Agent, AgentDoc, Presence
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents.seats import Seat, Seats
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
        self._units: dict[str, int] = {}
        """What a conversation takes of a capacity, by channel."""
        known = [settings.units_of(each) for each in ("", *settings.channel_units)]
        self._units_least, self._units_most = min(known), max(known)
        self._seats, self._samples = _seated(settings)
        self._online: set[AgentId] = set()
        self._ramping: set[AgentId] = set()
        self._strangers: dict[AgentId, set[ConversationId]] = {}
        """What takes up agents whom the settings do not name."""
        self.seats = Seats(tuple(self._seats.values()), self._units_of)

    def knows(self, agent: AgentId | None) -> bool:
        """Return whether the settings name this agent."""
        return agent in self._seats

    def agent(self, agent: AgentId) -> Agent:
        """Return who an agent is; he must be known."""
        return self._seats[agent].agent

    def row(self, agent: AgentId) -> int:
        """Return the row of an agent in `seats`; he must be known."""
        return self._seats[agent].row

    def seat(self, agent: AgentId) -> Seat:
        """Return where an agent sits, to read; he must be known, and keeps his seat."""
        return self._seats[agent]

    def takes_all(self, seat: Seat) -> bool:
        """Return whether an agent surely has room for every channel, and is spared nobody."""
        return seat.units + self._units_most <= seat.capacity and not seat.is_bounded

    def takes_none(self, seat: Seat) -> bool:
        """Return whether an agent surely has room for no channel."""
        return seat.units + self._units_least > seat.capacity

    @property
    def samples(self) -> list[Agent]:
        """Return one agent of each profile, by its number."""
        return self._samples

    def doc(self, agent: AgentId) -> AgentDoc:
        """Return what is remembered of an agent."""
        seat = self._seats.get(agent)
        return AgentDoc(id=agent) if seat is None else seat.doc

    def put(self, doc: AgentDoc) -> None:
        """Remember; documents of agents that the settings do not name are left alone."""
        seat = self._seats.get(doc.id)
        if seat is None:
            return
        seat.doc = doc
        seat.is_bounded = bool(seat.agent.per_channel or doc.allowance or doc.spared)
        seat.online = doc.presence == Presence.ONLINE
        if seat.online:
            self._online.add(doc.id)
        else:
            self._online.discard(doc.id)
        if doc.allowance:
            self._ramping.add(doc.id)
        else:
            self._ramping.discard(doc.id)
        self.seats.changed(seat)

    def online(self) -> set[AgentId]:
        """Return who takes work; do not rely on the order."""
        return self._online

    def ramping(self) -> set[AgentId]:
        """Return who may not have all that he has room for yet; do not rely on the order."""
        return self._ramping

    def is_online(self, agent: AgentId | None) -> bool:
        """Return whether an agent takes work."""
        return agent in self._online

    def take(self, doc: RoutingDoc) -> None:
        """Count a conversation against whomever it takes up."""
        for agent in holders(doc):
            seat = self._seats.get(agent)
            if seat is None:
                self._strangers.setdefault(agent, set()).add(doc.conversation)
                continue
            seat.units += self._units_of(doc.channel)
            seat.channels[doc.channel] = seat.channels.get(doc.channel, 0) + 1
            seat.holdings.add(doc.conversation)
            self.seats.changed(seat)

    def give_back(self, doc: RoutingDoc) -> None:
        """Undo `take` of the same document."""
        for agent in holders(doc):
            seat = self._seats.get(agent)
            if seat is None:
                self._strangers[agent].discard(doc.conversation)
                continue
            seat.units -= self._units_of(doc.channel)
            seat.channels[doc.channel] -= 1
            seat.holdings.discard(doc.conversation)
            self.seats.changed(seat)

    def holdings(self, agent: AgentId) -> list[ConversationId]:
        """Return what takes up an agent, in the order of ids."""
        seat = self._seats.get(agent)
        return sorted(self._strangers.get(agent, ()) if seat is None else seat.holdings)

    def taken(self) -> set[ConversationId]:
        """Return what takes up anybody, be he known or not."""
        held = (seat.holdings for seat in self._seats.values())
        return set[ConversationId]().union(*held, *self._strangers.values())

    def is_idle(self, agent: AgentId) -> bool:
        """Return whether nothing takes up an agent."""
        seat = self._seats.get(agent)
        return not (self._strangers.get(agent) if seat is None else seat.holdings)

    def has_room(self, agent: AgentId, channel: str) -> bool:
        """Return whether an agent can take one more conversation of a channel."""
        seat = self._seats[agent]
        return self._units_of(channel) <= seat.free and not seat.is_bound(channel)

    def is_spared(self, agent: AgentId, mood: MoodLabel) -> bool:
        """Return whether an agent is given no customer of this mood for now."""
        return mood == MoodLabel.ANGRY and self._seats[agent].doc.spared

    def load(self, agent: AgentId) -> float:
        """Return the part of an agent's capacity in use."""
        return self._seats[agent].load

    def flex(self, agent: AgentId) -> float:
        """Return how many more skills he has than the mean, as a part of all skills."""
        return self._seats[agent].flex

    def _units_of(self, channel: str) -> int:
        units = self._units.get(channel)
        if units is None:
            units = self._units[channel] = self._settings.units_of(channel)
        return units


def _seated(settings: RoutingSettings) -> tuple[dict[AgentId, Seat], list[Agent]]:
    """Return a seat for each agent, in the order of ids, and one agent of each profile."""
    by_id = {agent.id: agent for each in settings.agents if (agent := each.agent())}
    agents = [by_id[agent] for agent in sorted(by_id)]
    count = max(len({skill for agent in agents for skill in agent.skills}), 1)
    mean = sum(len(agent.skills) for agent in agents) / max(len(agents), 1)
    samples: list[Agent] = []
    profiles: dict[object, int] = {}
    seats: dict[AgentId, Seat] = {}
    for row, agent in enumerate(agents):
        key = (
            agent.kind,
            agent.deescalation,
            frozenset(agent.skills.items()),
            frozenset(agent.languages.items()),
        )
        profile = profiles.setdefault(key, len(samples))
        if profile == len(samples):
            samples.append(agent)
        seats[agent.id] = Seat(
            agent=agent,
            row=row,
            profile=profile,
            flex=(len(agent.skills) - mean) / count,
            capacity=round(agent.capacity * 1000),
            doc=AgentDoc(id=agent.id),
            is_bounded=bool(agent.per_channel),
        )
    return seats, samples
