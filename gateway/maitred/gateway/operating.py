"""Operating: operators' words about identifiers, carried out on the journal.

What a word comes to is decided by identity's pure functions; here they are given what they ask
for, and what they decide is written in one batch. A preview is the same step, not committed. A
step that finds its work done says so, so whoever does not know whether it was done asks again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import msgspec

from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Observed
from maitred.contracts.ids import IdentifierKey, MessageId, OperationId
from maitred.contracts.message import MessageKind
from maitred.contracts.operations import OperationDoc
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import View
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import get_many
from maitred.gateway.conversing import told
from maitred.gateway.finding import find_message
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.transaction import Decision, transact
from maitred.identity.bulk import Sighting
from maitred.identity.customers.components import Slot, Tools
from maitred.identity.operators.ground import Target
from maitred.identity.operators.operations import Order, Outcome, said, undone
from maitred.identity.operators.orders import news_of
from maitred.identity.operators.revocation import Log, LogsWanted, revoked, shown, slot_of

Answer = TypeVar("Answer")
READS_MAX: Final = 50
"""Whoever writes so often that his log must be read anew each time is waited for no longer."""


class _Message(msgspec.Struct, frozen=True):
    """What of a message is evidence; the rest is not even read."""

    id: MessageId
    kind: MessageKind
    actor: Observed
    received_at: int
    observed: tuple[Observed, ...] = ()


class _Work(msgspec.Struct, frozen=True):
    accepted_at: int


class _Entry(msgspec.Struct, frozen=True):
    message: _Message
    work: _Work | None = None


@dataclass(frozen=True, slots=True)
class Operating:
    """What it takes to carry out words about the identifiers of one tenant."""

    connection: Connection
    tools: Tools
    keeping: Keeping

    async def say(self, order: Order, *, dry: bool = False) -> Outcome:
        """Carry out an order about identifiers, or only tell what it would come to.

        Raises:
            Permanent: it cannot be done (see `operations.said`), or others wrote at every try.
            StoreUnavailable: the store does not answer; whether it was done is unknown.
        """
        return await self._carry_out(lambda view: said(order, view, self.tools), order.at, dry=dry)

    async def revoke(self, order: Order, message: MessageId, *, dry: bool = False) -> Outcome:
        """Take back what a message showed, or only tell what that would come to.

        `order.a` is replaced by the message's sender.

        Raises:
            Permanent: the journal has no such message (`not_found`), it cannot be done (see
                `revocation.revoked`), or others wrote at every try.
            StoreUnavailable: the store does not answer; whether it was done is unknown.
        """
        sender = (await find_message(self.connection, self.tools.subjects, message)).actor_key
        sighting = await self._sighting(sender, message)
        order = replace(order, a=Target(sender), message=message)
        logs: dict[IdentifierKey, Log] = {}

        def step(view: View) -> Outcome | LogsWanted:
            return revoked(order, sighting, logs, view, self.tools)

        for _ in range(READS_MAX):
            found = await self._carry_out(step, order.at, dry=dry)
            if isinstance(found, Outcome):
                return found
            for key in found.senders:
                logs[key] = await self._log(key, found.slots)
        raise Permanent("others wrote at every try", code="busy")

    async def undo(
        self, record: OperationDoc, by: str, why: str, at: int, *, dry: bool = False
    ) -> Outcome:
        """Take an operation about identifiers back, or only tell what that would come to.

        Raises:
            Permanent: it cannot be done (see `operations.undone`), or others wrote at every try.
            StoreUnavailable: the store does not answer; whether it was done is unknown.
        """
        return await self._carry_out(
            lambda view: undone(record, by, why, at, view, self.tools), at, dry=dry
        )

    async def find(self, operation: OperationId) -> OperationDoc:
        """Return the record of an operation, of whatever kind it is.

        Raises:
            Permanent: none is known under that id (`not_found`).
            StoreUnavailable: the store does not answer.
        """
        subject = self.tools.subjects.operation("*", operation)
        for stored in (await get_many(self.connection, JOURNAL, [subject])).values():
            return msgspec.json.decode(stored.data, type=OperationDoc)
        raise Permanent(f"no operation is known as {operation}", code="not_found")

    async def records(self) -> list[OperationDoc]:
        """Return the records of all operations, the newest first.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        subject = self.tools.subjects.any("operation")
        stored = (await get_many(self.connection, JOURNAL, [subject])).values()
        found = [msgspec.json.decode(each.data, type=OperationDoc) for each in stored]
        return sorted(found, key=lambda each: (each.at, each.id), reverse=True)

    async def _carry_out(self, decide: Callable[[View], Answer], at: int, *, dry: bool) -> Answer:
        def step(view: View) -> Decision[Answer]:
            answer = decide(view)
            if dry or not isinstance(answer, Outcome):
                return Decision(answer)
            news = news_of(answer.documents, view, self.tools.subjects, at)
            cause = f"{answer.receipt.operation}:{at}"
            return Decision(answer, answer.documents, told(news, self.tools.subjects, cause))

        return await transact(self.connection, self.keeping, step, at)

    async def _sighting(self, sender: IdentifierKey, message: MessageId) -> Sighting:
        async for entry in self._entries(sender):
            if entry.message.id == message:
                return _sighting(entry)
        raise Permanent(f"no message is known as {message}", code="not_found")

    async def _log(self, sender: IdentifierKey, slots: Collection[Slot]) -> Log:
        newest: MessageId | None = None
        edges = []
        async for entry in self._entries(sender):
            newest = entry.message.id
            kind = entry.message.kind
            if kind.wants_an_answer or kind is MessageKind.VERIFICATION:
                evidence = shown(_sighting(entry), self.tools.keys)
                edges += [edge for edge in evidence if slot_of(edge) in slots]
        return Log(newest, tuple(edges))

    async def _entries(self, sender: IdentifierKey) -> AsyncIterator[_Entry]:
        """Yield a sender's messages as they were first read: their evidence is of that reading."""
        subject = self.tools.subjects.message(sender)
        async for stored in scan(self.connection, JOURNAL, subject):
            yield msgspec.json.decode(stored.data, type=_Entry)


def _sighting(entry: _Entry) -> Sighting:
    message, at = entry.message, entry.message.received_at
    if entry.work is not None:
        # A door's clock may be ahead of the store's.
        at = min(at, entry.work.accepted_at)
    return Sighting(message.id, at, (message.actor, *message.observed))
