"""Loops: machines that answer each of our replies and say so in no header.

RFC 3834, section 2, asks automatic responders to mark what they send; those that do not are known
by what they do. A round is a reply of ours and the message that follows it at once. After three
rounds a loop is one in which the words stay the same but for numbers and dates, or one whose
subject has grown from each conversation to the next; after six, one in which the answer comes
faster than anybody reads mail.

People say the same thing twice, and are quick in a chat: so it takes three rounds without a gap,
enough words to tell by, and a channel where nobody is expected to answer within seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import msgspec

from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.limits import HOUR_MS, SECOND_MS, TURN_TEXT_CHARACTERS_MAX
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.routing import RoutingDoc
from maitred.contracts.subjects import Subjects
from maitred.contracts.view import View
from maitred.identity.reading import require

LOOP: Final = "loop"
"""The flag of a message that goes on with a loop, and the name of the reason beside it."""
REPEATS: Final = "repeats"
SUBJECT_GROWS: Final = "subject_grows"
"""Also the decoder's flag of a subject with many prefixes and tags. We answer under a
conversation's first subject, so it grows only where each round opens a conversation."""
CADENCE: Final = "cadence"

ROUNDS_MIN: Final = 3
CADENCE_ROUNDS_MIN: Final = 6
PROMPT_MS: Final = {"email": 60 * SECOND_MS, "sms": 15 * SECOND_MS}
"""By channel, how soon after our reply a machine answers; other channels have no loops."""
CADENCE_MS: Final = 10 * SECOND_MS
SIMILARITY_MIN: Final = 0.8
LETTERS_MIN: Final = 20
"""Fewer letters than this, people write the same again and again."""
RECENT_MAX: Final = 4
"""So many conversations of a customer are looked at, since each round may open and close one."""
_SHINGLE: Final = 5
_SPOKEN: Final = frozenset({MessageKind.MESSAGE, MessageKind.AUTO_REPLY})


@dataclass(frozen=True, slots=True)
class Loop:
    """Why a message counts as part of a loop, and the conversation that it goes on with."""

    reason: str
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class _Round:
    text: str
    delay_ms: int


def find(
    message: Message,
    customer: CustomerDoc,
    previous: Conversation | None,
    view: View,
    subjects: Subjects,
) -> Loop | None:
    """Return the loop that a message is part of, if it is.

    `customer` is its sender's before this message, `previous` the conversation that it joins.
    Other conversations are read only if the message comes soon enough to be a machine's.

    Raises:
        NotRead: a conversation, or where it stands, has not been loaded.
    """
    prompt_ms = PROMPT_MS.get(message.channel)
    if prompt_ms is None or not message.kind.wants_an_answer:
        return None
    if previous is None:
        if message.received_at - customer.last_seen_at > HOUR_MS:
            return None
    elif not _answers_at_once(message, _replies(previous, view, subjects), prompt_ms):
        return None
    conversations = _recent(customer, previous, view, subjects)
    if not conversations:
        return None
    turns = [turn for each in conversations for turn in each.turns]
    replies = [turn for each in conversations for turn in _replies(each, view, subjects)]
    opened = sorted(conversations, key=lambda each: (each.opened_at, each.id))
    reason = reason_of(message, turns, replies, [each.subject for each in opened])
    newest = previous or max(conversations, key=lambda each: (each.last_at, each.id))
    return Loop(reason, newest) if reason else None


def reason_of(
    message: Message,
    turns: Sequence[Turn],
    replies: Sequence[Turn],
    subjects: Sequence[str] = (),
) -> str:
    """Return why a message is part of a loop, in one word, or nothing.

    `turns` are what was said to us before it, `replies` what we said, both in any order;
    `subjects` are those of the conversations that this happened in, oldest first.
    """
    rounds = _rounds(message, turns, replies)
    if len(rounds) < ROUNDS_MIN:
        return ""
    if _repeats([each.text for each in rounds[:ROUNDS_MIN]]):
        return REPEATS
    if SUBJECT_GROWS in message.flags and _grow([*subjects, message.subject][-ROUNDS_MIN:]):
        return SUBJECT_GROWS
    fast = [each for each in rounds[:CADENCE_ROUNDS_MIN] if each.delay_ms <= CADENCE_MS]
    return CADENCE if message.channel == "email" and len(fast) == CADENCE_ROUNDS_MIN else ""


def as_auto_reply(message: Message, reason: str) -> Message:
    """Return the message as what it is: kept, flagged, and never answered by itself."""
    return msgspec.structs.replace(
        message,
        kind=MessageKind.AUTO_REPLY,
        flags=(*message.flags, LOOP),
        channel_extra={**message.channel_extra, LOOP: reason},
    )


def _recent(
    customer: CustomerDoc, previous: Conversation | None, view: View, subjects: Subjects
) -> list[Conversation]:
    ids = customer.conversations[-RECENT_MAX:]
    require(view, *map(subjects.conversation, ids), *map(subjects.routing, ids))
    found = (view.read(subjects.conversation(each), Conversation) for each in ids)
    recent = [each for each in found if each is not None]
    if previous is not None and all(each.id != previous.id for each in recent):
        recent.append(previous)
    return recent


def _replies(conversation: Conversation, view: View, subjects: Subjects) -> tuple[Turn, ...]:
    routing = view.read(subjects.routing(conversation.id), RoutingDoc)
    return routing.replies if routing is not None else ()


def _answers_at_once(message: Message, replies: Sequence[Turn], prompt_ms: int) -> bool:
    return any(0 <= message.received_at - reply.at <= prompt_ms for reply in replies)


def _rounds(message: Message, turns: Sequence[Turn], replies: Sequence[Turn]) -> list[_Round]:
    """Return the unbroken rounds up to this message, the newest first.

    Each answer of theirs must follow a reply of ours that no other answer came between.
    """
    prompt_ms = PROMPT_MS.get(message.channel, 0)
    theirs = sorted(
        (
            (turn.at, turn.text)
            for turn in turns
            if turn.speaker is Speaker.CUSTOMER
            and turn.channel == message.channel
            and turn.kind in _SPOKEN
            and turn.message != message.id
            and turn.at <= message.received_at
        ),
        reverse=True,
    )
    sequence = [(message.received_at, message.text[:TURN_TEXT_CHARACTERS_MAX]), *theirs]
    rounds: list[_Round] = []
    for (at, text), (earlier, _) in pairwise(sequence):
        delay_ms = min(
            (at - reply.at for reply in replies if earlier <= reply.at <= at), default=-1
        )
        if not 0 <= delay_ms <= prompt_ms:
            break
        rounds.append(_Round(text, delay_ms))
    return rounds


def _repeats(texts: Sequence[str]) -> bool:
    first, *others = map(_shingles, texts)
    return bool(first) and all(_similarity(first, each) >= SIMILARITY_MIN for each in others)


def _grow(subjects: Sequence[str]) -> bool:
    return len(subjects) == ROUNDS_MIN and all(
        len(shorter) < len(longer) for shorter, longer in pairwise(subjects)
    )


def _shingles(text: str) -> frozenset[str]:
    """Return the overlapping pieces of a text, without what changes from one time to the next.

    Numbers, dates, ticket ids, addresses and links are left out; a text of few letters has none.
    """
    words = [
        word
        for word in text[:TURN_TEXT_CHARACTERS_MAX].casefold().split()
        if "@" not in word
        and "://" not in word
        and not any(character.isdigit() for character in word)
    ]
    plain = " ".join(words)
    if sum(character.isalpha() for character in plain) < LETTERS_MIN:
        return frozenset()
    return frozenset(plain[at : at + _SHINGLE] for at in range(len(plain) - _SHINGLE + 1))


def _similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of pieces that both have (Jaccard's index)."""
    return len(one & other) / len(one | other)
