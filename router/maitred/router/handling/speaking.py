"""Speaking: what the holder of a conversation says to the customer, now or later, and edits.

What goes out later goes where the customer read when the agent spoke: the gates were asked about
whoever read there. It stays the conversation's, so whoever holds it then may take it back.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from maitred.contracts.agents import Admitted, AgentKind, Command, RestsOn
from maitred.contracts.conversation import Speaker, Turn
from maitred.contracts.ids import AgentId, OutboundId, outbound_id
from maitred.contracts.limits import (
    CONVERSATION_TURNS_MAX,
    REPLY_CHARACTERS_MAX,
    SCHEDULED_MAX,
    SCHEDULED_MS_MAX,
    TURN_TEXT_CHARACTERS_MAX,
    UTTERED_MAX,
)
from maitred.contracts.outbound import OutboundKind
from maitred.contracts.routing import RoutingDoc, RoutingState, Uttered
from maitred.router.deciding.placing import Placing
from maitred.router.events import Say, SendDue, TakeBack
from maitred.router.handling.arriving import answered
from maitred.router.handling.handing import Refusal

PROVEN_BY_ANSWER: Final = frozenset({"email"})
"""Channels where the answer to one message of ours can be told from any other message."""
_SPEAKING: Final = frozenset({RoutingState.ASSIGNED, RoutingState.WRAPPING})


def reply(placing: Placing, doc: RoutingDoc, admitted: Admitted) -> Refusal:
    """Say something to the customer, if whoever wrote last may hear what it rests on."""
    command = admitted.command
    if doc.state not in _SPEAKING:
        return "wrong_state"
    if not (command.text.strip() or admitted.files) or not _is_sound(command):
        return "bad_command"
    if not _allowed(doc, command, placing.now):
        return "needs_proof"
    channel = doc.last_channel or doc.channel
    if command.asks_proof and channel not in PROVEN_BY_ANSWER:
        return "cannot_ask_proof"
    is_later = command.send_at > placing.now
    if is_later and (refusal := _too_much_later(placing, doc, command)):
        return refusal
    agent, known = admitted.agent, placing.house.roster.agent(admitted.agent)
    turn = _turn(placing, channel, admitted, known.name)
    uttered = Uttered(
        reply=_named(doc, admitted),
        command=command.id,
        agent=agent,
        to=doc.reply_to.key if doc.reply_to is not None else None,
        at=0 if is_later else placing.now,
        send_at=command.send_at if is_later else 0,
        turn=turn if is_later else None,
    )
    doc = replace(doc, uttered=_bounded((*doc.uttered, uttered)))
    placing.house.put(doc if is_later else answered(_with_turn(doc, turn)))
    placing.say(
        Say(
            doc.conversation,
            agent,
            known.name,
            command.text,
            uttered.reply,
            agent_picture=known.picture,
            by_machine=known.kind is AgentKind.AI,
            content=admitted.content,
            files=admitted.files,
            asks_proof=command.asks_proof,
            send_at=uttered.send_at,
        )
    )
    return ""


def edit(placing: Placing, doc: RoutingDoc, admitted: Admitted) -> Refusal:
    """Say something else in place of an earlier reply of one's own, where that one can be read."""
    command, agent = admitted.command, admitted.agent
    if doc.state not in _SPEAKING:
        return "wrong_state"
    if not command.text.strip() or not _is_sound(command) or admitted.files:
        return "bad_command"
    if not _allowed(doc, command, placing.now):
        return "needs_proof"
    found = _meant(doc, agent, command.target)
    if found is None or found.agent != agent:
        return "unknown_reply"
    if found.send_at:
        return "not_sent_yet"
    if doc.reply_to is None or found.to != doc.reply_to.key:
        return "elsewhere"
    known = placing.house.roster.agent(agent)
    replies = tuple(
        _changed(turn, command.text, placing.now)
        if (turn.agent, turn.at) == (agent, found.at)
        else turn
        for turn in doc.replies
    )
    placing.house.put(replace(doc, replies=replies))
    placing.say(
        Say(
            doc.conversation,
            agent,
            known.name,
            command.text,
            _named(doc, admitted),
            agent_picture=known.picture,
            by_machine=known.kind is AgentKind.AI,
            kind=OutboundKind.EDIT,
            target=found.reply,
        )
    )
    return ""


def cancel(placing: Placing, doc: RoutingDoc, admitted: Admitted) -> Refusal:
    """Take back what was to be sent later, whoever of the holders said it."""
    found = _meant(doc, admitted.agent, admitted.command.target)
    if found is None:
        return "unknown_reply"
    if not found.send_at:
        return "already_sent"
    left = tuple(each for each in doc.uttered if each is not found)
    placing.house.put(replace(doc, uttered=left))
    placing.say(TakeBack(doc.conversation, found.reply))
    return ""


def send_due(placing: Placing, doc: RoutingDoc, name: OutboundId, due_at: int) -> None:
    """Send what was to be sent at `due_at`, unless it was taken back."""
    found = next((each for each in doc.uttered if each.reply == name), None)
    if found is None or found.send_at != due_at or not due_at or found.turn is None:
        return
    placing.now = max(placing.now, due_at)
    turn = replace(found.turn, at=placing.now)
    sent = replace(found, send_at=0, at=placing.now, turn=None)
    others = tuple(each for each in doc.uttered if each is not found)
    renewed = _with_turn(replace(doc, uttered=_bounded((*others, sent))), turn)
    placing.house.put(answered(renewed))
    placing.say(SendDue(doc.conversation, name))


def _is_sound(command: Command) -> bool:
    return len(command.text) <= REPLY_CHARACTERS_MAX and command.rests_on != RestsOn.UNKNOWN


def _allowed(doc: RoutingDoc, command: Command, now: int) -> bool:
    """Whether the gates let a reply say what it rests on, to whoever reads it now."""
    match command.rests_on:
        case RestsOn.HISTORY:
            return doc.may_read
        case RestsOn.ACT:
            return now <= doc.act_until
        case _:
            return True


def _too_much_later(placing: Placing, doc: RoutingDoc, command: Command) -> Refusal:
    """Return why a reply cannot wait until then.

    Where a closed conversation stands is forgotten some day; what it is to send must go before.
    """
    ahead = min(SCHEDULED_MS_MAX, placing.house.closed_ms // 2)
    if command.send_at > placing.now + ahead or command.asks_proof:
        return "bad_send_at"
    waiting = sum(each.send_at > 0 for each in doc.uttered)
    return "too_many_scheduled" if waiting >= SCHEDULED_MAX else ""


def _named(doc: RoutingDoc, admitted: Admitted) -> OutboundId:
    """Name a reply after its command, and the time of that: agents may use an id again."""
    return outbound_id(doc.conversation, f"{admitted.agent}:{admitted.command.id}:{admitted.at}")


def _meant(doc: RoutingDoc, agent: AgentId, target: str) -> Uttered | None:
    """Return the reply that an agent means, by its own name or by that of his command."""
    for each in reversed(doc.uttered):
        if target in {each.reply, each.command if each.agent == agent else each.reply}:
            return each
    return None


def _turn(placing: Placing, channel: str, admitted: Admitted, name: str) -> Turn:
    text = admitted.command.text
    return Turn(
        at=placing.now,
        speaker=Speaker.AGENT,
        channel=channel,
        text=text[:TURN_TEXT_CHARACTERS_MAX],
        agent=admitted.agent,
        name=name,
        cut=len(text) > TURN_TEXT_CHARACTERS_MAX,
        attachments=tuple(each.name for each in admitted.files),
    )


def _changed(turn: Turn, text: str, now: int) -> Turn:
    return replace(
        turn,
        text=text[:TURN_TEXT_CHARACTERS_MAX],
        cut=len(text) > TURN_TEXT_CHARACTERS_MAX,
        edited_at=now,
    )


def _with_turn(doc: RoutingDoc, turn: Turn) -> RoutingDoc:
    return replace(doc, replies=(*doc.replies, turn)[-CONVERSATION_TURNS_MAX:])


def _bounded(uttered: tuple[Uttered, ...]) -> tuple[Uttered, ...]:
    """Return all that is still to be sent, and the last ones that were."""
    sent = [each for each in uttered if not each.send_at]
    dropped = sent[:-UTTERED_MAX]
    return tuple(each for each in uttered if each not in dropped)
