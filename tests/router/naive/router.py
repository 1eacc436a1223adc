"""A naive router: the documented rules of routing in their simplest form; it scans everything.

The engine is held against it (`tests/router/test_machine`). What ranks (fit, weight, score, steps)
both ask the policy.
"""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc, Command, Presence, Verb
from maitred.contracts.conversation import MoodTrack
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.mood.pressure import pressed, relieved
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings
from tests.router.naive import handing, presence
from tests.router.naive.deciding import fill, place, round_ends_at
from tests.router.naive.house import WAITING, House, having

S = RoutingState


class Naive:
    """Each event does what it says; then whoever has room takes what he can."""

    def __init__(self, settings: RoutingSettings, policy: RoutingPolicy) -> None:
        self.house = House(settings, policy)
        self._agents: dict[AgentId, AgentDoc] = {}
        self._held: dict[AgentId, set[ConversationId]] = {}

    def begin(self, now: int) -> None:
        self.house.now = now
        self._agents = dict(self.house.agents)
        self._held = {agent: self._has(agent) for agent in self.house.agents}

    def end(self) -> None:
        house = self.house
        fill(house)
        nothing_waits = not any(doc.state in WAITING for doc in house.docs.values())
        for agent, held in self._held.items():
            if held and not self._has(agent):
                house.change(agent, idle_since=house.now)
            if house.agents[agent].allowance and (self._got_room(agent) or nothing_waits):
                presence.end_ramp(house, agent)

    def _has(self, agent: AgentId) -> set[ConversationId]:
        return {doc.conversation for doc in self.house.held_by(agent)}

    def _got_room(self, agent: AgentId) -> bool:
        """Whether he came, lost something, may have more, or is spared nobody any more.

        Then it is looked whether his ramp is over; it is so for all when nothing waits at all.
        """
        old, new = self._agents[agent], self.house.agents[agent]
        lost = self._held[agent] - self._has(agent)
        rested = old.spared_until > 0 and not new.spared_until
        changed = (old.presence, old.allowance) != (new.presence, new.allowance)
        return bool(lost) or rested or changed

    # -- customers
    def write(self, doc: RoutingDoc) -> None:
        """A customer wrote; `doc` is his conversation as he would begin it now."""
        old = self.house.docs.get(doc.conversation)
        if old is None or old.state == S.CLOSED:
            self._opens(doc, old)
            return
        doc = replace(
            old,
            needs=handing.both(doc.needs, old.asked),
            mood=doc.mood,
            channel=doc.channel,
            last_channel=doc.channel,
            unanswered=old.unanswered + 1,
            waits_since=old.waits_since or self.house.now,
            hops=0,
        )
        doc = replace(doc, mood=self._mood(doc, was=old.mood.label))
        if old.state in WAITING:
            self._waits(doc, old)
            return
        if old.state == S.WRAPPING:
            doc = replace(doc, state=S.ASSIGNED, state_at=self.house.now, due_at=0)
        # The channel that counts against his room is the one that he was asked for.
        doc = self.house.put(replace(doc, channel=old.channel))
        handing.leave_to_people(self.house, doc)

    def _opens(self, doc: RoutingDoc, closed: RoutingDoc | None) -> None:
        previous = self.house.served_last(doc.customer)
        if closed is not None:
            previous = closed.previous_agent
            doc = replace(
                doc,
                epoch=closed.epoch + 1,
                needs=handing.both(doc.needs, closed.asked),
                asked=closed.asked,
                handoff=closed.handoff,
            )
        doc = replace(doc, previous_agent=previous, last_channel=doc.channel)
        doc = replace(doc, unanswered=1, waits_since=self.house.now)
        place(self.house, doc, may_hold=True)

    def _waits(self, doc: RoutingDoc, old: RoutingDoc) -> None:
        """Look again at who waits if he asks for something else, or is angry no more."""
        house, previous = self.house, doc.previous_agent
        spared = [agent for agent in house.online() if house.is_spared(agent, old)]
        changed = (doc.needs, doc.channel) != (old.needs, old.channel)
        still_held = (
            doc.state == S.HELD
            and previous is not None
            and house.fit(doc, previous) > 0
            and not house.has_room(previous, doc.channel)
        )
        if still_held or not (changed or (spared and doc.mood.label != MoodLabel.ANGRY)):
            house.put(doc)
        else:
            place(house, doc)

    def _mood(self, doc: RoutingDoc, was: MoodLabel) -> MoodTrack:
        """Who waits is pressed, and made angry by what he writes alone."""
        if not doc.waits_since:
            return relieved(doc.mood)
        policy = self.house.policy
        waited = policy.clock(self.house.now) - policy.clock(doc.waits_since)
        target, angry = policy.target(doc.last_channel), was == MoodLabel.ANGRY
        return pressed(doc.mood, waited, target, doc.unanswered, may_anger=angry)

    # -- agents
    def command(self, agent: AgentId, verb: Verb, said: Command) -> None:
        house = self.house
        presence.seen(house, agent)
        doc = house.docs.get(said.conversation) if said.conversation else None
        if verb == Verb.PRESENCE:
            self._announced(agent, said.presence)
        if doc is None or agent not in having(doc):
            return
        match verb:
            case Verb.ACCEPT:
                handing.accept(house, doc, agent)
            case Verb.DECLINE:
                handing.decline(house, doc, agent, said.reason)
            case Verb.REPLY if said.text:
                handing.reply(house, doc)
            case Verb.COMPLETE:
                handing.complete(house, doc)
            case Verb.REQUEUE:
                handing.requeue(house, doc, agent, said)
            case Verb.TRANSFER:
                handing.transfer(house, doc, agent, said)

    def _announced(self, agent: AgentId, said: Presence | None) -> None:
        if said == Presence.ONLINE:
            presence.come(self.house, agent)
        elif said in {Presence.AWAY, Presence.OFFLINE} - {self.house.agents[agent].presence}:
            presence.leave(self.house, [agent], said)

    # -- the clock
    def due(self, conversation: ConversationId) -> None:
        doc = self.house.docs[conversation]
        if doc.state == S.OFFERED:
            handing.lapse(self.house, doc)
        elif doc.state == S.WRAPPING:
            presence.close(self.house, doc)
        else:
            if self.house.now >= round_ends_at(self.house, doc):
                doc = replace(doc, declined=())
            place(self.house, replace(doc, mood=self._mood(doc, was=doc.mood.label)))

    def agent_due(self, agent: AgentId, due_at: int) -> None:
        presence.look(self.house, agent, due_at)
