"""Brief: what whoever takes a conversation should know, bounded in bytes.

What is shown of other conversations, preferences and counts hangs on one gate, `show_journey`:
the shell opens it only for an endpoint that is surely the customer's. A closed gate shows
nothing beyond this conversation.

A machine repeats what it is told. So it never hears whom the customer seems to be; and where who
wrote last may not read the journey, it hears what was said on his channel and nothing of the other
channels of the conversation, nor of what the customer is to the company: a browser that several
people use is no reason to tell one of them what another wrote by mail. A handoff may draw on all
that whoever wrote it knew, so a machine is told one only where that gate is open and nobody seems
to be somebody.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from maitred.contracts.assignments import Brief, IdentityBrief, JourneyStep
from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.limits import BRIEF_BYTES_MAX
from maitred.contracts.routing import Decision, RoutingDoc, RoutingState
from maitred.router.explaining.explain import sentences
from maitred.router.mood.telling import told

JOURNEY_STEPS_MAX = 20
PREFERENCES_MAX = 20
PREFERENCE_CHARACTERS_MAX = 200
SUBJECT_CHARACTERS_MAX = 200
STANDARD = "standard"
_SPEAKERS = {Speaker.CUSTOMER: 0, Speaker.CLAIMED: 1, Speaker.SYSTEM: 1, Speaker.AGENT: 2}


def compose(
    conversation: Conversation,
    routing: RoutingDoc,
    customer: CustomerDoc | None,
    earlier: Sequence[tuple[Conversation, RoutingDoc | None]],
    show_journey: bool,  # noqa: FBT001  (the gate is an input like the others)
    why: Decision | None,
    *,
    to_machine: bool = False,
) -> Brief:
    """Return the brief of a conversation, at most `BRIEF_BYTES_MAX` bytes of JSON.

    The customer's turns and the agents' replies are merged by time. Where it would be too
    large, turns of claimed participants and of mail systems go first, then the oldest turns, then
    the oldest of the journey, and `cut` is set.
    """
    shown = customer if show_journey else None
    if to_machine:
        conversation, routing = _for_machine(conversation, routing)
    brief = Brief(
        identity=_identity(conversation, routing, shown),
        subject=conversation.subject[:SUBJECT_CHARACTERS_MAX],
        needs=routing.needs,
        mood=told(
            routing.mood, conversation.mood.samples, conversation.turns, journey=show_journey
        ),
        handoff=routing.handoff,
        turns=_merged(conversation.turns, routing.replies),
        entities=conversation.entities,
        journey=_journey(conversation, earlier) if show_journey else (),
        preferences=_preferences(shown) if shown else {},
        complaints=shown.complaints if shown else 0,
        why=tuple(sentences(why)) if why else (),
        cut=conversation.left_out > 0,
    )
    return _bounded(brief)


def _identity(
    conversation: Conversation, routing: RoutingDoc, shown: CustomerDoc | None
) -> IdentityBrief:
    return IdentityBrief(
        customer=conversation.customer,
        name=(shown.name if shown else "") or conversation.name,
        trust=conversation.trust,
        tier=routing.tier,
        language=conversation.language or (shown.language if shown else ""),
        known_since=shown.first_seen_at if shown else 0,
        messages=shown.messages if shown else 0,
        channels=shown.channels if shown else conversation.channels,
        may_read=conversation.may_read,
        act_until=conversation.act_until,
        hint=conversation.hint,
    )


def _for_machine(
    conversation: Conversation, routing: RoutingDoc
) -> tuple[Conversation, RoutingDoc]:
    """Return what a machine may repeat to who wrote last."""
    channel = conversation.reply_to.channel
    if conversation.hint is not None or not conversation.may_read:
        routing = replace(routing, handoff=None)
    conversation = replace(conversation, hint=None)
    if conversation.may_read:
        return conversation, routing
    # Rules may have looked at who he is and how often he came, and their names would tell.
    needs = replace(routing.needs, because=(), priority_minutes=0.0)
    routing = replace(routing, tier=STANDARD, needs=needs)
    if conversation.channels == (channel,):
        return conversation, routing
    turns = tuple(turn for turn in conversation.turns if turn.channel == channel)
    names = [turn.name for turn in turns if turn.speaker is Speaker.CUSTOMER and turn.name]
    said = replace(
        conversation,
        turns=turns,
        channels=(channel,),
        name=names[-1] if names else "",
        subject="",
        entities=(),
    )
    replies = tuple(turn for turn in routing.replies if turn.channel == channel)
    # When and how often he wrote on other channels is nothing that he said on this one.
    return said, replace(routing, replies=replies, mood=replace(routing.mood, because=()))


def _merged(turns: Sequence[Turn], replies: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return both sides by time; at the same moment the customer speaks first.

    How a turn was put together, and by which identifier's key, is of no use to an agent.
    """
    shown = [replace(turn, shares=(), actor=None) for turn in turns]
    return tuple(
        sorted((*shown, *replies), key=lambda turn: (turn.at, _SPEAKERS.get(turn.speaker, 1)))
    )


def _journey(
    conversation: Conversation, earlier: Sequence[tuple[Conversation, RoutingDoc | None]]
) -> tuple[JourneyStep, ...]:
    """Return the customer's other conversations, newest last, without their mood's samples."""
    steps = [
        JourneyStep(
            conversation=other.id,
            opened_at=other.opened_at,
            last_at=other.last_at,
            subject=other.subject[:SUBJECT_CHARACTERS_MAX],
            channels=other.channels,
            state=routing.state if routing else RoutingState.UNKNOWN,
            mood=other.mood.bare(),
        )
        for other, routing in earlier
        if other.id != conversation.id
    ]
    steps.sort(key=lambda step: (step.last_at, step.conversation))
    return tuple(steps[-JOURNEY_STEPS_MAX:])


def _preferences(customer: CustomerDoc) -> dict[str, str]:
    first = sorted(customer.preferences.items())[:PREFERENCES_MAX]
    return {
        key[:PREFERENCE_CHARACTERS_MAX]: value[:PREFERENCE_CHARACTERS_MAX] for key, value in first
    }


def _bounded(brief: Brief) -> Brief:
    """Drop what others said, the oldest turns, journey, entities, reasons, until it fits."""
    over = _size(brief) - BRIEF_BYTES_MAX
    if over <= 0:
        return brief
    brief = replace(brief, cut=True)
    kept = list(brief.turns)
    for other in [turn for turn in kept if turn.speaker in {Speaker.CLAIMED, Speaker.SYSTEM}]:
        if over > 0 and len(kept) > 1:
            kept.remove(other)
            over -= _size(other) + 1
    while over > 0 and len(kept) > 1:
        over -= _size(kept.pop(0)) + 1
    brief = replace(brief, turns=tuple(kept))
    while _size(brief) > BRIEF_BYTES_MAX and brief.journey:
        brief = replace(brief, journey=brief.journey[1:])
    for field, nothing in (("entities", ()), ("why", ()), ("preferences", {})):
        if _size(brief) > BRIEF_BYTES_MAX:
            brief = replace(brief, **{field: nothing})
    while _size(brief) > BRIEF_BYTES_MAX and brief.turns and brief.turns[-1].text:
        last = brief.turns[-1]
        brief = replace(
            brief, turns=(replace(last, text=last.text[: len(last.text) // 2], cut=True),)
        )
    return brief


def _size(value: Brief | Turn) -> int:
    return len(msgspec.json.encode(value))
