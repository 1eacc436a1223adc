"""Disentangling: a person is taken out of the documents that he shares with others.

Each change is one transaction, compared and set like everybody's, so that who writes at the same
moment looks again. To do it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import ClaimDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.ids import ConversationId, IdentifierKey, digest
from maitred.contracts.message import Message
from maitred.contracts.operations import ChangeKind, ConversationChange, ErasureDoc
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import View
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import get_last
from maitred.gateway.erasure.belongings import PAGE, Belongings
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.lookup import decoded
from maitred.gateway.journal.transaction import Decision, transact
from maitred.identity.conversations.gathering import work_of
from maitred.identity.customers.components import Tools
from maitred.identity.erasure.extent import Part, Person, unclaimed, without
from maitred.identity.erasure.parting import Cause, parted

Rewrite = Callable[[View], Mapping[str, msgspec.Struct]]


@dataclass(frozen=True, slots=True)
class Disentangled:
    """How many documents were rewritten, and conversations in which nobody else had written."""

    rewritten: int = 0
    nobodys: frozenset[ConversationId] = frozenset()


@dataclass(frozen=True, slots=True)
class Disentangler:
    """Takes one person out of what he shares; `cause` is who wants it, and when.

    What was rewritten is noted in the erasure's own document (under `record`), in the same batch.
    """

    connection: Connection
    tools: Tools
    keeping: Keeping
    cause: Cause
    record: str

    async def disentangle(self, found: Belongings, at: int) -> Disentangled:
        """Rewrite conversations of others, claims, and components; `at` is now.

        Raises:
            Permanent: others wrote at every try (code `busy`).
            StoreUnavailable: the store does not answer; whether it was written is unknown.
        """
        rewritten = 0
        nobodys: set[ConversationId] = set()
        for conversation, part in sorted(found.parts.items()):
            changed = await self._conversation(conversation, found.person, part, at)
            if changed is None:
                nobodys.add(conversation)
            else:
                rewritten += changed
        for key in sorted(found.claims - found.person.keys):
            rewritten += await self._write(partial(self._claim, key, found), at)
        rewritten += await self._write(
            lambda view: parted(found.person, view, self.tools, self.cause), at
        )
        return Disentangled(rewritten, frozenset(nobodys))

    async def _conversation(
        self, conversation: ConversationId, person: Person, part: Part, at: int
    ) -> int | None:
        """Rewrite a conversation of somebody else's; None if nothing of it would remain."""
        subject = self.tools.subjects.conversation(conversation)
        stored = await get_last(self.connection, JOURNAL, subject, leader=True)
        if stored is None:
            return 0
        last = await self._last_of_others(
            msgspec.json.decode(stored.data, type=Conversation), person
        )

        def step(view: View) -> Decision[int | None]:
            before = view.read(subject, Conversation)
            left = without(before, person, part, last) if before is not None else None
            if before is None or left is None:
                return Decision(answer=0 if before is None else None)
            documents = self._routing(left, person, view)
            if left == before:
                return Decision(len(documents), self._noted(documents, view))
            documents[subject] = left
            return Decision(
                len(documents), self._noted(documents, view), (self._told(left, stored.seq, at),)
            )

        return await transact(self.connection, self.keeping, step, at)

    def _routing(self, left: Conversation, person: Person, view: View) -> dict[str, msgspec.Struct]:
        """Return where a closed conversation stood, without his address.

        The others are told to dispatch.
        """
        subject = self.tools.subjects.routing(left.id)
        found = view.read(subject, RoutingDoc)
        if (
            found is None
            or found.state is not RoutingState.CLOSED
            or found.reply_to is None
            or found.reply_to.key not in person.keys
        ):
            return {}
        return {subject: msgspec.structs.replace(found, reply_to=left.reply_to)}

    def _told(self, left: Conversation, since: int, at: int) -> Entry:
        """Tell the router, and through it the agent, what the conversation is now."""
        return Entry(
            subject=self.tools.subjects.change(left.id),
            body=ConversationChange(
                conversation=left.id,
                kind=ChangeKind.CHANGED,
                at=at,
                work=work_of(left, at),
                reply_to=left.reply_to,
            ),
            id=f"changed:{left.id}:{since}:{digest(msgspec.json.encode(left))}",
        )

    def _noted(
        self, documents: Mapping[str, msgspec.Struct], view: View
    ) -> Mapping[str, msgspec.Struct]:
        record = view.read(self.record, ErasureDoc)
        if not documents or record is None:
            return documents
        rewritten = tuple(dict.fromkeys((*record.rewritten, *sorted(documents))))
        return {**documents, self.record: msgspec.structs.replace(record, rewritten=rewritten)}

    async def _last_of_others(self, said: Conversation, person: Person) -> Message | None:
        """Return what somebody else wrote last in a conversation, where that must be known."""
        if said.reply_to.key not in person.keys:
            return None
        newest: Message | None = None
        for key in said.participants:
            if key in person.keys:
                continue
            subject = self.tools.subjects.message(key)
            async for stored in scan(self.connection, JOURNAL, subject, page=PAGE):
                entry = decoded(stored.data, MessageEntry)
                if entry is None or entry.conversation != said.id:
                    continue
                message = entry.message
                if not message.kind.wants_an_answer:
                    continue
                if newest is None or newest.received_at <= message.received_at:
                    newest = message
        return newest

    def _claim(
        self, key: IdentifierKey, found: Belongings, view: View
    ) -> Mapping[str, msgspec.Struct]:
        subject = self.tools.subjects.claim(key)
        document = view.read(subject, ClaimDoc)
        if document is None:
            return {}
        left = unclaimed(document, found.person)
        return {subject: left} if left != document else {}

    async def _write(self, step: Rewrite, at: int) -> int:
        def decide(view: View) -> Decision[int]:
            documents = step(view)
            return Decision(len(documents), self._noted(documents, view))

        return await transact(self.connection, self.keeping, decide, at)
