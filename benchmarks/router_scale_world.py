"""The house that `router_scale` measures: 768 kinds of work, six degrees of urgency, 10,000 agents.

A kind is a channel, a language and a skill at a level; mood and tier make its urgency. Hardly two
agents are alike, and each suits about 35 kinds. All of it is made up from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import msgspec
from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc, Presence
from maitred.contracts.conversation import MoodTrack, Needs, SkillNeed, Speaker, Turn
from maitred.contracts.entry import Work
from maitred.contracts.ids import AgentId, ConversationId, CustomerId, MessageId, Tenant
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents.candidates import Wanted
from maitred.router.engine import Engine
from maitred.router.events import WorkArrived
from maitred.router.policies.index import IndexPolicy
from maitred.router.settings import RoutingSettings

TENANT: Final = Tenant("benchmark")
NOW: Final = 1_767_225_600_000
AGENTS: Final = 10_000
HOURS_MS: Final = 8 * 3_600_000
"""Whoever waits has come within so long."""
CHANNELS: Final = ("chat", "sms", "slack", "email")
LANGUAGES: Final = ("en", "de", "fr", "es")
SKILLS: Final = tuple(f"skill{number}" for number in range(24))
LEVELS: Final = (0.3, 0.7)
MOODS: Final = (MoodLabel.CALM, MoodLabel.FRUSTRATED, MoodLabel.ANGRY)
TIERS: Final = ("standard", "vip")
SLOTS: Final = 3
KNOWN_SHARE: Final = 0.35
"""So many customers were served before."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a conversation asks for, and how urgent it is."""

    channel: str
    language: str
    skill: str
    level: float
    mood: MoodLabel
    tier: str

    @property
    def needs(self) -> Needs:
        """Return what rules would have made of it."""
        skill = SkillNeed(skill=self.skill, level=self.level)
        return Needs(skills=(skill,), language=self.language)


KINDS: Final = tuple(
    Kind(*each) for each in product(CHANNELS, LANGUAGES, SKILLS, LEVELS, MOODS, TIERS)
)


class World:
    """Agents and customers by a seed."""

    def __init__(self, seed: int = 1, agents: int = AGENTS) -> None:
        self._random = random.Random(seed)
        self._numbers = 0
        self.kinds = KINDS
        self._able_by: dict[tuple[str, str, float], list[AgentId]] = {}
        self.settings = msgspec.convert(
            {"agents": [self._agent(number) for number in range(agents)], "ramp_seconds": 0},
            RoutingSettings,
        )
        self.agents = [AgentId(each.id) for each in self.settings.agents]
        self.policy = IndexPolicy(self.settings)

    def engine(self, docs: Iterable[RoutingDoc], online: Iterable[AgentId]) -> Engine:
        """Return an engine that begins with these documents."""
        engine = Engine(self.settings, self.policy, TENANT)
        engine.load(docs, [self.here(agent) for agent in online])
        return engine

    def here(self, agent: AgentId) -> AgentDoc:
        """Return an agent who takes work, and for how long he has done nothing."""
        idle_since = NOW - self._random.randrange(HOURS_MS)
        return AgentDoc(
            id=agent,
            presence=Presence.ONLINE,
            presence_at=NOW,
            idle_since=idle_since,
            seen_at=NOW,
            due_at=NOW + HOURS_MS,
        )

    def waiting(self, count: int) -> Iterator[RoutingDoc]:
        """Yield conversations that wait."""
        for _ in range(count):
            kind = self.kind()
            known = self._random.random() < KNOWN_SHARE
            previous = self._random.choice(self._able(kind)) if known else None
            yield self._doc(kind, RoutingState.WAITING, previous=previous)

    def others(self, agents: Iterable[AgentId]) -> list[AgentId]:
        """Return all agents but some."""
        return sorted(set(self.agents).difference(agents))

    def another(self, doc: RoutingDoc, now: int) -> RoutingDoc:
        """Return one more like a conversation, which waits since now."""
        self._numbers += 1
        return replace(
            doc,
            conversation=ConversationId(f"cnv_{self._numbers:013x}"),
            customer=CustomerId(f"cus_{self._numbers:013x}"),
            state=RoutingState.WAITING,
            agent=None,
            due_at=0,
            arrived_at=now,
            state_at=now,
        )

    def every_kind(self) -> Iterator[RoutingDoc]:
        """Yield a conversation of every kind, as a house has seen that runs for a while."""
        for kind in self.kinds:
            yield self._doc(kind, RoutingState.WAITING)

    def kind(self) -> Kind:
        """Return any kind of work."""
        return self._random.choice(self.kinds)

    def filled(self, agents: Iterable[AgentId]) -> Iterator[RoutingDoc]:
        """Yield what takes agents up, all of their room."""
        for agent in agents:
            for _ in range(SLOTS):
                yield self._doc(self.kind(), RoutingState.ASSIGNED, agent=agent)

    def some(self, count: int) -> list[AgentId]:
        """Return so many of the agents."""
        return self._random.sample(self.agents, count)

    def wanted(self, kind: Kind) -> Wanted:
        """Return who is looked for when a customer comes with a kind of work."""
        doc = self._doc(kind, RoutingState.WAITING)
        return Wanted(self.policy.signature(doc), doc.channel, doc.mood.label, None)

    def arrival(self, kind: Kind, now: int) -> WorkArrived:
        """Return that a customer writes whom nobody knows."""
        self._numbers += 1
        work = Work(
            conversation=ConversationId(f"cnv_{self._numbers:013x}"),
            customer=CustomerId(f"cus_{self._numbers:013x}"),
            channel=kind.channel,
            account="main",
            needs=kind.needs,
            mood=MoodTrack(label=kind.mood),
            tier=kind.tier,
            accepted_at=now,
        )
        turn = Turn(at=now, speaker=Speaker.CUSTOMER, channel=kind.channel, text="Where is it?")
        return WorkArrived(work=work, turn=turn, message=MessageId(f"msg_{self._numbers:013x}"))

    def _able(self, kind: Kind) -> list[AgentId]:
        """Return who may do a kind of work."""
        key = (kind.language, kind.skill, kind.level)
        able = self._able_by.get(key)
        if able is None:
            able = self._able_by[key] = [
                AgentId(each.id)
                for each in self.settings.agents
                if kind.language in each.languages
                and each.skills.get(kind.skill, 0.0) >= kind.level
            ]
        return able

    def _doc(
        self,
        kind: Kind,
        state: RoutingState,
        *,
        agent: AgentId | None = None,
        previous: AgentId | None = None,
    ) -> RoutingDoc:
        self._numbers += 1
        arrived_at = NOW - self._random.randrange(HOURS_MS)
        doc = RoutingDoc(
            conversation=ConversationId(f"cnv_{self._numbers:013x}"),
            customer=CustomerId(f"cus_{self._numbers:013x}"),
            state=state,
            epoch=1,
            agent=agent,
            previous_agent=previous,
            channel=kind.channel,
            last_channel=kind.channel,
            account="main",
            tier=kind.tier,
            needs=kind.needs,
            mood=MoodTrack(label=kind.mood),
            arrived_at=arrived_at,
            state_at=arrived_at,
        )
        waits = state == RoutingState.WAITING
        return replace(doc, due_at=self.policy.next_step_at(doc)) if waits else doc

    def _agent(self, number: int) -> dict[str, object]:
        pick = self._random
        skills = pick.sample(SKILLS, pick.choice((3, 4, 5, 6)))
        languages = pick.sample(LANGUAGES, pick.choices((1, 2, 3), (70, 25, 5))[0])
        return {
            "id": f"agent{number:05}",
            "skills": {skill: pick.randrange(50, 101, 5) / 100 for skill in skills},
            "languages": {code: pick.randrange(60, 101, 10) / 100 for code in languages},
            "capacity": SLOTS,
            "deescalation": pick.randrange(11) / 10,
        }
