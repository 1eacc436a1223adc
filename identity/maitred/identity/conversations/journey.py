"""Journey: a conversation after one more message.

The document holds the last turns, bounded; the journal holds every message. A message that is
added twice is there once.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.limits import (
    CLAIMED_TURNS_MAX,
    CONVERSATION_TURNS_MAX,
    ENTITIES_MAX,
    HOUR_MS,
    SUBJECT_CHARACTERS_MAX,
    SYSTEM_TURNS_MAX,
)
from maitred.contracts.message import Message, MessageKind
from maitred.identity.conversations.bursts import joined, rewritten, turn_of
from maitred.identity.conversations.place import Placement
from maitred.identity.customers.writers import (
    CHANNELS_MAX,
    LANGUAGE_CONFIDENCE_MIN,
    NAME_CHARACTERS_MAX,
    STANDARD,
)

PARTICIPANTS_MAX: Final = 64
BY_SYSTEMS: Final = frozenset({MessageKind.BOUNCE, MessageKind.COMPLAINT, MessageKind.VERIFICATION})
_BY_OTHERS: Final = {Speaker.CLAIMED: CLAIMED_TURNS_MAX, Speaker.SYSTEM: SYSTEM_TURNS_MAX}

Value = TypeVar("Value")


def add_turn(
    previous: Conversation | None,
    message: Message,
    placement: Placement,
    customer: CustomerDoc | None,
    now: int,
) -> Conversation:
    """Return the conversation with `message` in it; `now` is in UTC milliseconds.

    An edit replaces the words of its target, a delete takes them out; both change nothing if
    somebody else wrote them, or if their turn is no longer among the last ones. What was said in
    one breath is one turn. Only what wants an answer moves where the answer goes, how far the
    writer is trusted, and the time of the last message. Mood and needs are the caller's.

    Raises:
        ValueError: the placement names no conversation, or a message that cannot open one would.
    """
    if placement.conversation is None:
        raise ValueError("a message that belongs to no conversation has no turn")
    at = min(message.received_at, now)
    if previous is None:
        if placement.customer is None or not message.kind.wants_an_answer:
            raise ValueError("only a customer's message opens a conversation")
        previous = _opened(message, placement, at)
    elif _stands(previous, message):
        return previous
    if message.kind in {MessageKind.EDIT, MessageKind.DELETE}:
        return _changed(previous, message, now)
    whole = joined(previous, message, at)
    if whole is None:
        speaker = Speaker.SYSTEM if message.kind in BY_SYSTEMS else Speaker.CUSTOMER
        spoken = with_turn(previous, turn_of(message, speaker, at))
    else:
        spoken = _with_whole(previous, whole)
    if message.kind is MessageKind.VERIFICATION:
        return _proven(spoken, message, placement)
    if not message.kind.wants_an_answer:
        return spoken
    return _with_writer(spoken, message, placement, customer, at)


def claimed_turn(conversation: Conversation, message: Message, now: int) -> Turn | None:
    """Return the turn of a claimed participant, or none if the conversation has enough of them.

    No more than `CLAIMED_TURNS_MAX` come in an hour. He is named with his address, since the name
    beside it is whatever he likes.
    """
    at = min(message.received_at, now)
    claimed = [turn for turn in conversation.turns if turn.speaker is Speaker.CLAIMED]
    recent = sum(at - turn.at < HOUR_MS for turn in claimed)
    if recent >= CLAIMED_TURNS_MAX or _stands(conversation, message):
        return None
    address = message.actor.identifier.value
    name = f"{message.name[:NAME_CHARACTERS_MAX]} <{address}>".lstrip()
    return msgspec.structs.replace(turn_of(message, Speaker.CLAIMED, at), name=name)


def with_turn(conversation: Conversation, turn: Turn) -> Conversation:
    """Return the conversation with one more turn, and nothing else changed.

    The last ones are kept; those of claimed participants, and those of mail systems, displace
    each other only, so that no stranger's words push out the customer's.
    """
    # Channels are read side by side, so a message may come after a later one.
    turns = sorted((*conversation.turns, turn), key=lambda said: said.at)
    kept = [each for each in turns if each.speaker not in _BY_OTHERS][-CONVERSATION_TURNS_MAX:]
    for speaker, limit in _BY_OTHERS.items():
        kept += [each for each in turns if each.speaker is speaker][-limit:]
    kept.sort(key=lambda said: said.at)
    return msgspec.structs.replace(conversation, turns=tuple(kept))


def _opened(message: Message, placement: Placement, at: int) -> Conversation:
    if placement.conversation is None or placement.customer is None:
        raise ValueError("only a customer's message opens a conversation")
    return Conversation(
        id=placement.conversation,
        tenant=message.tenant,
        customer=placement.customer,
        opened_by=message.id,
        opened_at=at,
        last_at=at,
        channels=(message.channel,),
        account=message.account,
        reply_to=message.reply_to,
        trust=message.actor.level,
        participants=(message.actor_key,),
        bearer=placement.bearer,
    )


def _proven(conversation: Conversation, message: Message, placement: Placement) -> Conversation:
    """Return a conversation whose writer proved who he is; it goes with what he is known by.

    What hangs on an account already stays there. The gates are those of whoever reads the next
    answer: where it goes elsewhere than to this session, its proof opens nothing.
    """
    firm = conversation.bearer not in {None, message.actor_key}
    spoken = msgspec.structs.replace(
        conversation,
        customer=placement.customer or conversation.customer,
        bearer=conversation.bearer if firm else placement.bearer or conversation.bearer,
        unidentified=placement.unidentified,
        hint=None,
    )
    if conversation.reply_to.key != message.reply_to.key:
        return spoken
    return msgspec.structs.replace(
        spoken,
        trust=max(conversation.trust, message.actor.level),
        may_read=placement.may_read,
        act_until=placement.act_until,
    )


def _with_whole(conversation: Conversation, whole: Turn) -> Conversation:
    """Return the conversation with `whole` instead of the turn that it is the longer form of."""
    others = tuple(
        turn for turn in conversation.turns if turn.message is None or not whole.holds(turn.message)
    )
    return with_turn(msgspec.structs.replace(conversation, turns=others), whole)


def _stands(conversation: Conversation, message: Message) -> bool:
    return any(turn.holds(message.id) for turn in conversation.turns)


def _with_writer(
    conversation: Conversation,
    message: Message,
    placement: Placement,
    customer: CustomerDoc | None,
    at: int,
) -> Conversation:
    language = message.language
    is_sure = language is not None and language.confidence >= LANGUAGE_CONFIDENCE_MIN
    is_theirs = customer is not None and conversation.id in customer.open_conversations
    replaces = placement.instead_of is not None
    others = (each for each in conversation.participants if each != placement.instead_of)
    return msgspec.structs.replace(
        conversation,
        customer=customer.id if customer is not None and is_theirs else conversation.customer,
        tier=customer.tier if customer is not None else conversation.tier or STANDARD,
        last_at=max(conversation.last_at, at),
        channels=_newest((*conversation.channels, message.channel), CHANNELS_MAX),
        account=message.account,
        reply_to=message.reply_to,
        trust=message.actor.level,
        participants=_newest((*others, message.actor_key), PARTICIPANTS_MAX),
        bearer=placement.bearer if replaces else conversation.bearer,
        name=message.name.strip()[:NAME_CHARACTERS_MAX] or conversation.name,
        subject=conversation.subject or message.subject.strip()[:SUBJECT_CHARACTERS_MAX],
        language=language.code if language is not None and is_sure else conversation.language,
        entities=_newest((*conversation.entities, *message.entities), ENTITIES_MAX),
        messages=conversation.messages + 1,
        unidentified=placement.unidentified,
        may_read=placement.may_read,
        act_until=placement.act_until,
        hint=placement.hint,
    )


def _changed(conversation: Conversation, message: Message, now: int) -> Conversation:
    """Return the conversation after its author changed, or took back, what he had said."""
    target = message.target
    text = message.text if message.kind is MessageKind.EDIT else None
    # Changes may overtake each other on their way here; some providers tell when they were made.
    at = min(message.sent_at or message.received_at, now)
    if target is None:
        return conversation
    turns = tuple(
        rewritten(turn, target, text, at, cut="text_cut" in message.flags)
        if turn.speaker is Speaker.CUSTOMER
        and turn.holds(target)
        and turn.actor in {None, message.actor_key}
        else turn
        for turn in conversation.turns
    )
    return silenced(msgspec.structs.replace(conversation, turns=turns))


def silenced(conversation: Conversation) -> Conversation:
    """Return the conversation whose mood no longer cites what its author changed or took back."""
    changed = frozenset(
        each.at
        for turn in conversation.turns
        if turn.speaker is Speaker.CUSTOMER
        for each in (turn.shares or (turn,))
        if each.edited_at or each.deleted
    )
    if not changed:
        return conversation
    return msgspec.structs.replace(conversation, mood=conversation.mood.silenced(changed))


def _newest(values: tuple[Value, ...], limit: int) -> tuple[Value, ...]:
    """Return each value once, where it stood first, and no more than the last `limit`."""
    return tuple(dict.fromkeys(values))[-limit:]
