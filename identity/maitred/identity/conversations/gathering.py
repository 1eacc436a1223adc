"""Gathering: conversations that an operator joined, seen as the one that they are now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from maitred.contracts.conversation import Conversation, Needs, SkillNeed
from maitred.contracts.entry import Work
from maitred.contracts.limits import ENTITIES_MAX
from maitred.identity.conversations.journey import PARTICIPANTS_MAX, with_turn
from maitred.identity.customers.writers import CHANNELS_MAX

Value = TypeVar("Value")


def latest(conversation: Conversation, others: Sequence[Conversation]) -> Conversation:
    """Return the one in which the customer wrote last: its gates count, and answers go there."""
    written = [each for each in (conversation, *others) if each.messages]
    return max(written, key=lambda each: each.last_at, default=conversation)


def gathered(conversation: Conversation, others: Sequence[Conversation]) -> Conversation:
    """Return a conversation with what was said in `others`, which went up into it.

    The last turns of all of them, by time and within the bounds of one; where the answer goes, and
    what the gates say, is that of the one in which the customer wrote last.
    """
    if not others:
        return conversation
    last = latest(conversation, others)
    whole = conversation
    for each in others:
        for turn in each.turns:
            whole = with_turn(whole, turn)
    everything = sorted((conversation, *others), key=lambda each: (each.opened_at, each.id))
    return msgspec.structs.replace(
        whole,
        opened_at=everything[0].opened_at,
        last_at=last.last_at,
        channels=_newest([c for each in everything for c in each.channels], CHANNELS_MAX),
        account=last.account,
        reply_to=last.reply_to,
        trust=last.trust,
        participants=_newest(
            [key for each in everything for key in each.participants], PARTICIPANTS_MAX
        ),
        name=last.name or conversation.name,
        subject=next((each.subject for each in (conversation, *everything) if each.subject), ""),
        language=last.language or conversation.language,
        mood=last.mood,
        entities=_newest([e for each in everything for e in each.entities], ENTITIES_MAX),
        messages=sum(each.messages for each in everything),
        unidentified=last.unidentified,
        may_read=last.may_read,
        act_until=last.act_until,
        hint=last.hint,
    )


def together(earlier: Needs, now: Needs) -> Needs:
    """Add up what a conversation needed before and what more it needs."""
    levels = {need.skill: need.level for need in earlier.skills}
    for need in now.skills:
        levels[need.skill] = max(need.level, levels.get(need.skill, 0.0))
    return Needs(
        skills=tuple(SkillNeed(skill=skill, level=levels[skill]) for skill in sorted(levels)),
        language=now.language or earlier.language,
        human_only=earlier.human_only or now.human_only,
        priority_minutes=max(earlier.priority_minutes, now.priority_minutes),
        because=tuple(dict.fromkeys(earlier.because + now.because)),
    )


def with_needs_of(conversation: Conversation, others: Sequence[Conversation]) -> Conversation:
    """Return a conversation that asks for what those ask for that went up into it, too."""
    needs = conversation.needs
    for each in others:
        needs = together(needs, each.needs)
    return msgspec.structs.replace(conversation, needs=needs)


def work_of(conversation: Conversation, accepted_at: int) -> Work:
    """Return what the router must know of a conversation that an operator changed."""
    return Work(
        conversation=conversation.id,
        customer=conversation.customer,
        channel=conversation.reply_to.channel,
        account=conversation.account,
        needs=conversation.needs,
        mood=conversation.mood.bare(),
        tier=conversation.tier,
        may_read=conversation.may_read,
        act_until=conversation.act_until,
        hint=conversation.hint,
        accepted_at=accepted_at,
    )


def _newest(values: Sequence[Value], limit: int) -> tuple[Value, ...]:
    """Return each value once, where it stood first, and no more than the last `limit`."""
    return tuple(dict.fromkeys(values))[-limit:]
