"""Intake: INBOUND → one journal entry a message, on the customer's journey.

Normalise, find out whose it is, join or open a conversation, read its mood and what it needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts import limits
from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import Claim, MessageEntry, SuppressedEntry, Work
from maitred.contracts.errors import BadPayload, Permanent
from maitred.contracts.ids import CustomerId
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Affect, Message, MessageKind
from maitred.contracts.subjects import INBOUND, message_msg_id
from maitred.contracts.view import View
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import blobs
from maitred.gateway.bus.pull import Received
from maitred.gateway.conversing import told
from maitred.gateway.decoding import Undecodable, attempt, raw_of
from maitred.gateway.delivery import consent
from maitred.gateway.journal.effects import Effects, Entry, Outcome
from maitred.gateway.journal.stage import Buried
from maitred.gateway.judging import judged, remembered
from maitred.identity.conversations.journey import add_turn, claimed_turn, with_turn
from maitred.identity.conversations.loops import as_auto_reply
from maitred.identity.conversations.place import Placement, Tools, place
from maitred.identity.conversations.sight import Seen, first_subjects, see
from maitred.identity.operators.orders import news_of
from maitred.normalizer.port import DecodeContext, Decoded, Decoder
from maitred.router.mood.port import MoodInput, MoodModel
from maitred.router.rules.needs import CompiledRules

STAGE: Final = "intake"


@dataclass(frozen=True, slots=True)
class Read:
    """A message as decoded, with its mood, what it shows, and where it came from."""

    message: Message
    seen: Seen
    sequence: int
    accepted_at: int


class Intake:
    """The intake stage of one partition."""

    name = STAGE
    stream = INBOUND
    prepares_ahead = True

    def __init__(
        self,
        backbone: Backbone,
        *,
        decoders: Mapping[str, Decoder],
        context: DecodeContext,
        tools: Tools,
        mood: MoodModel,
        rules: CompiledRules,
    ) -> None:
        self._backbone = backbone
        self._decoders = decoders
        self._context = context
        self._tools = tools
        self._mood = mood
        self._rules = rules

    def subjects(self, partition: int) -> Sequence[str]:
        """Return what one partition reads."""
        return [self._backbone.subjects.inbound_partition(partition)]

    async def rebuild(self) -> None:
        """Hold nothing in memory, so there is nothing to rebuild."""

    async def prepare(self, received: Sequence[Received]) -> Sequence[Read | Buried]:
        """Decode each message and store its attachments, which the journal will refer to.

        Raises:
            StoreUnavailable: a blob could not be fetched or stored.
        """
        prepared: list[Read | Buried] = []
        for item in received:
            prepared.append(await self._read(item))
            # Doors share this loop: let them answer their senders in between.
            await asyncio.sleep(0)
        return prepared

    def wanted(self, prepared: Read) -> Iterable[str]:
        """Name what placing a message begins with, and all that a new customer needs."""
        return first_subjects(prepared.message, prepared.seen, self._backbone.subjects)

    def apply(self, prepared: Read, view: View) -> Effects:
        """Place a message on its journey."""
        message, now = prepared.message, prepared.accepted_at
        placement = place(message, prepared.sequence, view, self._tools, now, prepared.seen)
        if placement.suppressed is not None:
            return self._suppressed(placement.suppressed)
        if placement.loop:
            message = as_auto_reply(message, placement.loop)
        documents = dict(placement.documents)
        subjects = self._backbone.subjects
        parted = news_of(placement.documents, view, subjects, now)
        documents |= consent.told(message, view, subjects)
        work = None
        if placement.conversation is not None and placement.customer is not None:
            conversation, customers = self._said(message, placement, now)
            documents[subjects.conversation(placement.conversation)] = conversation
            documents |= customers
            if message.kind.wants_an_answer or message.kind is MessageKind.VERIFICATION:
                work = _work(conversation, message, now)
        claim = None
        if (claimed := placement.claimed) is not None:
            named, turn = claimed.previous, claimed_turn(claimed.previous, message, now)
            if turn is not None:
                documents[subjects.conversation(named.id)] = with_turn(named, turn)
            claim = Claim(conversation=named.id, evidence=claimed.evidence, turn=turn)
        entry = MessageEntry(
            message=message,
            customer=placement.customer,
            conversation=placement.conversation,
            joined=placement.joined,
            evidence=placement.evidence,
            claim=claim,
            work=work,
        )
        return Effects(
            documents=documents,
            entries=(
                Entry(
                    subject=subjects.message(message.actor_key),
                    body=entry,
                    id=message_msg_id(message.id),
                ),
                *told(parted, subjects, message.id),
            ),
        )

    def duplicate(self, prepared: Read) -> Effects:
        """Keep the fact that a message, already in the journal, came once more."""
        message = prepared.message
        return self._suppressed(
            SuppressedEntry(
                id=message.id,
                original=message.id,
                actor_key=message.actor_key,
                channel=message.channel,
                account=message.account,
                recipients=message.recipients,
                received_at=message.received_at,
                sequence=prepared.sequence,
            )
        )

    def committed(self, prepared: Read, effects: Effects) -> None:
        """Do nothing more: dispatch reads the entry."""

    def _suppressed(self, entry: SuppressedEntry) -> Effects:
        return Effects(
            entries=(
                Entry(
                    subject=self._backbone.subjects.suppressed(entry.actor_key),
                    body=entry,
                    id=f"suppressed:{entry.sequence}",
                ),
            ),
            outcome=Outcome.SUPPRESSED,
        )

    async def _read(self, item: Received) -> Read | Buried:
        try:
            inbound = msgspec.json.decode(item.data, type=Inbound)
            decoder = self._decoders.get(inbound.channel)
            if decoder is None:
                return Buried("unknown_channel", "no decoder is configured for its channel")
            raw = await raw_of(self._backbone.connection, self._backbone.subjects, inbound)
        except Permanent as error:
            return Buried(error.code, str(error))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return Buried("bad_inbound", "not an inbound message of the shape that we know")
        decoded = await self._decode(decoder, inbound, raw, item.stream_seq)
        if isinstance(decoded, Undecodable):
            return Buried(decoded.code, decoded.reason)
        for sha256, data in decoded.contents.items():
            if await self._store(inbound, data) != sha256:
                return Buried("decoder_failed", "an attachment is not what its hash says")
        message = decoded.message
        if message.kind.wants_an_answer and message.affect is None:
            message = msgspec.structs.replace(message, affect=self._affect(message))
        try:
            seen = see(message, self._tools)
        except BadPayload as error:
            return Buried(error.code, str(error))
        return Read(message, seen, item.stream_seq, item.time_ms)

    async def _decode(
        self, decoder: Decoder, inbound: Inbound, raw: bytes, sequence: int
    ) -> Decoded | Undecodable:
        if len(raw) > limits.BODY_INLINE_BYTES_MAX:
            return await asyncio.to_thread(attempt, decoder, inbound, raw, sequence, self._context)
        return attempt(decoder, inbound, raw, sequence, self._context)

    async def _store(self, inbound: Inbound, data: bytes) -> str:
        sha256, _, _ = await blobs.put(
            self._backbone.publisher, self._backbone.subjects, inbound.sender_key, data
        )
        return sha256

    def _affect(self, message: Message) -> Affect:
        language = message.language.code if message.language else ""
        asked = MoodInput(text=message.text, language=language, subject=message.subject)
        return self._mood.read([asked])[0]

    def _said(
        self, message: Message, placement: Placement, now: int
    ) -> tuple[Conversation, dict[str, msgspec.Struct]]:
        """Return the conversation with the message in it, and its customer with its mood."""
        subject = self._backbone.subjects.customer(placement.customer or CustomerId(""))
        written = placement.documents.get(subject)
        customer = written if isinstance(written, CustomerDoc) else None
        before = placement.previous
        conversation = add_turn(before, message, placement, customer, now)
        if conversation is before or not message.kind.wants_an_answer:
            return conversation, {}
        conversation = judged(conversation, message, self._rules, customer)
        if customer is None or placement.bearer is None:
            return conversation, {}
        known = remembered(customer, placement.bearer, message, before, conversation)
        return conversation, {subject: known}


def _work(conversation: Conversation, message: Message, accepted_at: int) -> Work:
    return Work(
        conversation=conversation.id,
        customer=conversation.customer,
        channel=message.channel,
        account=message.account,
        needs=conversation.needs,
        mood=conversation.mood.bare(),
        tier=conversation.tier,
        may_read=conversation.may_read,
        act_until=conversation.act_until,
        hint=conversation.hint,
        is_quiet=not message.kind.wants_an_answer,
        accepted_at=accepted_at,
    )
