"""A naive router: the rules of routing over plain dictionaries; each decision scans everything.

It keeps no index and no memory of its own: room is counted anew, and whoever waits is sorted anew,
at each decision. What ranks (fit, weight, score, steps) it asks the policy, as the engine does.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc, Presence
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.limits import OFFERS_MISSED_MAX
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.mood.pressure import pressed
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings

S = RoutingState
HOLDING = {S.OFFERED, S.ASSIGNED, S.WRAPPING}
WAITING = {S.WAITING, S.HELD}


class Naive:
    """Conversations and agents of a house without ramp, care, offers to several and time-outs."""

    def __init__(self, settings: RoutingSettings, policy: RoutingPolicy) -> None:
        self.settings = settings
        self.policy = policy
        self.now = 0
        self.docs: dict[ConversationId, RoutingDoc] = {}
        self.agents = {AgentId(a.id): AgentDoc(id=AgentId(a.id)) for a in settings.agents}
        self._profiles = {AgentId(a.id): a.agent() for a in settings.agents}
        self._before: dict[ConversationId, RoutingDoc] = {}

    # -- what an event is: what it does, and then whoever got room takes what he can
    def begin(self, now: int) -> None:
        self.now = now
        self._before = dict(self.docs)

    def end(self, came: Iterable[AgentId] = ()) -> None:
        freed = set(came)
        for key, old in self._before.items():
            if old.state in HOLDING and old.agent:
                new = self.docs.get(key)
                if new is None or new.state not in HOLDING or new.agent != old.agent:
                    freed.add(old.agent)
        while takes := [each for agent in freed if (each := self._most_pressing(agent))]:
            _, _, conversation, _, agent = min(takes)
            self.offer(self.docs[conversation], agent)
        for agent in sorted(freed):
            if not self.held_by(agent):
                self.agents[agent] = replace(self.agents[agent], idle_since=self.now)

    # -- the two decisions
    def place(self, doc: RoutingDoc, *, may_hold: bool) -> None:
        doc = replace(doc, agent=None, step=self.policy.step(doc, self.now))
        suited = {name: fit for name in self._online() if (fit := self._fit(doc, name)) > 0}
        ranked = sorted(
            (-self._score(doc, name, fit), self.agents[name].idle_since, name)
            for name, fit in suited.items()
            if self.has_room(name, doc.channel)
        )
        previous = doc.previous_agent
        if any(name == previous for *_, name in ranked) and previous:
            self.offer(doc, previous)
        elif may_hold and previous in suited and self.policy.hold(doc.channel):
            due_at = self.now + self.policy.hold(doc.channel)
            self._put(replace(doc, state=S.HELD, state_at=self.now, due_at=due_at))
        elif ranked:
            self.offer(doc, ranked[0][2])
        else:
            times = [self.policy.next_step_at(doc)]
            if doc.declined:
                times.append(self.now + round(self.settings.pass_over_seconds * 1000))
            due_at = min((each for each in times if each), default=0)
            self._put(replace(doc, state=S.WAITING, due_at=due_at))

    def place_all(self, docs: Iterable[RoutingDoc]) -> None:
        def urgency(doc: RoutingDoc) -> tuple[float, int, ConversationId]:
            since = self.policy.virtual_arrival(doc)
            slope = self.policy.slope(self.policy.signature(doc))
            return (-slope * (self.policy.clock(self.now) - since), since, doc.conversation)

        for doc in sorted(docs, key=urgency):
            self.place(doc, may_hold=False)

    def _most_pressing(
        self, agent: AgentId
    ) -> tuple[float, int, ConversationId, int, AgentId] | None:
        if self.agents[agent].presence != Presence.ONLINE:
            return None
        ranked = []
        for doc in self.docs.values():
            previous = doc.previous_agent == agent
            waits = doc.state == S.WAITING or (doc.state == S.HELD and previous)
            fit = self._fit(doc, agent) if waits else 0.0
            if fit > 0 and self.has_room(agent, doc.channel):
                slope = self.policy.slope(self.policy.signature(doc))
                weight = self.policy.weight(fit, slope, previous=previous)
                since = self.policy.virtual_arrival(doc)
                rank = weight * (self.policy.clock(self.now) - since)
                idle_since = self.agents[agent].idle_since
                ranked.append((-rank, since, doc.conversation, idle_since, agent))
        return min(ranked, default=None)

    def offer(self, doc: RoutingDoc, agent: AgentId) -> None:
        self._put(
            replace(
                doc,
                state=S.OFFERED,
                agent=agent,
                epoch=doc.epoch + 1,
                state_at=self.now,
                due_at=self.now + round(self.settings.offer_seconds * 1000),
            )
        )

    # -- what is said and what becomes due
    def write(self, doc: RoutingDoc) -> None:
        """A customer wrote; `doc` is his conversation as he would begin it now."""
        old = self.docs.get(doc.conversation)
        if old is None or old.state == S.CLOSED:
            if old is not None:
                doc = replace(doc, epoch=old.epoch + 1, previous_agent=old.previous_agent)
            doc = replace(doc, last_channel=doc.channel, unanswered=1, waits_since=self.now)
            self.place(doc, may_hold=True)
            return
        doc = replace(
            old,
            needs=doc.needs,
            mood=doc.mood,
            channel=doc.channel,
            last_channel=doc.channel,
            unanswered=old.unanswered + 1,
        )
        doc = self._waited(doc, may_anger=old.mood.label == MoodLabel.ANGRY)
        if old.state not in WAITING:
            doc = replace(doc, channel=old.channel)
            if old.state == S.WRAPPING:
                doc = replace(doc, state=S.ASSIGNED, state_at=self.now, due_at=0)
            self._put(doc)
        elif (doc.needs, doc.channel) == (old.needs, old.channel) or self._still_held(old, doc):
            self._put(doc)
        else:
            self.place(doc, may_hold=False)

    def accept(self, doc: RoutingDoc) -> None:
        if doc.state == S.OFFERED and doc.agent:
            self._put(replace(doc, state=S.ASSIGNED, state_at=self.now, due_at=0, declined=()))
            self._answered(doc.agent)

    def decline(self, doc: RoutingDoc) -> None:
        if doc.state == S.OFFERED and doc.agent:
            self._answered(doc.agent)
            self.place(self._back(doc, passed=True), may_hold=False)

    def requeue(self, doc: RoutingDoc) -> None:
        if doc.state == S.ASSIGNED:
            self.place(self._back(doc, passed=True), may_hold=False)

    def transfer(self, doc: RoutingDoc, to: AgentId) -> None:
        fits = not doc.needs.human_only or self._profiles[to].kind == "human"
        can = to in self._online() and fits and self.has_room(to, doc.channel)
        if doc.state == S.ASSIGNED and to != doc.agent and can:
            self.offer(self._back(doc, passed=True), to)

    def complete(self, doc: RoutingDoc) -> None:
        wrap_up = round(self.settings.wrap_up_seconds * 1000)
        if doc.state == S.ASSIGNED and wrap_up:
            due_at = self.now + wrap_up
            self._put(replace(doc, state=S.WRAPPING, state_at=self.now, due_at=due_at))
        elif doc.state in {S.ASSIGNED, S.WRAPPING}:
            self.close(doc)

    def close(self, doc: RoutingDoc) -> None:
        self._put(
            replace(
                doc,
                state=S.CLOSED,
                agent=None,
                previous_agent=doc.agent,
                state_at=self.now,
                due_at=0,
                declined=(),
            )
        )

    def due(self, doc: RoutingDoc) -> None:
        self.now = max(self.now, doc.due_at)
        if doc.state == S.WRAPPING:
            self.close(doc)
        elif doc.state in WAITING:
            doc = self._waited(doc, may_anger=doc.mood.label == MoodLabel.ANGRY)
            self.place(replace(doc, declined=()), may_hold=False)
        elif doc.agent:
            agent = doc.agent
            back = self._back(doc, passed=True)
            missed = self.agents[agent].missed_offers + 1
            self.agents[agent] = replace(self.agents[agent], missed_offers=missed)
            if missed >= OFFERS_MISSED_MAX and agent in self._online():
                self.leave(agent, Presence.AWAY)
            self.place(back, may_hold=False)

    def _waited(self, doc: RoutingDoc, *, may_anger: bool) -> RoutingDoc:
        """Nobody is ever answered here, so each customer waits since he wrote first."""
        waited = self.policy.clock(self.now) - self.policy.clock(doc.waits_since)
        target = self.policy.target(doc.last_channel)
        mood = pressed(doc.mood, waited, target, doc.unanswered, may_anger=may_anger)
        return replace(doc, mood=mood)

    def come(self, agent: AgentId) -> None:
        doc = self.agents[agent]
        if doc.presence != Presence.ONLINE:
            self.agents[agent] = replace(
                doc, presence=Presence.ONLINE, idle_since=self.now, missed_offers=0
            )

    def leave(self, agent: AgentId, presence: Presence) -> None:
        if self.agents[agent].presence == presence:
            return
        self.agents[agent] = replace(self.agents[agent], presence=presence)
        homeless = [
            doc for doc in self.docs.values() if doc.state == S.HELD and doc.previous_agent == agent
        ]
        for doc in self.held_by(agent):
            if doc.state != S.OFFERED and presence != Presence.OFFLINE:
                continue
            if doc.state == S.WRAPPING:
                self.close(doc)
            else:
                homeless.append(self._back(doc, passed=False))
        self.place_all(homeless)

    # -- counted anew each time
    def held_by(self, agent: AgentId) -> list[RoutingDoc]:
        held = [doc for doc in self.docs.values() if doc.state in HOLDING and doc.agent == agent]
        return sorted(held, key=lambda doc: doc.conversation)

    def has_room(self, agent: AgentId, channel: str) -> bool:
        held, profile = self.held_by(agent), self._profiles[agent]
        units = sum(self.settings.units_of(doc.channel) for doc in held)
        if units + self.settings.units_of(channel) > round(profile.capacity * 1000):
            return False
        same = sum(1 for doc in held if doc.channel == channel)
        return same < profile.per_channel.get(channel, same + 1)

    def _online(self) -> list[AgentId]:
        return [name for name, doc in self.agents.items() if doc.presence == Presence.ONLINE]

    def _fit(self, doc: RoutingDoc, agent: AgentId) -> float:
        return self.policy.fit(self.policy.signature(doc), self._profiles[agent]).value

    def _score(self, doc: RoutingDoc, agent: AgentId, fit: float) -> float:
        profiles = self._profiles.values()
        skills = {skill for each in profiles for skill in each.skills}
        mean = sum(len(each.skills) for each in profiles) / len(profiles)
        flex = (len(self._profiles[agent].skills) - mean) / max(len(skills), 1)
        units = sum(self.settings.units_of(each.channel) for each in self.held_by(agent))
        load = units / round(self._profiles[agent].capacity * 1000)
        previous = agent == doc.previous_agent
        return self.policy.offer_score(fit, load, flex, previous=previous)

    def _still_held(self, old: RoutingDoc, doc: RoutingDoc) -> bool:
        previous = doc.previous_agent
        return (
            old.state == S.HELD
            and previous is not None
            and self._fit(doc, previous) > 0
            and not self.has_room(previous, doc.channel)
        )

    def _back(self, doc: RoutingDoc, *, passed: bool) -> RoutingDoc:
        agent = doc.agent
        assert agent is not None
        served = doc.state == S.ASSIGNED
        others = tuple(each for each in doc.declined if each != agent)
        back = replace(
            doc,
            state=S.WAITING,
            agent=None,
            previous_agent=agent if served else doc.previous_agent,
            declined=(*others, agent) if passed else doc.declined,
            state_at=self.now,
            due_at=0,
        )
        self._put(back)
        return back

    def _answered(self, agent: AgentId) -> None:
        self.agents[agent] = replace(self.agents[agent], missed_offers=0)

    def _put(self, doc: RoutingDoc) -> None:
        self.docs[doc.conversation] = doc
