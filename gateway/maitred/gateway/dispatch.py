"""Dispatch: the journal's messages, commands and deadlines → who should have it.

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

from maitred.contracts.agents import (
    Admitted,
    AgentDoc,
    Assignment,
    AssignmentState,
    Brief,
    Due,
    RoutingDoc,
    RoutingState,
)
from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import Claim, Work
from maitred.contracts.ids import AgentId, ConversationId, CustomerId, MessageId, outbound_id
from maitred.contracts.message import Attachment, MessageKind
from maitred.contracts.outbound import Outbound
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import NotRead, View
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.pull import Received
from maitred.gateway.bus.reads import get_many
from maitred.gateway.deadlines import Deadlines
from maitred.gateway.journal.effects import Effects, Entry
from maitred.gateway.journal.stage import Buried
from maitred.gateway.metrics import Metrics
from maitred.identity.gates import brief_may_show_journey
from maitred.router import brief as briefs
from maitred.router.engine import Engine
from maitred.router.events import (
    ClaimCame,
    CommandCame,
    DueCame,
    Effect,
    Event,
    Note,
    SaveAgent,
    SaveRouting,
    Say,
    Tell,
    WorkArrived,
)

log = structlog.get_logger(__name__)
STAGE: Final = "dispatch"
_EARLIER_MAX: Final = 5
"""Earlier conversations shown in a brief."""
_ALIASES_MAX: Final = 16


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    """What dispatch needs of a message; reading the rest would cost as much as deciding."""

    id: MessageId
    channel: str
    kind: MessageKind
    name: str
    text: str
    received_at: int
    attachments: tuple[Attachment, ...]


class _Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="entry"):
    """What dispatch needs of a journal entry."""

    message: _Message
    claim: Claim | None = None
    work: Work | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """An input with what the engine made of it."""

    sequence: int
    at: int
    effects: tuple[Effect, ...]
    accepted_at: int = 0


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
    ) -> None:
        self._backbone = backbone
        self._subjects = backbone.subjects
        self._engine = engine
        self._deadlines = deadlines
        self._metrics = metrics
        self._machines = machines
        self._poisoned: set[int] = set()
        self._waiting: dict[ConversationId, str] = {}
        self._queue: Counter[str] = Counter()
        metrics.queue_from(lambda: self._queue)

    def subjects(self, partition: int) -> Sequence[str]:
        """Return what it reads: what was said, what agents say, what is due."""
        return [self._subjects.any(kind) for kind in ("message", "admitted", "due")]

    async def rebuild(self) -> None:
        """Load the engine and the deadlines from the documents."""
        connection = self._backbone.connection
        stored = await get_many(connection, JOURNAL, [self._subjects.any("routing")])
        routing = [msgspec.json.decode(each.data, type=RoutingDoc) for each in stored.values()]
        stored = await get_many(connection, JOURNAL, [self._subjects.any("agent")])
        agents = [msgspec.json.decode(each.data, type=AgentDoc) for each in stored.values()]
        self._engine.load(routing, agents)
        self._deadlines.clear()
        self._waiting.clear()
        self._queue.clear()
        for doc in routing:
            self._note_state(doc)

    async def prepare(self, received: Sequence[Received]) -> Sequence[Decided | Buried]:
        """Let the engine decide on each input, in order."""
        prepared: list[Decided | Buried] = []
        for item in received:
            if item.stream_seq in self._poisoned:
                prepared.append(Buried("engine_failed", "the engine could not handle it"))
                continue
            try:
                events, accepted_at = _events(item)
            except msgspec.MsgspecError:
                prepared.append(Buried("bad_entry", "not an entry of the shape that we know"))
                continue
            try:
                effects = tuple(
                    effect
                    for event in events
                    for effect in self._engine.handle(event, item.time_ms)
                )
            except Exception:
                # Half-changed memory must not decide anything: read it again without this input.
                log.exception("engine_failed", input=item.stream_seq)
                self._poisoned.add(item.stream_seq)
                await self.rebuild()
                return await self.prepare(received)
            prepared.append(Decided(item.stream_seq, item.time_ms, effects, accepted_at))
        return prepared

    def wanted(self, prepared: Decided) -> Iterable[str]:
        """Name what is written, and what briefs and replies are made of."""
        offered = {
            effect.assignment.conversation
            for effect in prepared.effects
            if isinstance(effect, Tell) and effect.assignment.state is AssignmentState.OFFERED
        }
        for effect in prepared.effects:
            match effect:
                case SaveRouting(doc=doc):
                    yield self._subjects.routing(doc.conversation)
                    if doc.conversation in offered:
                        yield self._subjects.conversation(doc.conversation)
                        yield self._subjects.customer(doc.customer)
                case SaveAgent(doc=state):
                    yield self._subjects.agent(state.id)
                case Say(conversation=conversation):
                    yield self._subjects.conversation(conversation)

    def apply(self, prepared: Decided, view: View) -> Effects:
        """Put the engine's decisions into documents and entries; briefs are made here."""
        documents: dict[str, msgspec.Struct] = {}
        entries: list[Entry] = []
        for effect in prepared.effects:
            match effect:
                case SaveRouting(doc=doc):
                    documents[self._subjects.routing(doc.conversation)] = doc
                case SaveAgent(doc=state):
                    documents[self._subjects.agent(state.id)] = state
        for index, effect in enumerate(prepared.effects):
            identity = f"dispatch:{prepared.sequence}:{index}"
            match effect:
                case Tell(assignment=assignment):
                    entries.append(self._told(assignment, documents, view, identity, prepared))
                case Note(decision=decision):
                    subject = self._subjects.decision(decision.conversation)
                    entries.append(Entry(subject, decision, identity))
                case Say():
                    entries.append(self._said(effect, prepared, view))
        # The shell must know the revision of whatever is written.
        if missing := view.missing(*documents):
            raise NotRead(*missing)
        return Effects(documents=documents, entries=tuple(entries))

    def duplicate(self, prepared: Decided) -> Effects:
        """Drop what stands in the log already (a reply that was said before)."""
        documents: dict[str, msgspec.Struct] = {}
        for effect in prepared.effects:
            if isinstance(effect, SaveRouting):
                documents[self._subjects.routing(effect.doc.conversation)] = effect.doc
        return Effects(documents=documents)

    def committed(self, prepared: Decided, effects: Effects) -> None:
        """Arm deadlines and count, now that the decision is durable."""
        now = clock.now_ms()
        for effect in prepared.effects:
            match effect:
                case SaveRouting(doc=doc):
                    self._note_state(doc)
                case Tell(assignment=assignment):
                    self._metrics.assignment(assignment.state.value)
                    if assignment.state is AssignmentState.OFFERED and prepared.accepted_at:
                        self._metrics.offered(now - prepared.accepted_at)

    def _note_state(self, doc: RoutingDoc) -> None:
        if doc.due_at and doc.state is not RoutingState.CLOSED:
            self._deadlines.arm(doc.conversation, doc.epoch, doc.due_at)
        else:
            self._deadlines.disarm(doc.conversation)
        if (before := self._waiting.pop(doc.conversation, None)) is not None:
            self._queue[before] -= 1
            if not self._queue[before]:
                del self._queue[before]
        if doc.state in {RoutingState.WAITING, RoutingState.HELD}:
            skills = "+".join(need.skill for need in doc.needs.skills) or "any"
            need = f"{skills}/{doc.needs.language or 'any'}"
            self._waiting[doc.conversation] = need
            self._queue[need] += 1

    def _told(
        self,
        assignment: Assignment,
        documents: dict[str, msgspec.Struct],
        view: View,
        identity: str,
        prepared: Decided,
    ) -> Entry:
        if assignment.state is AssignmentState.OFFERED and assignment.conversation is not None:
            subject = self._subjects.routing(assignment.conversation)
            routing = documents.get(subject)
            if not isinstance(routing, RoutingDoc):
                raise TypeError("an offer without a routing document")
            brief = self._brief(assignment, routing, view)
            assignment = msgspec.structs.replace(assignment, brief=brief)
        where = self._subjects.assign(assignment.agent, assignment.conversation or "none")
        return Entry(where, assignment, identity)

    def _said(self, say: Say, prepared: Decided, view: View) -> Entry:
        conversation = self._conversation(say.conversation, view)
        reply = Outbound(
            # Named after the admitted command's place in the journal: agents may use an id again.
            id=outbound_id(say.conversation, f"{say.agent}:{prepared.sequence}"),
            tenant=self._subjects.tenant,
            conversation=say.conversation,
            customer=conversation.customer,
            agent=say.agent,
            agent_name=say.agent_name,
            to=conversation.reply_to,
            subject=conversation.subject,
            text=say.text,
            at=prepared.at,
        )
        where = self._subjects.outbound(
            reply.to.channel, say.conversation, conversation.reply_to.key
        )
        return Entry(where, reply, f"outbound:{reply.id}")

    def _conversation(self, conversation: ConversationId, view: View) -> Conversation:
        found = view.read(self._subjects.conversation(conversation), Conversation)
        if found is None:
            raise ValueError("a routed conversation is not there")
        return found

    def _customer(self, customer: CustomerId, view: View) -> CustomerDoc | None:
        for _ in range(_ALIASES_MAX):
            found = view.read(self._subjects.customer(customer), CustomerDoc)
            if found is None or found.alias_of is None:
                return found
            customer = found.alias_of
        return None

    def _brief(self, assignment: Assignment, routing: RoutingDoc, view: View) -> Brief:
        conversation = routing.conversation
        said = self._conversation(conversation, view)
        customer = self._customer(said.customer, view)
        show = brief_may_show_journey(said, to_machine=assignment.agent in self._machines)
        earlier: list[tuple[Conversation, RoutingDoc | None]] = []
        if show and customer is not None:
            ids = [each for each in customer.conversations if each != conversation][-_EARLIER_MAX:]
            wanted = [self._subjects.conversation(each) for each in ids]
            wanted += [self._subjects.routing(each) for each in ids]
            if missing := view.missing(*wanted):
                raise NotRead(*missing)
            for each in ids:
                before = view.read(self._subjects.conversation(each), Conversation)
                state = view.read(self._subjects.routing(each), RoutingDoc)
                if before is not None:
                    earlier.append((before, state))
        return briefs.compose(
            said, routing, customer, earlier, show_journey=show, why=assignment.decision
        )


def _events(item: Received) -> tuple[tuple[Event, ...], int]:
    """Return the engine's events and when the door stored the message behind them."""
    kind = item.subject.split(".")[3]
    if kind == "admitted":
        return (CommandCame(msgspec.json.decode(item.data, type=Admitted)),), 0
    if kind == "due":
        return (DueCame(msgspec.json.decode(item.data, type=Due)),), 0
    entry = msgspec.json.decode(item.data, type=_Entry)
    events: list[Event] = []
    if entry.work is not None:
        turn = _turn(entry.message)
        events.append(WorkArrived(work=entry.work, turn=turn, message=entry.message.id))
    if entry.claim is not None and entry.claim.turn is not None:
        events.append(ClaimCame(conversation=entry.claim.conversation, turn=entry.claim.turn))
    return tuple(events), entry.work.accepted_at if entry.work is not None else 0


def _turn(message: _Message) -> Turn:
    proof = message.kind is MessageKind.VERIFICATION
    return Turn(
        at=message.received_at,
        speaker=Speaker.SYSTEM if proof else Speaker.CUSTOMER,
        channel=message.channel,
        text=message.text,
        kind=message.kind,
        message=message.id,
        name=message.name,
        attachments=tuple(each.name for each in message.attachments),
    )
