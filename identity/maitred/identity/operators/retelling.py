"""Retelling: a conversation anew, from the messages that stand in it now.

Whoever was there, what was named, what it asks for and where an answer goes follow from the
messages, one after the other, as when they came. So a conversation that lost some and got them
back is what it was. What a conversation holds beyond its last turns, or what the journal has let
go, cannot be told again: then what it says of these stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.documents import CustomerDoc, StatementKind
from maitred.contracts.entry import MessageEntry
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import IdentifierKey, MessageId
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.view import View
from maitred.identity.conversations.journey import add_turn, silenced, with_turn
from maitred.identity.conversations.place import Placement
from maitred.identity.customers.components import Tools, read_roots
from maitred.identity.evidence import bearer, nodes_of

Judge = Callable[[Conversation, Message], Conversation]
"""Gives a conversation its mood and needs after one more message, as when that came."""
Known = Mapping[MessageId, MessageEntry | None]
"""What was read of the journal; nothing under an id is what the journal has let go."""


class Unread(Exception):
    """Messages of the journal are needed that have not been read yet."""

    def __init__(self, messages: Iterable[MessageId], writers: Iterable[IdentifierKey]) -> None:
        super().__init__("messages have not been read yet")
        self.messages = tuple(messages)
        self.writers = tuple(dict.fromkeys(writers))
        """Whose messages they are, each one's of one of them."""


@dataclass(frozen=True, slots=True)
class Teller:
    """What it takes to tell a conversation again."""

    view: View
    tools: Tools
    known: Known
    judge: Judge

    def entries(self, document: Conversation, turns: Sequence[Turn]) -> list[MessageEntry]:
        """Return the messages of turns of a conversation by which its customer says something.

        Raises:
            Unread: some of them have not been read.
        """
        ids = [each for turn in turns for each in _speaking(turn)]
        if unread := [each for each in ids if each not in self.known]:
            actors = (turn.actor for turn in turns if turn.actor is not None)
            raise Unread(unread, (*actors, *document.participants))
        found = [entry for each in ids if (entry := self.known[each]) is not None]
        return sorted(found, key=lambda each: (each.message.received_at, each.message.id))

    def retold(
        self,
        document: Conversation,
        turns: Sequence[Turn],
        customer: CustomerDoc | None,
        *,
        left_out: int,
    ) -> Conversation:
        """Return a conversation with these turns and `left_out` messages before them.

        Its id stays, and so does what operators did to it.

        Raises:
            NotRead: an identifier's component has not been loaded.
            Unread: messages of the turns have not been read.
        """
        entries = self.entries(document, turns)
        complete = not left_out and len(entries) == sum(len(_speaking(turn)) for turn in turns)
        told = None if complete else msgspec.structs.replace(document, turns=())
        if customer is not None:
            customer = msgspec.structs.replace(customer, open_conversations=(document.id,))
        for entry in entries:
            message = entry.message
            if told is None and not message.kind.wants_an_answer:
                continue
            placement = self._placement(entry, told, document, customer)
            begins = told is None
            told = add_turn(told, message, placement, customer, accepted_at(entry))
            if begins:
                # What was known of the customer's mood then; what was said is judged again.
                told = msgspec.structs.replace(told, mood=document.mood)
            if complete:
                told = self.judge(told, message)
        told = told or document
        if _last(document.turns) == _last(turns):
            told = _with_gates_of(document, told)
        return msgspec.structs.replace(
            silenced(_bounded(told, turns)),
            messages=left_out + counted(turns),
            joined=document.joined,
            joined_into=document.joined_into,
            split_from=document.split_from,
            split_by=document.split_by,
        )

    def _placement(
        self,
        entry: MessageEntry,
        told: Conversation | None,
        document: Conversation,
        customer: CustomerDoc | None,
    ) -> Placement:
        """Return where a message was placed, as far as the journal tells."""
        message, work = entry.message, entry.work
        on, is_revoked = self._bearer(message)
        claim = self.tools.keys.claimed(message.actor.identifier)
        takes_over = (
            message.actor.level >= Level.AUTHENTICATED
            and told is not None
            and claim in told.participants
        )
        sound = work if not is_revoked else None
        return Placement(
            customer=customer.id if customer is not None else document.customer,
            conversation=document.id,
            bearer=on,
            instead_of=claim if takes_over else None,
            unidentified=customer.unidentified if customer is not None else document.unidentified,
            may_read=sound.may_read if sound is not None else False,
            act_until=sound.act_until if sound is not None else 0,
            hint=work.hint if work is not None else None,
        )

    def _bearer(self, message: Message) -> tuple[IdentifierKey, bool]:
        """Return what a message hangs on, and whether an operator revoked what it shows."""
        nodes = nodes_of(message, self.tools.keys, self.tools.policy)
        _, roots = read_roots([node.key for node in nodes], self.view, self.tools.subjects)
        known = [root.document for root in roots.values() if root.document is not None]
        if any(
            word.kind is StatementKind.REVOKED and word.message == message.id
            for document in known
            for word in document.statements
        ):
            return message.actor_key, True
        contact_points = {key for document in known for key in document.contact_points}
        on = bearer(nodes, contact_points)
        return (on.key if on is not None else message.actor_key), False


def less(document: Conversation, gone: Sequence[MessageEntry]) -> Conversation:
    """Return a conversation without what the messages that leave it brought.

    What others brought as well comes back when it is told again.
    """
    keys = {entry.message.actor_key for entry in gone}
    channels = {entry.message.channel for entry in gone}
    entities = {each for entry in gone for each in entry.message.entities}
    return msgspec.structs.replace(
        document,
        participants=tuple(each for each in document.participants if each not in keys),
        channels=tuple(each for each in document.channels if each not in channels),
        entities=tuple(each for each in document.entities if each not in entities),
    )


def counted(turns: Sequence[Turn]) -> int:
    """Return how many messages of the customer stand among turns, as conversations count them."""
    return sum(
        1 + len(turn.parts)
        for turn in turns
        if turn.speaker is Speaker.CUSTOMER and turn.kind.wants_an_answer
    )


def _speaking(turn: Turn) -> tuple[MessageId, ...]:
    """Return the messages of a turn that the customer wrote, or by which he proved who he is."""
    own = turn.speaker is Speaker.CUSTOMER and turn.kind.wants_an_answer
    if turn.message is None or not (own or turn.kind is MessageKind.VERIFICATION):
        return ()
    return (turn.message, *turn.parts)


def _last(turns: Sequence[Turn]) -> MessageId | None:
    spoken = [each for turn in turns for each in _speaking(turn)]
    return spoken[-1] if spoken else None


def _with_gates_of(document: Conversation, told: Conversation) -> Conversation:
    """Keep what the gates say of who wrote last, which may have changed since he wrote."""
    return msgspec.structs.replace(
        told,
        trust=document.trust,
        unidentified=document.unidentified,
        may_read=document.may_read,
        act_until=document.act_until,
        hint=document.hint,
    )


def _bounded(told: Conversation, turns: Sequence[Turn]) -> Conversation:
    """Return a conversation with the turns as they stood, edited and joined as they were."""
    bare = msgspec.structs.replace(told, turns=())
    for turn in turns:
        bare = with_turn(bare, turn)
    return bare


def accepted_at(entry: MessageEntry) -> int:
    """Return when the door stored a message, in UTC milliseconds, as far as its entry tells."""
    return entry.work.accepted_at if entry.work is not None else entry.message.received_at
