"""Shadow: a second policy that is asked, one step ahead, what it would have done.

Its documents follow reality: before each event both stand on the same ground, so every answer is
about what really was, and one different choice does not colour all that follow. What it would do is
noted where it is something else, and then it takes over what really became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from maitred.contracts.agents import AgentDoc
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.policies import ShadowAnswer, Standing
from maitred.contracts.routing import Decision, Due, RoutingDoc, RoutingState
from maitred.router.agents.roster import holders
from maitred.router.engine import Engine
from maitred.router.events import DueCame, Effect, Event, Forget, SaveAgent, SaveRouting
from maitred.router.house import House
from maitred.router.replaying.replay import answers, decision_of

_CHOICES = frozenset({RoutingState.OFFERED, RoutingState.WAITING, RoutingState.HELD})
"""Outcomes that a policy chooses between; that a conversation is over is nobody's choice."""

Seen = Callable[[RoutingDoc], RoutingDoc]
"""How a document looks to the shadow: its rules may ask something else of who takes it."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A conversation that would stand elsewhere after an event, had the shadow decided."""

    conversation: ConversationId
    channel: str
    skills: tuple[str, ...]
    active: Standing
    shadow: Standing

    def answer(self, sequence: int, at: int, policy: str) -> ShadowAnswer:
        """Return it as it is written down, about an input at a time, by the shadow's policy."""
        return ShadowAnswer(
            conversation=self.conversation,
            at=at,
            input=sequence,
            policy=policy,
            channel=self.channel,
            skills=self.skills,
            active=self.active,
            shadow=self.shadow,
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """How many decisions an event asked for, and which of them the shadow would make otherwise."""

    decisions: int
    elsewhere: tuple[Elsewhere, ...] = ()

    def __add__(self, other: Asked) -> Asked:
        """Return both together."""
        return Asked(self.decisions + other.decisions, self.elsewhere + other.elsewhere)


class Shadow:
    """Asks an engine about each event and lets it follow the real one."""

    def __init__(self, engine: Engine, seen: Seen) -> None:
        self._engine = engine
        self._seen = seen

    def load(self, routing: Iterable[RoutingDoc], agents: Iterable[AgentDoc]) -> None:
        """Begin on the ground of these documents."""
        docs = {doc.conversation: self._seen(doc) for doc in routing}
        states = {state.id: state for state in agents}
        self._engine.load(docs.values(), states.values())
        # What the shadow's settings do not allow it would put right first; that is no answer.
        for effect in self._engine.handle(DueCame(Due(due_at=0)), 0):
            match effect:
                case SaveRouting(doc=doc):
                    self._engine.house.put(docs[doc.conversation])
                case SaveAgent(doc=state):
                    self._engine.house.put_agent(states.get(state.id, AgentDoc(id=state.id)))

    def ask(self, event: Event, now: int, active: Sequence[Effect], real: House) -> Asked:
        """Return what would have gone elsewhere; then everything stands as it really does.

        `event` is as the shadow's rules read it, `active` what the real engine made of it and
        `real` where everything stands after it.
        """
        effects = self._engine.handle(event, now)
        asked = self._compared(active, effects, real)
        self._follow((*active, *effects), real)
        return asked

    def _compared(self, active: Sequence[Effect], own: Sequence[Effect], real: House) -> Asked:
        real_choices, own_choices = _choices(active), _choices(own)
        elsewhere = []
        asked = real_choices or own_choices
        for conversation in asked:
            one, other = real.get(conversation), self._engine.house.get(conversation)
            if one is None or other is None or _place(one) == _place(other):
                continue
            elsewhere.append(
                Elsewhere(
                    conversation,
                    one.channel,
                    tuple(need.skill for need in other.needs.skills),
                    _standing(one, real_choices.get(conversation)),
                    _standing(other, own_choices.get(conversation)),
                )
            )
        return Asked(len(asked), tuple(elsewhere))

    def _follow(self, effects: Iterable[Effect], real: House) -> None:
        conversations: set[ConversationId] = set()
        agents: set[AgentId] = set()
        for effect in effects:
            match effect:
                case SaveRouting(doc=doc):
                    conversations.add(doc.conversation)
                case Forget(conversation=conversation):
                    conversations.add(conversation)
                case SaveAgent(doc=state):
                    agents.add(state.id)
        own = self._engine.house
        for conversation in sorted(conversations):
            stands = real.get(conversation)
            if stands is None:
                own.erase(conversation)
            else:
                own.put(self._seen(stands))
        for agent in sorted(agents):
            own.put_agent(real.roster.doc(agent))


def as_it_is(doc: RoutingDoc) -> RoutingDoc:
    """Return a document as everybody sees it: the shadow has the rules that are in force."""
    return doc


def _choices(effects: Sequence[Effect]) -> dict[ConversationId, Decision]:
    """Return the last choice that was made about each conversation."""
    found: dict[ConversationId, Decision] = {}
    for answer in answers(effects):
        decision = decision_of(answer)
        if decision is not None and decision.outcome in _CHOICES:
            found[decision.conversation] = decision
    return found


def _place(doc: RoutingDoc) -> tuple[RoutingState, tuple[AgentId, ...], AgentId | None]:
    kept_for = doc.previous_agent if doc.state == RoutingState.HELD else None
    return doc.state, holders(doc), kept_for


def _standing(doc: RoutingDoc, decision: Decision | None) -> Standing:
    agents = holders(doc)
    if doc.state == RoutingState.HELD and doc.previous_agent is not None:
        agents = (doc.previous_agent,)
    if decision is None:
        return Standing(state=doc.state, agents=agents)
    scores = [each.score for each in decision.candidates if each.agent == decision.agent]
    score = scores[0] if scores else 0.0
    return Standing(state=doc.state, agents=agents, rule=decision.rule, score=score)
