"""Serving: what the holder of a conversation says to the customer, and how he is done with it."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from maitred.contracts.agents import Command, RestsOn
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.conversation import Speaker, Turn
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import (
    CONVERSATION_TURNS_MAX,
    REPLY_CHARACTERS_MAX,
    SECOND_MS,
    TURN_TEXT_CHARACTERS_MAX,
)
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.deciding.placing import Placing
from maitred.router.events import Say
from maitred.router.handling.arriving import answered
from maitred.router.handling.handing import Refusal

REASON_CHARACTERS_MAX: Final = 200
PROVEN_BY_ANSWER: Final = frozenset({"email"})
"""Channels where the answer to one message of ours can be told from any other message."""


def reply(placing: Placing, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
    """Say something to the customer, if whoever wrote last may hear what it rests on."""
    if doc.state not in {RoutingState.ASSIGNED, RoutingState.WRAPPING}:
        return "wrong_state"
    text = command.text
    if not text.strip() or len(text) > REPLY_CHARACTERS_MAX:
        return "bad_command"
    if command.rests_on == RestsOn.UNKNOWN:
        return "bad_command"
    if not _allowed(doc, command, placing.now):
        return "needs_proof"
    channel = doc.last_channel or doc.channel
    if command.asks_proof and channel not in PROVEN_BY_ANSWER:
        return "cannot_ask_proof"
    name = placing.house.roster.agent(agent).name
    turn = Turn(
        at=placing.now,
        speaker=Speaker.AGENT,
        channel=channel,
        text=text[:TURN_TEXT_CHARACTERS_MAX],
        agent=agent,
        name=name,
        cut=len(text) > TURN_TEXT_CHARACTERS_MAX,
    )
    replies = (*doc.replies, turn)[-CONVERSATION_TURNS_MAX:]
    placing.house.put(answered(replace(doc, replies=replies)))
    placing.say(Say(doc.conversation, agent, name, text, command.id, asks_proof=command.asks_proof))
    return ""


def _allowed(doc: RoutingDoc, command: Command, now: int) -> bool:
    """Whether the gates let a reply say what it rests on, to whoever reads it now."""
    match command.rests_on:
        case RestsOn.HISTORY:
            return doc.may_read
        case RestsOn.ACT:
            return now <= doc.act_until
        case _:
            return True


def complete(placing: Placing, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
    """Be done with a conversation, at once or after the time to finish; again, say so again."""
    wrap_up = round(placing.settings.wrap_up_seconds * SECOND_MS)
    if doc.state == RoutingState.ASSIGNED and wrap_up:
        doc = replace(
            doc,
            state=RoutingState.WRAPPING,
            state_at=placing.now,
            due_at=placing.now + wrap_up,
            closed_reason=command.reason[:REASON_CHARACTERS_MAX],
        )
        placing.house.put(doc)
    elif doc.state in {RoutingState.ASSIGNED, RoutingState.WRAPPING}:
        doc = close(placing, doc, command.reason or doc.closed_reason)
    elif doc.state != RoutingState.CLOSED:
        return "wrong_state"
    reason = "wrap_up" if doc.state == RoutingState.WRAPPING else ""
    placing.tell(doc, agent, AssignmentState.CLOSED, reason=reason, command=command.id)
    return ""


def close(placing: Placing, doc: RoutingDoc, reason: str) -> RoutingDoc:
    """Close a conversation that an agent has; its slot is free."""
    closed = replace(
        doc,
        state=RoutingState.CLOSED,
        agent=None,
        previous_agent=doc.agent,
        seems=False,
        state_at=placing.now,
        due_at=0,
        declined=(),
        closed_reason=reason[:REASON_CHARACTERS_MAX],
    )
    placing.house.put(closed)
    placing.note(closed, "completed")
    return closed
