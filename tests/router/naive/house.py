"""A naive house: who has what, over plain dictionaries; whatever is asked is counted anew.

It keeps no index and remembers nothing but the documents. How well somebody suits, it asks the
policy, as the engine does.
"""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc, AgentKind, Presence
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings

S = RoutingState
HOLDING = {S.OFFERED, S.ASSIGNED, S.WRAPPING}
ACCEPTED = {S.ASSIGNED, S.WRAPPING}
WAITING = {S.WAITING, S.HELD}
UNIT = 1_000
"""Units are counted in thousandths."""


class House:
    """Conversations and agents as the documents have them, and the time."""

    def __init__(self, settings: RoutingSettings, policy: RoutingPolicy) -> None:
        self.settings = settings
        self.policy = policy
        self.now = 0
        self.docs: dict[ConversationId, RoutingDoc] = {}
        self.profiles = {AgentId(each.id): each.agent() for each in settings.agents}
        self.agents = {name: AgentDoc(id=name) for name in self.profiles}

    def put(self, doc: RoutingDoc) -> RoutingDoc:
        self.docs[doc.conversation] = doc
        return doc

    def change(self, agent: AgentId, **fields: object) -> None:
        self.agents[agent] = replace(self.agents[agent], **fields)

    # -- who there is
    def online(self) -> list[AgentId]:
        return [name for name, doc in self.agents.items() if doc.presence == Presence.ONLINE]

    def is_human(self, agent: AgentId) -> bool:
        return self.profiles[agent].kind == AgentKind.HUMAN

    def is_spared(self, agent: AgentId, doc: RoutingDoc) -> bool:
        return doc.mood.label == MoodLabel.ANGRY and self.agents[agent].spared_until > 0

    # -- who has what
    def held_by(self, agent: AgentId) -> list[RoutingDoc]:
        held = [doc for doc in self.docs.values() if agent in having(doc)]
        return sorted(held, key=lambda doc: doc.conversation)

    def units(self, agent: AgentId) -> int:
        return sum(self.settings.units_of(doc.channel) for doc in self.held_by(agent))

    def capacity(self, agent: AgentId) -> int:
        return round(self.profiles[agent].capacity * UNIT)

    def has_room(self, agent: AgentId, channel: str) -> bool:
        """Whoever ramps up has room for what he is allowed, and for one conversation at least."""
        held, most = self.held_by(agent), self.capacity(agent)
        if held and self.agents[agent].allowance:
            most = min(most, self.agents[agent].allowance)
        same = sum(1 for doc in held if doc.channel == channel)
        fits = self.units(agent) + self.settings.units_of(channel) <= most
        return fits and same < self.profiles[agent].per_channel.get(channel, same + 1)

    def served_last(self, customer: CustomerId) -> AgentId | None:
        """What somebody has or had to the end tells more than what was handed back."""
        served = []
        for doc in self.docs.values():
            had = doc.state in {S.ASSIGNED, S.WRAPPING, S.CLOSED}
            agent = doc.agent if had and doc.agent else doc.previous_agent
            if doc.customer == customer and agent:
                served.append((had, doc.state_at, doc.conversation, agent))
        return max(served)[-1] if served else None

    # -- who suits
    def fit(self, doc: RoutingDoc, agent: AgentId) -> float:
        if agent in doc.declined:
            return 0.0
        return self.policy.fit(self.policy.signature(doc), self.profiles[agent]).value

    def flex(self, agent: AgentId) -> float:
        profiles = self.profiles.values()
        skills = {skill for each in profiles for skill in each.skills}
        mean = sum(len(each.skills) for each in profiles) / len(profiles)
        return (len(self.profiles[agent].skills) - mean) / max(len(skills), 1)

    def can_ever(self, doc: RoutingDoc, but: AgentId) -> bool:
        """Whether anybody but one could have a conversation, after all steps and with all room."""
        steps = len(self.settings.relax) + len(self.settings.overflow)
        late = replace(doc, step=steps, declined=())
        units = self.settings.units_of(doc.channel)
        return any(
            self.fit(late, agent) > 0
            and units <= self.capacity(agent)
            and profile.per_channel.get(doc.channel, 1) > 0
            for agent, profile in self.profiles.items()
            if agent != but
        )


def having(doc: RoutingDoc) -> tuple[AgentId, ...]:
    """Return whom a conversation takes up: who has it, or all whom it is offered to."""
    return (doc.agent, *doc.also) if doc.agent and doc.state in HOLDING else ()
