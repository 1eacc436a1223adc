"""Dispatch: the journal's messages, commands, deadlines and changes → who should have it.

The engine decides in memory and in the journal's order; what it decided is committed with the
position, and after any lost race it is rebuilt from the documents. So the log alone says what was
decided, and the engine's memory is only a faster copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from maitred.contracts.agents import AgentDoc
from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import NotRead, View
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.briefing import Briefing
from maitred.gateway.bus.pull import Received
from maitred.gateway.bus.reads import get_many
from maitred.gateway.deadlines import Deadlines
from maitred.gateway.delivery.saying import Saying, with_scheduled
from maitred.gateway.holding import Holding
from maitred.gateway.inputs import INPUTS, events_of
from maitred.gateway.journal.effects import Effects, Entry
from maitred.gateway.journal.stage import Buried
from maitred.gateway.metrics import Metrics
from maitred.gateway.whatif.recording import Recorder
from maitred.gateway.whatif.shadowing import NOT_ASKED, Shadowing
from maitred.router.engine import Engine
from maitred.router.events import (
    Effect,
    Event,
    Forget,
    Note,
    SaveAgent,
    SaveRouting,
    Say,
    SendDue,
    TakeBack,
    Tell,
)
from maitred.router.house import ERASED
from maitred.router.replaying.replay import answering
from maitred.router.replaying.shadow import Asked

log = structlog.get_logger(__name__)
STAGE: Final = "dispatch"
_WITH_BRIEF: Final = frozenset({AssignmentState.OFFERED, AssignmentState.UPDATED})


@dataclass(frozen=True, slots=True)
class Decided:
    """An input with what the engine made of it."""

    sequence: int
    at: int
    effects: tuple[Effect, ...]
    accepted_at: int = 0
    beside: tuple[Entry, ...] = ()
    """What is written down beside the decisions."""
    asked: Asked = NOT_ASKED
    """What a shadow policy said of them."""


class Dispatch:
    """The dispatch stage; there is one for a tenant."""

    name = STAGE
    stream = JOURNAL
    prepares_ahead = False

    def __init__(
        self,
        backbone: Backbone,
        *,
        engine: Engine,
        deadlines: Deadlines,
        metrics: Metrics,
        machines: frozenset[AgentId] = frozenset(),
        recorder: Recorder | None = None,
        shadowing: Shadowing | None = None,
    ) -> None:
        self._backbone = backbone
        self._subjects = backbone.subjects
        self._engine = engine
        self._deadlines = deadlines
        self._metrics = metrics
        self._briefing = Briefing(backbone.subjects, machines)
        self._saying = Saying(backbone.subjects, self._briefing)
        self._recorder = recorder
        self._shadowing = shadowing
        self._poisoned: set[int] = set()
        self._waiting: dict[ConversationId, str] = {}
        self._queue: Counter[str] = Counter()
        self.holding: Final = Holding()
        metrics.queue_from(lambda: self._queue)

    def subjects(self, partition: int) -> Sequence[str]:
        """Return what it reads: what was said, what agents say, what is due, what was changed."""
        return [self._subjects.any(kind) for kind in INPUTS]

    async def rebuild(self) -> None:
        """Load the engine and the deadlines from the documents."""
        connection = self._backbone.connection
        stored = await get_many(connection, JOURNAL, [self._subjects.any("routing")])
        routing = [msgspec.json.decode(each.data, type=RoutingDoc) for each in stored.values()]
        stored = await get_many(connection, JOURNAL, [self._subjects.any("agent")])
        agents = [msgspec.json.decode(each.data, type=AgentDoc) for each in stored.values()]
        self._engine.load(routing, agents)
        if self._recorder is not None:
            await self._recorder.recall()
        if self._shadowing is not None:
            self._shadowing.load(routing, agents)
        self._deadlines.clear()
        self._waiting.clear()
        self._queue.clear()
        self.holding.clear()
        for doc in routing:
            self._note_state(doc)
        for agent in agents:
            self._deadlines.arm_agent(agent.id, agent.due_at)

    async def prepare(self, received: Sequence[Received]) -> Sequence[Decided | Buried]:
        """Let the engine decide on each input, in order."""
        prepared: list[Decided | Buried] = []
        for item in received:
            if item.stream_seq in self._poisoned:
                prepared.append(Buried("engine_failed", "the engine could not handle it"))
                continue
            try:
                events, accepted_at = events_of(item.subject, item.data)
            except msgspec.MsgspecError:
                prepared.append(Buried("bad_entry", "not an entry of the shape that we know"))
                continue
            try:
                prepared.append(self._decided(item, events, accepted_at))
            except Exception:
                # Half-changed memory must not decide anything: read it again without this input.
                log.exception("engine_failed", input=item.stream_seq)
                self._poisoned.add(item.stream_seq)
                await self.rebuild()
                return await self.prepare(received)
        return prepared

    def _decided(self, item: Received, events: tuple[Event, ...], accepted_at: int) -> Decided:
        """Let the engine decide, and whoever looks on have his say when it has."""
        sequence, at = item.stream_seq, item.time_ms
        effects: tuple[Effect, ...] = ()
        beside: tuple[Entry, ...] = ()
        asked = NOT_ASKED
        for event in events:
            made = answering(self._engine.handle(event, at), sequence)
            effects += made
            if self._shadowing is not None:
                asked += self._shadowing.ask(event, at, made, self._engine.house, item.data)
        if self._shadowing is not None:
            beside = self._shadowing.entries(asked, sequence, at)
        if self._recorder is not None and (record := self._recorder.entry(sequence, at)):
            beside = (record, *beside)
        return Decided(sequence, at, effects, accepted_at, beside, asked)

    def wanted(self, prepared: Decided) -> Iterable[str]:
        """Name what is written, and what briefs and replies are made of."""
        briefed = {
            effect.assignment.conversation
            for effect in prepared.effects
            if isinstance(effect, Tell) and effect.assignment.state in _WITH_BRIEF
        }
        for effect in prepared.effects:
            match effect:
                case SaveRouting(doc=doc):
                    yield self._subjects.routing(doc.conversation)
                    if doc.conversation in briefed:
                        yield self._subjects.conversation(doc.conversation)
                        yield self._subjects.customer(doc.customer)
                case SaveAgent(doc=state):
                    yield self._subjects.agent(state.id)
                case Say() | SendDue() | TakeBack():
                    yield from self._saying.wanted(effect)
                case Forget(conversation=conversation):
                    yield self._subjects.routing(conversation)

    def apply(self, prepared: Decided, view: View) -> Effects:
        """Put the engine's decisions into documents and entries; briefs are made here."""
        documents = self._saved(prepared, view)
        entries: list[Entry] = []
        for index, effect in enumerate(prepared.effects):
            identity = f"dispatch:{prepared.sequence}:{index}"
            match effect:
                case Tell(assignment=assignment):
                    entries.append(self._told(assignment, documents, view, identity, prepared))
                case Note(decision=decision):
                    subject = self._subjects.decision(decision.conversation)
                    entries.append(Entry(subject, decision, identity))
                case Say() | SendDue() | TakeBack():
                    routing = self._routing(effect.conversation, documents, view)
                    said = self._saying.effects(effect, routing, view, prepared.at)
                    documents |= said.documents
                    entries += said.entries
        # The shell must know the revision of whatever is written.
        if missing := view.missing(*documents):
            raise NotRead(*missing)
        return Effects(documents=documents, entries=(*entries, *prepared.beside))

    def _saved(self, prepared: Decided, view: View) -> dict[str, msgspec.Struct]:
        documents: dict[str, msgspec.Struct] = {}
        for effect in prepared.effects:
            match effect:
                case SaveRouting(doc=doc):
                    documents[self._subjects.routing(doc.conversation)] = doc
                case SaveAgent(doc=state):
                    documents[self._subjects.agent(state.id)] = state
                case Forget(conversation=conversation):
                    documents |= self._emptied(conversation, view)
        return documents

    def duplicate(self, prepared: Decided) -> Effects:
        """Drop what stands in the log already (a reply that was said before)."""
        documents: dict[str, msgspec.Struct] = {}
        for effect in prepared.effects:
            if isinstance(effect, SaveRouting):
                documents[self._subjects.routing(effect.doc.conversation)] = effect.doc
            elif isinstance(effect, SaveAgent):
                documents[self._subjects.agent(effect.doc.id)] = effect.doc
        return Effects(documents=documents)

    def committed(self, prepared: Decided, effects: Effects) -> None:
        """Arm deadlines and count, now that the decision is durable."""
        now = clock.now_ms()
        if prepared.asked.decisions:
            self._metrics.shadow(prepared.asked)
        for effect in prepared.effects:
            match effect:
                case SaveRouting(doc=doc):
                    self._note_state(doc)
                case SaveAgent(doc=state):
                    self._deadlines.arm_agent(state.id, state.due_at)
                case Forget(conversation=conversation):
                    self._note_gone(conversation)
                case Tell(assignment=assignment):
                    self._metrics.assignment(assignment.state.value)
                    if assignment.state is AssignmentState.OFFERED and prepared.accepted_at:
                        self._metrics.offered(now - prepared.accepted_at)

    def _note_state(self, doc: RoutingDoc) -> None:
        self._waits_no_more(doc.conversation)
        self.holding.note(doc)
        if doc.due_at and doc.state is not RoutingState.CLOSED:
            self._deadlines.arm(doc.conversation, doc.epoch, doc.due_at)
        else:
            self._deadlines.disarm(doc.conversation)
        for each in doc.uttered:
            if each.send_at:
                self._deadlines.arm_reply(doc.conversation, each.reply, each.send_at)
        if doc.state in {RoutingState.WAITING, RoutingState.HELD}:
            skills = "+".join(need.skill for need in doc.needs.skills) or "any"
            need = f"{skills}/{doc.needs.language or 'any'}"
            self._waiting[doc.conversation] = need
            self._queue[need] += 1

    def _note_gone(self, conversation: ConversationId) -> None:
        self._deadlines.disarm(conversation)
        self._waits_no_more(conversation)
        self.holding.forget(conversation)

    def _waits_no_more(self, conversation: ConversationId) -> None:
        if (before := self._waiting.pop(conversation, None)) is not None:
            self._queue[before] -= 1
            if not self._queue[before]:
                del self._queue[before]

    def _emptied(self, conversation: ConversationId, view: View) -> dict[str, msgspec.Struct]:
        """Empty the document of an erased conversation, unless it is purged already.

        Whoever starts again before the purge must not find the conversation alive.
        """
        subject = self._subjects.routing(conversation)
        known = view.read(subject, RoutingDoc)
        if known is None:
            return {}
        return {
            subject: RoutingDoc(
                conversation=conversation,
                customer=known.customer,
                state=RoutingState.CLOSED,
                epoch=known.epoch,
                channel=known.channel,
                account="",
                arrived_at=known.arrived_at,
                state_at=known.state_at,
                closed_reason=ERASED,
            )
        }

    def _told(
        self,
        assignment: Assignment,
        documents: dict[str, msgspec.Struct],
        view: View,
        identity: str,
        prepared: Decided,
    ) -> Entry:
        if assignment.state in _WITH_BRIEF and assignment.conversation is not None:
            routing = self._routing(assignment.conversation, documents, view)
            brief = self._briefing.brief(assignment, with_scheduled(routing), view)
            assignment = msgspec.structs.replace(assignment, brief=brief)
        where = self._subjects.assign(assignment.agent, assignment.conversation or "none")
        return Entry(where, assignment, identity)

    def _routing(
        self, conversation: ConversationId, documents: dict[str, msgspec.Struct], view: View
    ) -> RoutingDoc:
        subject = self._subjects.routing(conversation)
        routing = documents.get(subject) or view.read(subject, RoutingDoc)
        if not isinstance(routing, RoutingDoc):
            raise TypeError("an agent is told of a conversation that has no routing document")
        return routing
