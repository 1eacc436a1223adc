"""Placing: the two decisions, for a conversation that needs an agent and an agent with room.

Tie-breaks, in this order: a conversation goes to the agent with the highest score, then the
longest idle, then the first by id; an agent with room takes the conversation with the highest
index, then the earliest virtual arrival, then the first by id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec.structs import replace

from maitred.contracts.agents import (
    Assignment,
    AssignmentState,
    Decision,
    Reason,
    RoutingDoc,
    RoutingState,
)
from maitred.contracts.conversation import Turn
from maitred.contracts.ids import AgentId, ConversationId, Tenant
from maitred.contracts.limits import SECOND_MS
from maitred.router.deciding import decided
from maitred.router.events import Effect, Note, Tell
from maitred.router.house import House
from maitred.router.offering import offer
from maitred.router.port import RoutingPolicy
from maitred.router.queue import Head
from maitred.router.settings import RoutingSettings

BEST_MAX: Final = 5
MISSES_MAX: Final = 3
DECLINED_MAX: Final = 64


class _Candidate(NamedTuple):
    """An agent with room who suits; the fields in the order in which they decide."""

    minus_score: float
    idle_since: int
    agent: AgentId
    terms: dict[str, float]

    def reason(self) -> Reason:
        return Reason(agent=self.agent, score=-self.minus_score, terms=self.terms)


class _Miss(NamedTuple):
    """An agent who does not take it: the full ones first, since they come nearest."""

    rank: int
    minus_fit: float
    agent: AgentId
    excluded: str

    def reason(self) -> Reason:
        return Reason(agent=self.agent, score=-self.minus_fit, excluded=self.excluded)


class Placing:
    """Decides for one event; `said` gathers what agents are told and what is noted."""

    def __init__(
        self,
        house: House,
        settings: RoutingSettings,
        policy: RoutingPolicy,
        tenant: Tenant,
        now: int,
    ) -> None:
        self.house = house
        self.now = now
        self.said: list[Effect] = []
        self.accepted_at: dict[ConversationId, int] = {}
        """When the door stored the message that this event is about, if it is about one."""
        self.settings = settings
        self.policy = policy
        self.tenant = tenant

    # -- a conversation needs an agent
    def place_all(self, docs: Iterable[RoutingDoc]) -> None:
        """Place several at once, the most urgent first."""

        def urgency(doc: RoutingDoc) -> tuple[float, int, ConversationId]:
            slope = self.policy.slope(self.policy.signature(doc))
            since = self.policy.virtual_arrival(doc)
            return (-slope * (self.policy.clock(self.now) - since), since, doc.conversation)

        for doc in sorted(docs, key=urgency):
            self.place(doc, may_hold=False)

    def place(self, doc: RoutingDoc, *, may_hold: bool) -> None:
        """Offer a conversation to whom it suits best, or keep it, or let it wait."""
        doc = replace(doc, agent=None, step=self.policy.step(doc, self.now))
        best, misses = self._candidates(doc)
        considered = (
            *(each.reason() for each in sorted(best)[:BEST_MAX]),
            *(each.reason() for each in sorted(misses)[:MISSES_MAX]),
        )
        previous = doc.previous_agent if self.policy.sticky_first else None
        if previous is not None and any(each.agent == previous for each in best):
            self.offer(doc, previous, "sticky_hint" if doc.seems else "sticky", considered)
        elif may_hold and self._worth_holding(doc, misses):
            self._keep(doc, considered)
        elif best:
            self.offer(doc, min(best).agent, "best_idle", considered)
        else:
            self._queue(doc, considered)

    def _candidates(self, doc: RoutingDoc) -> tuple[list[_Candidate], list[_Miss]]:
        roster = self.house.roster
        signature = self.policy.signature(doc)
        best: list[_Candidate] = []
        misses: list[_Miss] = []
        for agent in roster.online():
            fit = self.policy.fit(signature, roster.agent(agent))
            if fit.value <= 0:
                misses.append(_Miss(2, 0.0, agent, fit.excluded))
            elif roster.is_spared(agent, doc.mood.label):
                misses.append(_Miss(1, -fit.value, agent, "spared"))
            elif not roster.has_room(agent, doc.channel):
                misses.append(_Miss(1, -fit.value, agent, "full"))
            else:
                previous = agent == doc.previous_agent
                load, flex = roster.load(agent), roster.flex(agent)
                score = self.policy.offer_score(fit.value, load, flex, previous=previous)
                terms = {"fit": fit.value, "load": load, "flex": flex, **_tie(doc, previous)}
                best.append(_Candidate(-score, roster.doc(agent).idle_since, agent, terms))
        previous_agent = doc.previous_agent
        if roster.knows(previous_agent) and not roster.is_online(previous_agent) and previous_agent:
            presence = roster.doc(previous_agent).presence
            misses.append(_Miss(0, 0.0, previous_agent, presence.value))
        return best, misses

    def suits(self, doc: RoutingDoc, agent: AgentId) -> bool:
        """Return whether an agent may have a conversation at all; he must be known."""
        signature = self.policy.signature(doc)
        return self.policy.fit(signature, self.house.roster.agent(agent)).value > 0

    def _worth_holding(self, doc: RoutingDoc, misses: Iterable[_Miss]) -> bool:
        if doc.seems or not self.policy.sticky_first:  # nobody has to wait for a preference
            return False
        full = any(m.agent == doc.previous_agent and m.excluded == "full" for m in misses)
        return full and self.policy.hold(doc.channel) > 0

    def offer(
        self,
        doc: RoutingDoc,
        agent: AgentId,
        rule: str,
        considered: tuple[Reason, ...] = (),
        *,
        also: tuple[AgentId, ...] = (),
        tie_break: str = "",
    ) -> None:
        """Offer a conversation to one agent, or to several of whom the first may have it."""
        offer(self, doc, (agent, *also), rule, considered, tie_break)

    def _keep(self, doc: RoutingDoc, considered: tuple[Reason, ...]) -> None:
        due_at = self.now + self.policy.hold(doc.channel)
        held = replace(doc, state=RoutingState.HELD, state_at=self.now, due_at=due_at)
        self.house.put(held)
        self.note(held, "hold", considered)

    def _queue(self, doc: RoutingDoc, considered: tuple[Reason, ...]) -> None:
        old = self.house.before(doc.conversation)
        waited = old is not None and old.state == RoutingState.WAITING
        waiting = replace(
            doc,
            state=RoutingState.WAITING,
            state_at=doc.state_at if waited else self.now,
            due_at=self._waiting_due(doc),
        )
        self.house.put(waiting)
        if not (waited and old and old.step == waiting.step and old.needs == waiting.needs):
            self.note(waiting, "queue", considered)

    def _waiting_due(self, doc: RoutingDoc) -> int:
        """Return when to look again: at the next relaxation, or after a round of refusals."""
        times = [self.policy.next_step_at(doc)]
        if doc.declined:
            times.append(self.now + round(self.settings.pass_over_seconds * SECOND_MS))
        return min((each for each in times if each), default=0)

    # -- an agent has room
    def fill(self, agents: Iterable[AgentId]) -> None:
        """Let agents with room take what waits, until it is used up or nothing suits."""
        roster = self.house.roster
        for agent in sorted(agents):
            while roster.is_online(agent):
                head = self.house.queue.best_for(agent, self.now)
                doc = self.house.get(head.conversation) if head else None
                if head is None or doc is None:
                    break
                self.offer(doc, agent, "slot_free", (self._taken(doc, agent, head),))

    def _taken(self, doc: RoutingDoc, agent: AgentId, head: Head) -> Reason:
        terms = {
            "fit": head.fit,
            "waited_seconds": (self.policy.clock(self.now) - head.virtual_arrival) / SECOND_MS,
            **_tie(doc, head.previous),
            "waiting": float(len(self.house.queue)),
        }
        return Reason(agent=agent, score=head.score, terms=terms)

    # -- what is said of it
    def decision(
        self,
        doc: RoutingDoc,
        rule: str,
        considered: tuple[Reason, ...] = (),
        *,
        tie_break: str = "",
        reason: str = "",
    ) -> Decision:
        """Return the reasons for where a conversation stands now."""
        return decided(self, doc, rule, considered, tie_break=tie_break, reason=reason)

    def note(
        self,
        doc: RoutingDoc,
        rule: str,
        considered: tuple[Reason, ...] = (),
        *,
        reason: str = "",
    ) -> None:
        """Write down a decision that nobody is told."""
        self.said.append(Note(self.decision(doc, rule, considered, reason=reason)))

    def tell(
        self,
        doc: RoutingDoc,
        agent: AgentId,
        state: AssignmentState,
        *,
        decision: Decision | None = None,
        reason: str = "",
        command: str = "",
    ) -> None:
        """Tell an agent about a conversation as it stands in `doc`."""
        assignment = replace(
            self._assignment(doc, agent, state),
            decision=decision,
            reason=reason,
            command=command,
        )
        self.said.append(Tell(assignment))

    def tell_turn(
        self,
        doc: RoutingDoc,
        agent: AgentId,
        turn: Turn,
        state: AssignmentState = AssignmentState.TURN,
    ) -> None:
        """Tell an agent what was written in a conversation of his, by the customer or another."""
        assignment = self._assignment(doc, agent, state)
        self.said.append(Tell(replace(assignment, turn=turn, channel=turn.channel)))

    def _assignment(self, doc: RoutingDoc, agent: AgentId, state: AssignmentState) -> Assignment:
        expires = state == AssignmentState.OFFERED or doc.state == RoutingState.WRAPPING
        return Assignment(
            tenant=self.tenant,
            state=state,
            conversation=doc.conversation,
            agent=agent,
            epoch=doc.epoch,
            at=self.now,
            channel=doc.channel,
            arrived_at=doc.arrived_at,
            accepted_at=self.accepted_at.get(doc.conversation, doc.arrived_at),
            expires_at=doc.due_at if expires else 0,
            may_read=doc.may_read,
            act_until=doc.act_until,
        )

    def say(self, effect: Effect) -> None:
        """Add an effect that is no decision."""
        self.said.append(effect)


def _tie(doc: RoutingDoc, previous: bool) -> dict[str, float]:  # noqa: FBT001  (a term like others)
    """Return whether an agent served the customer before, or only whom he seems to be."""
    if doc.seems:
        return {"previous": 0.0, "seems": float(previous)}
    return {"previous": float(previous)}


def passed_over(doc: RoutingDoc, agent: AgentId) -> tuple[AgentId, ...]:
    """Return whom a conversation passes over once `agent` had it, newest last, bounded."""
    return (*(each for each in doc.declined if each != agent), agent)[-DECLINED_MAX:]
