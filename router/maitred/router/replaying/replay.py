"""Replaying: recorded inputs through an engine, and what it says beside what was recorded.

The engine's answer hangs on the documents, the settings, the event and the time alone, so the same
inputs under the same settings give the same answers, to the last bit. What is compared is what
agents were told and what was decided; a brief is made by the shell, out of what customers wrote,
and is left out on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc
from maitred.contracts.assignments import Assignment
from maitred.contracts.ids import AgentId, ConversationId, Tenant
from maitred.contracts.routing import Decision, RoutingDoc, RoutingState
from maitred.router.engine import Engine
from maitred.router.events import Effect, Event, Forget, Note, SaveAgent, SaveRouting, Tell
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings

FIELDS_MAX: Final = 20
"""So many fields of one answer are named; where more differ, these tell enough."""
_SWEEP_EVERY: Final = 4_096
_NOTHING: Final = "(nothing)"


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that was said or written down about an input: its place among the effects."""

    index: int
    body: Assignment | Decision


class Field(NamedTuple):
    """A value that differs: where it stands, what was recorded, what the engine says."""

    path: str
    recorded: Any
    replayed: Any


class Difference(NamedTuple):
    """An answer that is not what was recorded; one that is missing differs as a whole.

    The path of such a field is empty.
    """

    input: int
    conversation: ConversationId | None
    agent: AgentId | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What an engine is made of; `closed_ms` is how long who served a closed one is remembered."""

    settings: RoutingSettings
    policy: RoutingPolicy
    closed_ms: int

    @property
    def label(self) -> str:
        """Return the policy as decisions cite it."""
        return f"{self.policy.name}:{self.policy.hash()}"


class Replay:
    """An engine that is fed with recorded inputs, and changes its rules where history did."""

    def __init__(self, tenant: Tenant, rules: Rules) -> None:
        self._tenant = tenant
        self.rules = rules
        self._routing: dict[ConversationId, RoutingDoc] = {}
        self._agents: dict[AgentId, AgentDoc] = {}
        self._played = 0
        self.engine = self._started()

    def restart(self, rules: Rules | None = None) -> None:
        """Go on as after a restart: a new engine out of the documents, under other rules maybe."""
        self.rules = rules or self.rules
        self.engine = self._started()

    def play(self, sequence: int, events: Iterable[Event], now: int) -> tuple[Effect, ...] | None:
        """Return what follows from the events of one input, at the time that the store gave it.

        Where the engine cannot handle them it returns nothing, and goes on without that input, as
        dispatch does.
        """
        try:
            effects = answering(
                (effect for event in events for effect in self.engine.handle(event, now)), sequence
            )
        except Exception:  # noqa: BLE001  (whatever it is, dispatch met it too and went on)
            self.restart()
            return None
        self._keep(effects)
        self._played += 1
        if self._played % _SWEEP_EVERY == 0:
            self._sweep(now)
        return effects

    def _keep(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case SaveRouting(doc=doc):
                    self._routing[doc.conversation] = doc
                case SaveAgent(doc=state):
                    self._agents[state.id] = state
                case Forget(conversation=conversation):
                    self._routing.pop(conversation, None)

    def _sweep(self, now: int) -> None:
        """Let go of what the store has let go of."""
        kept_ms = self.rules.closed_ms
        gone = [
            doc.conversation
            for doc in self._routing.values()
            if doc.state == RoutingState.CLOSED and doc.state_at + kept_ms <= now
        ]
        for conversation in gone:
            del self._routing[conversation]

    def _started(self) -> Engine:
        rules = self.rules
        engine = Engine(rules.settings, rules.policy, self._tenant, closed_ms=rules.closed_ms)
        engine.load(self._routing.values(), self._agents.values())
        return engine


def answering(effects: Iterable[Effect], sequence: int) -> tuple[Effect, ...]:
    """Return effects whose decisions name the input that they answer."""
    return tuple(_answering(effect, sequence) for effect in effects)


def _answering(effect: Effect, sequence: int) -> Effect:
    match effect:
        case Note(decision=decision):
            return Note(replace(decision, input=sequence))
        case Tell(assignment=assignment) if assignment.decision is not None:
            decision = replace(assignment.decision, input=sequence)
            return Tell(replace(assignment, decision=decision))
    return effect


def answers(effects: Sequence[Effect]) -> Iterator[Answer]:
    """Yield what the effects of one input tell agents and note, in order."""
    for index, effect in enumerate(effects):
        match effect:
            case Tell(assignment=assignment):
                yield Answer(index, assignment)
            case Note(decision=decision):
                yield Answer(index, decision)


def decision_of(answer: Answer) -> Decision | None:
    """Return the decision that an answer holds, if it holds one."""
    body = answer.body
    return body if isinstance(body, Decision) else body.decision


def differences(
    sequence: int, recorded: Iterable[Answer], replayed: Iterable[Answer]
) -> Iterator[Difference | None]:
    """Yield for each answer to one input how it differs, or nothing where it is the same."""
    for old, new in zip_longest(recorded, replayed):
        known = old or new
        fields = tuple(_fields(old, new))
        if not fields or known is None:
            yield None
            continue
        body = known.body
        yield Difference(sequence, body.conversation, body.agent, fields[:FIELDS_MAX])


def _fields(old: Answer | None, new: Answer | None) -> Iterator[Field]:
    if old is None or new is None:
        yield Field("", *(_said(each) for each in (old, new)))
        return
    one, other = _bare(old.body), _bare(new.body)
    if old.index != new.index:
        yield Field("place among the effects", old.index, new.index)
    if one != other:
        yield from _compared("", msgspec.to_builtins(one), msgspec.to_builtins(other))


def _said(answer: Answer | None) -> str:
    if answer is None:
        return _NOTHING
    body = answer.body
    return f"{body.outcome.value} by {body.rule}" if isinstance(body, Decision) else body.state


def _bare(body: Assignment | Decision) -> Assignment | Decision:
    """Return an answer without what the shell put in."""
    return body if isinstance(body, Decision) else replace(body, brief=None)


def _compared(path: str, one: object, other: object) -> Iterator[Field]:
    """Yield the places at which two plain values differ."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*one, *other)):
            inner = f"{path}.{key}" if path else str(key)
            yield from _compared(inner, one.get(key), other.get(key))
    elif isinstance(one, Sequence) and isinstance(other, Sequence) and not isinstance(one, str):
        for index, (left, right) in enumerate(zip_longest(one, other)):
            yield from _compared(f"{path}[{index}]", left, right)
    elif one != other:
        yield Field(path, one, other)
