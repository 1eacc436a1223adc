"""A desk where customers write and an operator splits, joins and undoes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from maitred.contracts.conversation import Conversation, SkillNeed
from maitred.contracts.documents import CustomerDoc, ThreadDoc
from maitred.contracts.entry import MessageEntry, Work
from maitred.contracts.identifiers import Observed
from maitred.contracts.ids import ConversationId, MessageId, OperationId
from maitred.contracts.message import Entity, EntityKind, Message, ThreadHints
from maitred.contracts.operations import ConversationChange, OperationDoc, OperationKind
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.view import NotRead
from maitred.identity.conversations.gathering import gathered, together
from maitred.identity.conversations.joins import followed, members
from maitred.identity.conversations.place import Placement
from maitred.identity.operators import operations, splitting, undoing, uniting
from maitred.identity.operators.ground import Target
from maitred.identity.operators.orders import Order, Outcome
from maitred.identity.operators.retelling import Teller, Unread
from tests.identity.world import START, TOOLS, Loaded, Stale, World, email, key_of, said, slack

ANN = email("ann@example.com")
EVE, SLACK = email("eve@example.com"), slack("U1")
ORDER = Entity(kind=EntityKind.ORDER, value="4242")
PARCEL = Entity(kind=EntityKind.TRACKING, value="JD01")
SUBJECTS = TOOLS.subjects


def judged(conversation: Conversation, message: Message) -> Conversation:
    """Ask for the skill that each #word of a message names."""
    if not message.kind.wants_an_answer:
        return conversation
    skills = sorted({word[1:] for word in message.text.split() if word.startswith("#")})
    asked = msgspec.structs.replace(
        conversation.needs, skills=tuple(SkillNeed(skill=each) for each in skills)
    )
    return msgspec.structs.replace(conversation, needs=together(conversation.needs, asked))


class _Judging(World):
    def compute(
        self, message: Message, view: Loaded
    ) -> tuple[Placement, dict[str, msgspec.Struct]]:
        placement, documents = super().compute(message, view)
        if placement.conversation is not None:
            subject = SUBJECTS.conversation(placement.conversation)
            document = documents[subject]
            assert isinstance(document, Conversation)
            if document != placement.previous:
                documents[subject] = judged(document, message)
        return placement, documents


@dataclass
class Desk:
    """Whoever writes here is journalled, so that what he said can be told again."""

    world: World = field(default_factory=_Judging)
    journal: dict[MessageId, MessageEntry | None] = field(default_factory=dict)
    read: set[MessageId] = field(default_factory=set)
    changes: tuple[ConversationChange, ...] = ()
    at: int = START

    # -- customers
    def mail(
        self, name: str, *refers_to: str, sender: Observed = ANN, text: str = "", **more: object
    ) -> Placement:
        """Take a mail; `refers_to` are names of earlier ones, nearest first."""
        thread = ThreadHints(own=(f"<{name}>",), refers_to=tuple(f"<{e}>" for e in refers_to))
        return self.take(said(name, sender, thread=thread, **{"text": text or name, **more}))

    def take(self, message: Message) -> Placement:
        self.at += 60_000
        self.world.now = self.at
        if message.received_at == START:
            message = msgspec.structs.replace(message, received_at=self.at)
        placement = self.world.take(message)
        work = None
        if placement.conversation is not None:
            document = self.doc(placement.conversation)
            work = Work(
                conversation=document.id,
                customer=document.customer,
                channel=message.channel,
                account=message.account,
                needs=document.needs,
                mood=document.mood,
                may_read=document.may_read,
                act_until=document.act_until,
                hint=document.hint,
                accepted_at=self.at,
            )
        self.journal[message.id] = MessageEntry(
            message=message,
            customer=placement.customer,
            conversation=placement.conversation,
            joined=placement.joined,
            work=work,
        )
        return placement

    # -- the operator
    def split(
        self,
        conversation: Placement | ConversationId | None,
        *messages: str,
        before_commit: Callable[[], object] | None = None,
    ) -> OperationDoc:
        ids = [MessageId(each) if each.startswith("msg_") else msg(each) for each in messages]
        return self._carry_out(
            lambda order, teller: splitting.split(order, _id(conversation), ids, teller),
            before_commit,
        )

    def join(
        self,
        conversation: Placement | ConversationId | None,
        into: Placement | ConversationId | None,
        before_commit: Callable[[], object] | None = None,
    ) -> OperationDoc:
        return self._carry_out(
            lambda order, teller: uniting.join(order, _id(conversation), _id(into), teller),
            before_commit,
        )

    def undo(
        self, record: OperationDoc, before_commit: Callable[[], object] | None = None
    ) -> OperationDoc:
        return self._carry_out(
            lambda order, teller: undoing.undo(order, record, teller), before_commit
        )

    def _carry_out(
        self,
        decide: Callable[[Order, Teller], Outcome],
        before_commit: Callable[[], object] | None,
    ) -> OperationDoc:
        """Decide and commit as the shell does: what is missing is read, who was faster is seen."""
        self.at += 1
        order, view = Order("kim", "two matters", self.at), Loaded()
        while True:
            known = {each: self.journal.get(each) for each in self.read}
            try:
                outcome = decide(order, Teller(view, TOOLS, known, judged))
            except NotRead as needed:
                self.world.load(view, needed.subjects)
                continue
            except Unread as unread:
                self._read(unread)
                continue
            if before_commit is not None:
                before_commit()
                before_commit = None
            try:
                self.world.commit(view, outcome.documents)
            except Stale:
                view = Loaded()
                continue
            self.changes = outcome.changes
            return outcome.record

    def _read(self, unread: Unread) -> None:
        for each in unread.messages:
            assert each not in self.read, "asked for what was read"
            self.read.add(each)
            entry = self.journal.get(each)
            assert entry is None or entry.message.actor_key in unread.writers

    # -- what is seen
    def doc(self, conversation: Placement | ConversationId | None) -> Conversation:
        return self.world.get(SUBJECTS.conversation(_id(conversation)), Conversation)

    def whole(self, conversation: Placement | ConversationId | None) -> Conversation:
        """Return a conversation as it is read: where it stands, with all that stands there."""
        view = self.world.everything()
        stands = followed(view, SUBJECTS, _id(conversation))[-1]
        return gathered(stands, members(stands, view, SUBJECTS))

    def texts(self, conversation: Placement | ConversationId | None) -> list[str]:
        return [turn.text for turn in self.doc(conversation).turns]

    def conversations(self) -> list[Conversation]:
        documents = [document for _, document in self.world.store.values()]
        return [each for each in documents if isinstance(each, Conversation)]

    def standing(self) -> dict[MessageId, ConversationId]:
        """Return in which document each message stands: in exactly one."""
        found: dict[MessageId, ConversationId] = {}
        for document in self.conversations():
            for turn in document.turns:
                for each in (turn.message, *turn.parts):
                    assert each is not None
                    assert each not in found, "a message stands in two conversations"
                    found[each] = document.id
        return found


def msg(name: str) -> MessageId:
    return said(name, ANN).id


def _id(conversation: Placement | ConversationId | None) -> ConversationId:
    if isinstance(conversation, Placement):
        conversation = conversation.conversation
    assert conversation is not None
    return conversation


def two_matters() -> tuple[Desk, ConversationId]:
    """Return a desk where one customer wrote about two things in one conversation."""
    desk = Desk()
    first = desk.mail("m1", text="#billing", entities=(ORDER,), subject="Charged twice")
    desk.mail("m2", "m1", text="#parcel", entities=(PARCEL,), subject="Re: Charged twice")
    desk.mail("m3", "m1", text="still #billing")
    assert first.conversation is not None
    return desk, first.conversation


def two_open(desk: Desk, *, same: bool = True) -> tuple[ConversationId, ConversationId]:
    """Give a customer an older conversation by mail and a newer one in Slack."""
    mail = desk.mail("m1", text="#billing", entities=(ORDER,), subject="Charged twice")
    chat = desk.take(said("s1", slack("U1"), text="#parcel"))
    if same:
        desk.take(said("s2", slack("U1"), ANN, text="s2"))
    assert mail.conversation is not None
    assert chat.conversation is not None
    return mail.conversation, chat.conversation


def customer(desk: Desk, conversation: ConversationId) -> CustomerDoc:
    return desk.world.customer(desk.doc(conversation).customer)


def everything_of(desk: Desk) -> dict[str, msgspec.Struct]:
    """Return what conversations, customers and threads there are, by subject."""
    return {
        subject: document
        for subject, (_, document) in desk.world.store.items()
        if isinstance(document, Conversation | CustomerDoc | ThreadDoc)
    }


def route(desk: Desk, conversation: ConversationId, state: RoutingState, **more: object) -> None:
    desk.world.route(conversation, state)
    subject = SUBJECTS.routing(conversation)
    routing = desk.world.get(subject, RoutingDoc)
    revision = desk.world.store[subject][0]
    desk.world.store[subject] = (revision + 1, msgspec.structs.replace(routing, **more))


def chat_id(name: str) -> MessageId:
    return said(name, slack("U1")).id


def part(desk: Desk, one: Observed = ANN, other: Observed = SLACK) -> None:
    """Let an operator say that two identifiers are different people."""
    view = Loaded()
    order = operations.Order(
        id=OperationId("op_part"),
        kind=OperationKind.CANNOT_LINK,
        by="kim",
        why="a mistake",
        at=desk.at,
        a=Target(key_of(one)),
        b=Target(key_of(other)),
    )
    while True:
        try:
            outcome = operations.said(order, view, TOOLS)
            break
        except NotRead as needed:
            desk.world.load(view, needed.subjects)
    desk.world.commit(view, outcome.documents)
