"""Judging: the mood of a conversation and what it asks for, as of one more message."""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.conversation import Conversation, MoodTrack
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.message import Message, MoodLabel
from maitred.contracts.reply_token import without_token
from maitred.identity.conversations.gathering import together
from maitred.identity.customers.moods import felt, past
from maitred.router.mood.track import advance, begun, sample_of
from maitred.router.mood.usual import baseline, repeats
from maitred.router.rules.needs import CompiledRules, Facts, needs_of


def judged(
    conversation: Conversation,
    message: Message,
    rules: CompiledRules,
    customer: CustomerDoc | None = None,
) -> Conversation:
    """Return a conversation with mood, needs and tier after `message`, which stands in it.

    `customer` is whose it is; where a conversation is told again, nobody is given, and what was
    known of him when it began is what its mood says.
    """
    if not message.kind.wants_an_answer:
        return conversation
    at = _at(conversation, message)
    mood = conversation.mood
    if conversation.messages == 1:
        mood = begun(mood if customer is None else known_of(customer, at), at)
    if message.affect is not None:
        mood = advance(mood, message.affect, at)
    needs, tier = needs_of(
        rules,
        Facts(
            channel=message.channel,
            account=message.account,
            recipients=tuple(map(without_token, message.recipients)),
            subject=message.subject,
            text=message.text,
            language=conversation.language,
            mood=mood.label,
            tier=conversation.tier,
            complaints=mood.complaints,
            contacts=mood.contacts,
            is_open=rules.calendar.is_open(message.received_at),
        ),
    )
    needs = together(conversation.needs, needs)
    return replace(conversation, mood=mood, needs=needs, tier=tier)


def remembered(
    customer: CustomerDoc,
    bearer: IdentifierKey,
    message: Message,
    before: Conversation | None,
    after: Conversation,
) -> CustomerDoc:
    """Return a customer with the mood of his message, which hangs on `bearer`.

    `before` and `after` are its conversation without and with it: the message that makes it angry
    for the first time is a complaint.
    """
    if message.affect is None:
        return customer
    was_angry = before is not None and before.mood.worst is MoodLabel.ANGRY
    return felt(
        customer,
        bearer,
        sample_of(message.affect, _at(after, message)),
        complains=after.mood.worst is MoodLabel.ANGRY and not was_angry,
    )


def known_of(customer: CustomerDoc, at: int) -> MoodTrack:
    """Return what is known of a customer's mood at `at`, for a conversation that begins then."""
    before = past(customer, at)
    return MoodTrack(
        baseline=baseline(before.mood_total, before.mood_weight),
        contacts=before.contacts,
        repeats=repeats(before.contacts, before.opened_before, before.windows_before),
        complaints=before.complaints,
        earlier=before.moods,
    )


def _at(conversation: Conversation, message: Message) -> int:
    """Return when a message of a conversation was written, never later than its last one came."""
    return min(message.received_at, conversation.last_at)
