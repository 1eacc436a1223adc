"""Replay: a newer decoder over the raw messages that are kept, and what it would change.

The raw message is the truth and INBOUND keeps it; what was journalled of it is one reading. A
newer reading is appended as a revision and replaces nothing; decisions that were made on the
older one stay what they were.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from maitred.contracts import limits
from maitred.contracts.conversation import Conversation
from maitred.contracts.errors import Permanent
from maitred.contracts.events import headers
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Message
from maitred.contracts.revision import Revision, revision_msg_id
from maitred.contracts.subjects import INBOUND, JOURNAL, Subjects
from maitred.gateway.bus import batch, blobs
from maitred.gateway.bus.batch import Conflict, Write
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import count_after, read_log, sequence_at
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.bus.reads import Stored, get_last
from maitred.gateway.decoding import Undecodable, attempt, raw_of
from maitred.gateway.finding import Known, Places
from maitred.gateway.journal.keeping import Keeping
from maitred.identity.conversations.bursts import reread, words_in
from maitred.identity.conversations.loops import LOOP, as_auto_reply
from maitred.normalizer.port import DecodeContext, Decoded, Decoder
from maitred.router.mood.port import MoodInput, MoodModel

PAGE: Final = 64
TRIES_MAX: Final = 20
_OF_THE_READING: Final = frozenset({"affect", "raw", "version"})
"""Fields that are not the decoder's: its words decide about them, or where it stands."""


class Outcome(StrEnum):
    """What a newer decoder makes of a stored message."""

    SAME = "same"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    """It can read no longer what it once could."""
    NOT_JOURNALLED = "not_journalled"
    """It was quarantined or suppressed, or has not been handled yet."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One stored message, read again; `fields` are the names of those that differ."""

    sequence: int
    inbound: Inbound
    outcome: Outcome
    fields: tuple[str, ...] = ()
    before: Message | None = None
    decoded: Decoded | None = None
    code: str = ""


@dataclass(slots=True)
class Replay:
    """Reads stored messages again with `decoders`, by channel, and appends revisions.

    `decoder_names` say in the revision what read it, `keeping` how long it is kept. `mood` reads
    words that have changed.
    """

    connection: Connection
    publisher: Publisher
    subjects: Subjects
    decoders: Mapping[str, Decoder]
    decoder_names: Mapping[str, str]
    context: DecodeContext
    mood: MoodModel
    keeping: Keeping
    _places: Places = field(init=False)

    def __post_init__(self) -> None:
        """Remember nothing yet."""
        self._places = Places(self.connection, self.subjects)

    def filter(self, channel: str | None) -> str:
        """Return the subjects of the raw messages of one channel, or of all."""
        return f"{self.subjects.root}.inbound.*.{channel or '*'}.*"

    async def count(self, channel: str | None, since_ms: int) -> int:
        """Return how many messages are stored since then.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        after = await sequence_at(self.connection, INBOUND, self.filter(channel), since_ms)
        return await count_after(self.connection, INBOUND, self.filter(channel), after=after)

    async def read(
        self, channel: str | None, since_ms: int, until_ms: int
    ) -> AsyncIterator[Reading]:
        """Yield each message that was stored from `since_ms` to before `until_ms`, in order.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        subject = self.filter(channel)
        after = await sequence_at(self.connection, INBOUND, subject, since_ms)
        while True:
            page = await read_log(self.connection, INBOUND, subject, after=after, limit=PAGE)
            for stored in page:
                if stored.time_ms >= until_ms:
                    return
                inbound = msgspec.json.decode(stored.data, type=Inbound)
                if inbound.channel in self.decoders:
                    yield await self._again(stored, inbound)
            if len(page) < PAGE:
                return
            after = page[-1].seq

    async def apply(self, reading: Reading, at: int) -> int:
        """Append what was read as a new revision, and return its number; `at` is now.

        The turn in the conversation follows, if it still shows the older reading. What another
        replay has appended meanwhile is not appended again.

        Raises:
            Permanent: there is nothing to apply, the journal has let the message go meanwhile, or
                others wrote at every try.
            StoreUnavailable: the store does not answer; try again.
        """
        if reading.outcome is not Outcome.CHANGED or reading.decoded is None:
            raise Permanent("this reading changes nothing", code="nothing_to_apply")
        inbound, decoded = reading.inbound, reading.decoded
        for data in decoded.contents.values():
            await blobs.put(self.publisher, self.subjects, inbound.sender_key, data)
        for _ in range(TRIES_MAX):
            known = await self._known(inbound)
            if known is None:
                raise Permanent("the journal keeps this message no more", code="not_found")
            message = _carried(known.entry.message, decoded.message, self.mood)
            changed = differing(known.entry.message, message)
            if not changed:
                return known.revisions
            revision = Revision(
                message=message,
                number=known.revisions + 1,
                decoder=self.decoder_names[inbound.channel],
                changed=changed,
                at=at,
            )
            try:
                sequence = await batch.commit(
                    self.connection,
                    JOURNAL,
                    [self._entry(revision), *await self._turn(known, revision.message)],
                    timeout_ms=limits.COMMIT_TIMEOUT_MS,
                )
            except Conflict:
                self._places.forget(message.actor_key)
                continue
            self._places.revised(message.actor_key, inbound.id, sequence, revision.number)
            return revision.number
        raise Permanent("others wrote at every try", code="busy")

    async def _known(self, inbound: Inbound) -> Known | None:
        """Return what the journal has of a raw message.

        The door files it under its sender's claim; where the decoder found him proven, the
        message stands under himself.
        """
        own = self.context.keys.identifier(inbound.sender.identifier)
        for key in dict.fromkeys((inbound.sender_key, own)):
            if (known := await self._places.read(key, inbound.id)) is not None:
                return known
        return None

    async def _again(self, stored: Stored, inbound: Inbound) -> Reading:
        known = await self._known(inbound)
        if known is None:
            return Reading(stored.seq, inbound, Outcome.NOT_JOURNALLED)
        try:
            raw = await raw_of(self.connection, self.subjects, inbound)
        except Permanent as error:
            return Reading(stored.seq, inbound, Outcome.UNREADABLE, code=error.code)
        found = attempt(self.decoders[inbound.channel], inbound, raw, stored.seq, self.context)
        if isinstance(found, Undecodable):
            return Reading(
                stored.seq, inbound, Outcome.UNREADABLE, before=known.entry.message, code=found.code
            )
        fields = differing(known.entry.message, _carried(known.entry.message, found.message, None))
        outcome = Outcome.CHANGED if fields else Outcome.SAME
        return Reading(stored.seq, inbound, outcome, fields, known.entry.message, found)

    def _entry(self, revision: Revision) -> Write:
        name = revision_msg_id(revision.message, revision.number)
        subject = self.subjects.revision(revision.message.actor_key)
        return batch.entry(
            subject,
            msgspec.json.encode(revision),
            msg_id=name,
            ttl_ms=self.keeping.entry_ttl_ms(subject),
            headers=headers(event_id=name, kind="revision/1", at=revision.at),
        )

    async def _turn(self, known: Known, message: Message) -> list[Write]:
        if known.entry.conversation is None:
            return []
        subject = self.subjects.conversation(known.entry.conversation)
        stored = await get_last(self.connection, JOURNAL, subject, leader=True)
        if stored is None:
            return []
        document = msgspec.json.decode(stored.data, type=Conversation)
        revised = retold(document, known.entry.message, message)
        if revised is document:
            return []
        return [
            batch.document(
                subject,
                msgspec.json.encode(revised),
                expected=stored.seq,
                ttl_ms=self.keeping.document_ttl_ms(revised),
            )
        ]


def differing(before: Message, after: Message) -> tuple[str, ...]:
    """Return the names of the fields that a decoder reads otherwise than before."""
    return tuple(
        name
        for name in Message.__struct_fields__
        if name not in _OF_THE_READING and getattr(before, name) != getattr(after, name)
    )


def retold(document: Conversation, before: Message, after: Message) -> Conversation:
    """Return a conversation whose turn shows the newer reading, or the same document.

    A turn that shows something else (the customer edited or deleted it) stays.
    """
    old = before.text[: limits.TURN_TEXT_CHARACTERS_MAX]
    cut = "text_cut" in after.flags
    turns = tuple(
        reread(turn, after.id, after.text, cut=cut) if words_in(turn, after.id) == old else turn
        for turn in document.turns
    )
    return document if turns == document.turns else msgspec.structs.replace(document, turns=turns)


def _carried(before: Message, after: Message, mood: MoodModel | None) -> Message:
    """Return the newer reading with what others than the decoder said of the message."""
    affect = before.affect
    if mood is not None and affect is not None and after.text != before.text:
        code = after.language.code if after.language else ""
        asked = MoodInput(text=after.text, language=code, subject=after.subject)
        affect = mood.read([asked])[0]
    if after.actor != before.actor:
        # Who wrote it was judged once, with the keys of then, and the message hangs on him.
        after = msgspec.structs.replace(
            after,
            actor=before.actor,
            actor_key=before.actor_key,
            verification=before.verification,
            proven_at=before.proven_at,
            reply_to=before.reply_to,
            thread=msgspec.structs.replace(after.thread, proof=before.thread.proof),
        )
    if LOOP in before.flags:
        after = as_auto_reply(after, before.channel_extra.get(LOOP, ""))
    return msgspec.structs.replace(after, affect=affect)
