"""Judging: the mood of a conversation and what it asks for, as of one more message."""

from __future__ import annotations

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.message import Message
from maitred.contracts.reply_token import without_token
from maitred.identity.conversations.gathering import together
from maitred.router.mood.track import advance
from maitred.router.needs import CompiledRules, Facts, needs_of


def judged(conversation: Conversation, message: Message, rules: CompiledRules) -> Conversation:
    """Return a conversation with mood, needs and tier after `message`, which stands in it."""
    if not message.kind.wants_an_answer:
        return conversation
    mood = conversation.mood
    if message.affect is not None:
        mood = advance(mood, message.affect, message.received_at)
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
        ),
    )
    needs = together(conversation.needs, needs)
    return msgspec.structs.replace(conversation, mood=mood, needs=needs, tier=tier)
