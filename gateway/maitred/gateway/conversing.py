"""Conversing: orders about conversations, carried out on the journal.

What an order comes to is decided by identity's pure functions; here the messages that they need are
read from the journal, and everything is written in one batch. Who was faster is seen at the next
try, so two operators never undo each other's work by accident, and no message falls in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from maitred.contracts.conversation import Conversation
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import ConversationId, MessageId
from maitred.contracts.message import Message
from maitred.contracts.operations import ConversationChange, OperationDoc
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.gateway.bus.connection import Connection
from maitred.gateway.finding import Places
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.transaction import Decision, transact
from maitred.gateway.judging import judged
from maitred.identity.customers.components import Tools
from maitred.identity.operators import splitting, undoing, uniting
from maitred.identity.operators.orders import Order, Outcome
from maitred.identity.operators.retelling import Teller, Unread
from maitred.router.rules.needs import CompiledRules

READS_MAX: Final = 50
"""Whoever writes so often that something new must be read each time is waited for no longer."""


@dataclass(frozen=True, slots=True)
class Conversing:
    """What it takes to carry out orders about the conversations of one tenant."""

    connection: Connection
    tools: Tools
    keeping: Keeping
    rules: CompiledRules

    async def split(
        self, order: Order, conversation: ConversationId, messages: Sequence[MessageId]
    ) -> OperationDoc:
        """Let messages of a conversation stand in one of their own, and return the receipt.

        Raises:
            Permanent: it cannot be done (see `splitting.split`), or others wrote at every try.
            StoreUnavailable: the store does not answer; whether it was done is unknown.
        """
        return await self._carry_out(
            lambda teller: splitting.split(order, conversation, messages, teller), order.at
        )

    async def join(
        self, order: Order, conversation: ConversationId, into: ConversationId
    ) -> OperationDoc:
        """Let a conversation go up into another one, and return the receipt.

        Raises:
            Permanent: it cannot be done (see `uniting.join`), or others wrote at every try.
            StoreUnavailable: the store does not answer; whether it was done is unknown.
        """
        return await self._carry_out(
            lambda teller: uniting.join(order, conversation, into, teller), order.at
        )

    async def undo(self, order: Order, record: OperationDoc) -> OperationDoc:
        """Take a split or a join back, and return its record with who undid it.

        Raises:
            Permanent: it cannot be done (see `undoing.undo`), or others wrote at every try.
            StoreUnavailable: the store does not answer; whether it was done is unknown.
        """
        return await self._carry_out(lambda teller: undoing.undo(order, record, teller), order.at)

    async def _carry_out(self, decide: Callable[[Teller], Outcome], at: int) -> OperationDoc:
        places = Places(self.connection, self.tools.subjects)
        known: dict[MessageId, MessageEntry | None] = {}

        def judge(conversation: Conversation, message: Message) -> Conversation:
            return judged(conversation, message, self.rules)

        def step(view: View) -> Decision[OperationDoc]:
            return self._decision(decide(Teller(view, self.tools, known, judge)))

        for _ in range(READS_MAX):
            try:
                return await transact(self.connection, self.keeping, step, at)
            except Unread as unread:
                for message in unread.messages:
                    known[message] = await _read(places, unread, message)
        raise Permanent("others wrote at every try", code="busy")

    def _decision(self, outcome: Outcome) -> Decision[OperationDoc]:
        record = outcome.record
        cause = f"{record.id}:{'undone' if record.undone_at else 'done'}"
        return Decision(
            record, outcome.documents, told(outcome.changes, self.tools.subjects, cause)
        )


def told(
    changes: Sequence[ConversationChange], subjects: Subjects, cause: str
) -> tuple[Entry, ...]:
    """Return the entries by which dispatch hears of changes; `cause` makes them told once."""
    return tuple(
        Entry(
            subject=subjects.change(each.conversation),
            body=each,
            id=f"change:{cause}:{each.conversation}",
        )
        for each in changes
    )


async def _read(places: Places, unread: Unread, message: MessageId) -> MessageEntry | None:
    """Return a message as the journal has it, by whichever of its possible writers."""
    for writer in unread.writers:
        found = await places.read(writer, message)
        if found is not None:
            return found.entry
    return None
