"""Placing: the two decisions, for a conversation that needs an agent and an agent with room.

A conversation goes to the agent who served its customer last, if he suits and has room; it is kept
for him a while, if he is full; else it goes to who has the highest score, of equals the longest
idle, then the first by id (`candidates`); else it waits (`queue`). An agent with room takes what
has the highest rank, of equals the earliest virtual arrival, then the first by id; of several
agents who got room in one event whoever takes what ranks highest goes first, of equals the longest
idle, then the first by id (`filling`). Several conversations that need an agent at once are placed
by urgency, of equals the earliest virtual arrival, then the first by id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.conversation import Turn
from maitred.contracts.ids import AgentId, ConversationId, Tenant
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.routing import Decision, Reason, RoutingDoc, RoutingState
from maitred.router.agents.candidates import Candidate, Wanted, tie_break
from maitred.router.deciding.filling import fill
from maitred.router.deciding.offering import offer
from maitred.router.deciding.record import decided, offer_terms
from maitred.router.events import Effect, Note, Tell
from maitred.router.house import House
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings

BEST_MAX: Final = 5
MISSES_MAX: Final = 3
DECLINED_MAX: Final = 64


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
        wanted = self._wanted(doc)
        asked = max(self.settings.broadcast.get(doc.channel, 1), 1)
        best = self.house.candidates.best(wanted, max(asked, BEST_MAX))
        considered = (
            *(self._candidate(doc, each) for each in best[:BEST_MAX]),
            *self._misses(doc, wanted),
        )
        previous = self._previous(doc)
        verdict = self.house.candidates.verdict(wanted, previous) if previous else "unknown"
        if previous is not None and not verdict:
            self.offer(doc, previous, "sticky_hint" if doc.seems else "sticky", considered)
        elif may_hold and verdict == "full" and not doc.seems and self.policy.hold(doc.channel) > 0:
            # Nobody has to wait for whom he only seems to know.
            self._keep(doc, considered)
        elif best:
            first, *others = [each.agent for each in best[:asked]]
            tie = tie_break(best)
            self.offer(doc, first, "best_idle", considered, also=tuple(others), tie_break=tie)
        else:
            self._queue(doc, considered)

    def _wanted(self, doc: RoutingDoc) -> Wanted:
        signature = self.policy.signature(doc)
        return Wanted(signature, doc.channel, doc.mood.label, doc.previous_agent)

    def _previous(self, doc: RoutingDoc) -> AgentId | None:
        """Return who has a conversation before all others, if the policy knows such a one."""
        known = self.policy.sticky_first and self.house.roster.knows(doc.previous_agent)
        return doc.previous_agent if known else None

    def _candidate(self, doc: RoutingDoc, each: Candidate) -> Reason:
        known = "" if not each.previous else "seems" if doc.seems else "previous"
        score = -each.minus_score
        terms = offer_terms(
            self.policy, score, fit=each.fit, load=each.load, flex=each.flex, previous=known
        )
        return Reason(agent=each.agent, score=score, terms=terms)

    def _misses(self, doc: RoutingDoc, wanted: Wanted) -> list[Reason]:
        """Return who comes nearest without having it: first the previous agent, if he is away."""
        roster, previous = self.house.roster, doc.previous_agent
        gone = []
        if previous is not None and roster.knows(previous) and not roster.is_online(previous):
            gone.append(Reason(agent=previous, excluded=roster.doc(previous).presence.value))
        misses = self.house.candidates.misses(wanted, MISSES_MAX - len(gone))
        return gone + [Reason(agent=m.agent, score=m.fit, excluded=m.excluded) for m in misses]

    def suits(self, doc: RoutingDoc, agent: AgentId) -> bool:
        """Return whether an agent may have a conversation at all; he must be known."""
        signature = self.policy.signature(doc)
        fit = self.policy.fit(signature, self.house.roster.agent(agent))
        return fit.value > 0 and agent not in signature.declined

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
        since = doc.state_at if waited else self.now
        waiting = replace(doc, state=RoutingState.WAITING, state_at=since)
        waiting = replace(waiting, due_at=self._waiting_due(waiting))
        self.house.put(waiting)
        if not (waited and old and old.step == waiting.step and old.needs == waiting.needs):
            self.note(waiting, "queue", considered)

    def _waiting_due(self, doc: RoutingDoc) -> int:
        """Return when to look again: at the next relaxation, or after a round of refusals."""
        times = [self.policy.next_step_at(doc)]
        if doc.declined:
            times.append(max(self.round_ends_at(doc), self.now + 1))
        return min((each for each in times if each), default=0)

    def round_ends_at(self, doc: RoutingDoc) -> int:
        """Return until when those who gave back what waits now are passed over.

        However often its customer writes meanwhile, and whatever step comes, no sooner or later.
        """
        return doc.state_at + round(self.settings.pass_over_seconds * SECOND_MS)

    # -- an agent has room
    def fill(self, agents: Iterable[AgentId]) -> None:
        """Let agents with room take what waits, until it is used up or nothing suits."""
        fill(self, agents)

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
        self._tell(doc, agent, state, decision=decision, reason=reason, command=command)

    def tell_turn(
        self,
        doc: RoutingDoc,
        agent: AgentId,
        turn: Turn,
        state: AssignmentState = AssignmentState.TURN,
    ) -> None:
        """Tell an agent what was written in a conversation of his, by the customer or another."""
        self._tell(doc, agent, state, turn=turn)

    def _tell(
        self,
        doc: RoutingDoc,
        agent: AgentId,
        state: AssignmentState,
        *,
        turn: Turn | None = None,
        decision: Decision | None = None,
        reason: str = "",
        command: str = "",
    ) -> None:
        expires = state == AssignmentState.OFFERED or doc.state == RoutingState.WRAPPING
        assignment = Assignment(
            tenant=self.tenant,
            state=state,
            conversation=doc.conversation,
            agent=agent,
            epoch=doc.epoch,
            at=self.now,
            channel=doc.channel if turn is None else turn.channel,
            arrived_at=doc.arrived_at,
            accepted_at=self.accepted_at.get(doc.conversation, doc.arrived_at),
            expires_at=doc.due_at if expires else 0,
            may_read=doc.may_read,
            act_until=doc.act_until,
            turn=turn,
            decision=decision,
            reason=reason,
            command=command,
        )
        self.said.append(Tell(assignment))

    def say(self, effect: Effect) -> None:
        """Add an effect that is no decision."""
        self.said.append(effect)


def passed_over(doc: RoutingDoc, agent: AgentId) -> tuple[AgentId, ...]:
    """Return whom a conversation passes over once `agent` had it, newest last, bounded."""
    return (*(each for each in doc.declined if each != agent), agent)[-DECLINED_MAX:]
