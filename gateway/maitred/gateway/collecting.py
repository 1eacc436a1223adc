"""Collecting: the log entries and documents that one customer's journey is made of.

The logs are by identifier and never by customer: a customer's are found through his component,
and what in them is another's is left out. Of a long log the newest entries are read, without
reading what stands before them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ConversationId, IdentifierKey, MessageId
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.contracts.outbound import DeliveryDoc, Outbound, OutboundKind
from maitred.contracts.revision import Revision
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import count_after, scan
from maitred.gateway.bus.reads import get_many
from maitred.gateway.bus.streams import last_sequence
from maitred.identity.timeline.belonging import Belonging
from maitred.identity.timeline.sources import Sources

T = TypeVar("T", bound=msgspec.Struct)
WRITERS_MAX: Final = 256
"""So many others who wrote in his conversations are looked at, the latest first."""
_OTHERS: Final = frozenset({Speaker.CLAIMED, Speaker.SYSTEM})


@dataclass(frozen=True, slots=True)
class Collected:
    """What a timeline is made of; `unread` entries stand in his logs before those that were read.

    They may be of others, where a log is shared.
    """

    sources: Sources
    unread: int


@dataclass(slots=True)
class Collector:
    """Collects for one customer; `newest` bounds what is read of each log, None reads all of it.

    `only` is the one conversation that is asked about, where the customer is known by no more.
    """

    connection: Connection
    subjects: Subjects
    customer: CustomerDoc
    belonging: Belonging
    newest: int | None
    only: ConversationId | None = None
    _unread: int = 0
    _read: set[IdentifierKey] = field(default_factory=set)
    _entries: list[MessageEntry] = field(default_factory=list)
    _said: dict[ConversationId, Conversation] = field(default_factory=dict)
    _his: set[ConversationId] = field(default_factory=set)
    _moved: dict[MessageId, ConversationId] = field(default_factory=dict)

    async def collect(self) -> Collected:
        """Read all that belongs to the customer.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        await self._read_messages(self.belonging.logs())
        await self._read_conversations()
        await self._read_messages(self._other_writers())
        own = [entry for entry in self._entries if self._is_his(entry)]
        unproven = {
            entry.message.id
            for entry in own
            if entry.message.actor.level is Level.CLAIMED and not self.customer.unidentified
        }
        replies = await self._replies({entry.message.reply_to.key for entry in own})
        return Collected(
            Sources(
                entries=[entry for entry in own if entry.message.id not in unproven],
                claims=[entry for entry in own if entry.message.id in unproven],
                revisions=await self._revisions(own),
                replies=replies,
                deliveries=await self._many(
                    [self.subjects.delivery(reply.id) for reply in replies], DeliveryDoc
                ),
                remembered=self._remembered(),
                moved=self._moved,
                joined=self._joined(),
            ),
            self._unread,
        )

    # -- messages
    async def _read_messages(self, keys: Iterable[IdentifierKey]) -> None:
        for key in keys:
            if key not in self._read:
                self._read.add(key)
                self._entries += await self._log(self.subjects.message(key), MessageEntry)

    def _is_his(self, entry: MessageEntry) -> bool:
        home = self._home(entry)
        if self.only is not None and home != self.only:
            return False
        return self.belonging.has_entry(entry, in_his=home in self._his)

    def _home(self, entry: MessageEntry) -> ConversationId | None:
        return self._moved.get(entry.message.id, entry.conversation)

    async def _revisions(self, entries: Iterable[MessageEntry]) -> list[Revision]:
        known = {entry.message.id for entry in entries}
        found: list[Revision] = []
        for key in {entry.message.actor_key for entry in entries}:
            found += await self._log(self.subjects.revision(key), Revision, count=False)
        return [each for each in found if each.message.id in known]

    # -- conversations
    async def _read_conversations(self) -> None:
        """Find out which conversations are his, and what operators moved out of them and in."""
        named = {
            entry.conversation: None
            for entry in self._entries
            if entry.conversation is not None and self.belonging.has_entry(entry, in_his=True)
        }
        ahead = {*self.customer.conversations, *self.customer.open_conversations, *named}
        asked: set[ConversationId] = set()
        moves: list[OperationDoc] = []
        while ahead:
            asked |= ahead
            subjects = [self.subjects.conversation(each) for each in sorted(ahead)]
            for said in await self._many(subjects, Conversation):
                self._said[said.id] = said
            records = [self.subjects.operation(each, "*") for each in sorted(ahead)]
            moves += await self._many(records, OperationDoc)
            further = {each.other for each in moves if each.other is not None}
            further |= {said.joined_into for said in self._said.values() if said.joined_into}
            ahead = further - asked
        for move in sorted(moves, key=lambda each: (each.at, each.id)):
            if move.kind is OperationKind.SPLIT and move.other is not None and not move.undone_at:
                self._moved |= dict.fromkeys(move.moved, move.other)
        self._his = {
            each for each, said in self._said.items() if self.belonging.has_conversation(said)
        }

    def _of_his(self) -> list[Conversation]:
        """Return his conversations, or the one that is asked about, the latest first."""
        found = [self._said[each] for each in self._his if self.only is None or each == self.only]
        return sorted(found, key=lambda said: (said.last_at, said.id), reverse=True)

    def _other_writers(self) -> list[IdentifierKey]:
        """Return who else wrote in his conversations: claims, and what too many have in common."""
        found: dict[IdentifierKey, None] = {}
        for said in self._of_his():
            found |= dict.fromkeys(said.participants)
            found |= dict.fromkeys(turn.actor for turn in said.turns if turn.actor is not None)
        return [key for key in found if key not in self._read][:WRITERS_MAX]

    def _remembered(self) -> list[tuple[ConversationId, Turn]]:
        return [
            (said.id, turn)
            for said in self._of_his()
            for turn in said.turns
            if turn.speaker in _OTHERS
        ]

    def _joined(self) -> dict[ConversationId, ConversationId]:
        """Return where each conversation that went up into another one stands in the end."""
        homes: dict[ConversationId, ConversationId] = {}
        for each in self._said:
            home, seen = each, {each}
            while (into := self._into(home)) is not None and into not in seen:
                home = into
                seen.add(into)
            if home != each:
                homes[each] = home
        return homes

    def _into(self, conversation: ConversationId) -> ConversationId | None:
        said = self._said.get(conversation)
        return said.joined_into if said is not None else None

    # -- replies
    async def _replies(self, endpoints: set[IdentifierKey]) -> list[Outbound]:
        found: list[Outbound] = []
        for key in sorted(endpoints | set(self.belonging.members)):
            subject = f"{self.subjects.root}.outbound.*.*.{key}"
            found += await self._log(subject, Outbound, count=False)
        return [
            reply
            for reply in found
            # A code is for nobody's eyes but its addressee's.
            if reply.kind is not OutboundKind.CODE
            and (self.only is None or reply.conversation == self.only)
            and self.belonging.has_reply(reply, in_his=reply.conversation in self._his)
        ]

    # -- the store
    async def _many(self, subjects: Sequence[str], shape: type[T]) -> list[T]:
        stored = await get_many(self.connection, JOURNAL, subjects)
        return [msgspec.json.decode(each.data, type=shape) for each in stored.values()]

    async def _log(self, subject: str, shape: type[T], *, count: bool = True) -> list[T]:
        """Return the newest entries of a log, and count those before them as unread."""
        after, unread = await self._before_newest(subject)
        self._unread += unread if count else 0
        return [
            msgspec.json.decode(stored.data, type=shape)
            async for stored in scan(self.connection, JOURNAL, subject, after=after)
        ]

    async def _before_newest(self, subject: str) -> tuple[int, int]:
        """Return the sequence behind which the newest entries stand, and how many are before.

        The server counts what follows a sequence without sending it, so the place is found by
        halves.
        """
        if self.newest is None:
            return 0, 0
        total = await count_after(self.connection, JOURNAL, subject, after=0)
        if total <= self.newest:
            return 0, 0
        low, high = 0, await last_sequence(self.connection, JOURNAL)
        following = 0
        while high - low > 1:
            middle = (low + high) // 2
            left = await count_after(self.connection, JOURNAL, subject, after=middle)
            if left > self.newest:
                low = middle
            else:
                high, following = middle, left
            if left == self.newest:
                break
        return high, total - following
