"""Commands: what each verb of an agent does, and why it is refused if it is.

Only the holder may speak, and only under the epoch that he was given: a command that comes late
meets a newer epoch and is told so. A repeated accept or completion is answered again and
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from maitred.contracts.agents import (
    Admitted,
    AgentKind,
    Assignment,
    AssignmentState,
    Command,
    Presence,
    RestsOn,
    RoutingDoc,
    RoutingState,
    Verb,
)
from maitred.contracts.conversation import Speaker, Turn
from maitred.contracts.ids import AgentId
from maitred.contracts.limits import (
    CONVERSATION_TURNS_MAX,
    REPLY_CHARACTERS_MAX,
    SECOND_MS,
    TURN_TEXT_CHARACTERS_MAX,
)
from maitred.router.events import Say, Tell
from maitred.router.placing import Placing, passed_over
from maitred.router.settings import RoutingSettings

COMMAND_ID_CHARACTERS_MAX: Final = 128
REASON_CHARACTERS_MAX: Final = 200
PROVEN_BY_ANSWER: Final = frozenset({"email"})
"""Channels where the answer to one message of ours can be told from any other message."""

_GONE: Final = frozenset({"agent_offline", "agent_away", "agent_removed"})

Refusal = str
"""Why a command is refused, in one stable word; empty if it is not."""


class Commands:
    """Carries out the commands of agents within one event."""

    def __init__(self, placing: Placing, settings: RoutingSettings) -> None:
        self._placing = placing
        self._house = placing.house
        self._settings = settings
        self._acts: dict[Verb, Callable[[RoutingDoc, AgentId, Command], Refusal]] = {
            Verb.ACCEPT: self._accept,
            Verb.DECLINE: self._decline,
            Verb.REPLY: self._reply,
            Verb.REQUEUE: self._requeue,
            Verb.TRANSFER: self._transfer,
            Verb.COMPLETE: self._complete,
        }

    def carry_out(self, admitted: Admitted) -> None:
        """Do what an agent says, or tell him why not."""
        refusal = self._attempt(admitted)
        if refusal:
            self._refuse(admitted, refusal)

    def _attempt(self, admitted: Admitted) -> Refusal:
        agent, command = admitted.agent, admitted.command
        if not self._house.roster.knows(agent):
            return "unknown_agent"
        if not command.id or len(command.id) > COMMAND_ID_CHARACTERS_MAX:
            return "bad_command"
        if admitted.verb == Verb.PRESENCE:
            return self._presence(agent, command)
        act = self._acts.get(admitted.verb)
        if act is None or command.conversation is None:
            return "bad_command"
        doc = self._house.get(command.conversation)
        if doc is None:
            return "unknown_conversation"
        if command.epoch != doc.epoch:
            return "stale_epoch"
        finished = doc.state == RoutingState.CLOSED and doc.previous_agent == agent
        if doc.agent != agent and not finished:
            return "not_yours"
        return act(doc, agent, command)

    def _refuse(self, admitted: Admitted, refusal: Refusal) -> None:
        command = admitted.command
        # What nobody knows must not come back in a subject.
        known = self._house.get(command.conversation) if command.conversation else None
        own = known if known is not None and known.agent == admitted.agent else None
        assignment = Assignment(
            tenant=self._placing.tenant,
            state=AssignmentState.REFUSED,
            conversation=known.conversation if known else None,
            agent=admitted.agent,
            epoch=command.epoch,
            at=self._placing.now,
            may_read=own is not None and own.may_read,
            act_until=own.act_until if own is not None else 0,
            reason=refusal,
            command=command.id[:COMMAND_ID_CHARACTERS_MAX],
        )
        self._placing.say(Tell(assignment))

    # -- presence
    def _presence(self, agent: AgentId, command: Command) -> Refusal:
        presence = command.presence
        if presence is None or presence == Presence.UNKNOWN:
            return "bad_command"
        doc = self._house.roster.doc(agent)
        now = self._placing.now
        if presence == Presence.ONLINE:
            fresh = doc.presence != Presence.ONLINE
            self._house.put_agent(
                replace(
                    doc,
                    presence=presence,
                    presence_at=now if fresh else doc.presence_at,
                    idle_since=now if fresh else doc.idle_since,
                    missed_offers=0,
                )
            )
            self._house.freed.add(agent)
        elif presence != doc.presence:
            self.leave(agent, presence)
        return ""

    def leave(self, agent: AgentId, presence: Presence, missed_offers: int = 0) -> None:
        """Take an agent off line or away, and hand back what may not stay with him.

        Away keeps what it has accepted; off line keeps nothing, but what was complete is closed.
        """
        house, placing = self._house, self._placing
        house.put_agent(
            replace(
                house.roster.doc(agent),
                presence=presence,
                presence_at=placing.now,
                missed_offers=missed_offers,
            )
        )
        reason = "agent_offline" if presence == Presence.OFFLINE else "agent_away"
        homeless = [doc for each in house.queue.held_for(agent) if (doc := house.get(each))]
        for each in house.roster.holdings(agent):
            doc = house.get(each)
            if doc is None:
                continue
            if doc.state == RoutingState.OFFERED or presence == Presence.OFFLINE:
                if doc.state == RoutingState.WRAPPING:
                    self.close(doc, "completed")
                    continue
                homeless.append(self.hand_back(doc, agent, reason))
        placing.place_all(homeless)

    # -- offers
    def _accept(self, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
        if doc.state == RoutingState.OFFERED:
            doc = replace(
                doc,
                state=RoutingState.ASSIGNED,
                state_at=self._placing.now,
                due_at=0,
                declined=(),
            )
            self._house.put(doc)
            self._house.put_agent(replace(self._house.roster.doc(agent), missed_offers=0))
        elif doc.state != RoutingState.ASSIGNED:
            return "wrong_state"
        self._placing.tell(doc, agent, AssignmentState.ASSIGNED, command=command.id)
        return ""

    def _decline(self, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
        if doc.state != RoutingState.OFFERED:
            return "wrong_state"
        self._house.put_agent(replace(self._house.roster.doc(agent), missed_offers=0))
        back = self.hand_back(doc, agent, "declined", command.id)
        self._placing.place(back, may_hold=False)
        return ""

    def hand_back(
        self, doc: RoutingDoc, agent: AgentId, reason: str, command: str = ""
    ) -> RoutingDoc:
        """Take a conversation from an agent with its age; it must be placed in this event.

        Whoever had accepted it becomes its previous agent. He is passed over for this round,
        unless it is he who went: then he may have it as soon as he is back.
        """
        self._placing.tell(doc, agent, AssignmentState.REVOKED, reason=reason, command=command)
        served = doc.state == RoutingState.ASSIGNED
        back = replace(
            doc,
            state=RoutingState.WAITING,
            agent=None,
            previous_agent=agent if served else doc.previous_agent,
            seems=doc.seems and not served,
            declined=doc.declined if reason in _GONE else passed_over(doc, agent),
            state_at=self._placing.now,
            due_at=0,
        )
        self._house.put(back)
        return back

    # -- what the holder does
    def _reply(self, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
        if doc.state not in {RoutingState.ASSIGNED, RoutingState.WRAPPING}:
            return "wrong_state"
        text = command.text
        if not text.strip() or len(text) > REPLY_CHARACTERS_MAX:
            return "bad_command"
        if command.rests_on == RestsOn.UNKNOWN:
            return "bad_command"
        if not _allowed(doc, command, self._placing.now):
            return "needs_proof"
        channel = doc.last_channel or doc.channel
        if command.asks_proof and channel not in PROVEN_BY_ANSWER:
            return "cannot_ask_proof"
        name = self._house.roster.agent(agent).name
        turn = Turn(
            at=self._placing.now,
            speaker=Speaker.AGENT,
            channel=channel,
            text=text[:TURN_TEXT_CHARACTERS_MAX],
            agent=agent,
            name=name,
            cut=len(text) > TURN_TEXT_CHARACTERS_MAX,
        )
        replies = (*doc.replies, turn)[-CONVERSATION_TURNS_MAX:]
        self._house.put(replace(doc, replies=replies))
        self._placing.say(
            Say(doc.conversation, agent, name, text, command.id, asks_proof=command.asks_proof)
        )
        return ""

    def _requeue(self, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
        if doc.state != RoutingState.ASSIGNED:
            return "wrong_state"
        back = self.hand_back(doc, agent, "requeued", command.id)
        self._placing.place(back, may_hold=False)
        return ""

    def _transfer(self, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
        roster, to = self._house.roster, command.to
        if doc.state != RoutingState.ASSIGNED:
            return "wrong_state"
        if to is None or to == agent:
            return "bad_command"
        if not roster.knows(to):
            return "unknown_agent"
        if not roster.is_online(to):
            return "agent_not_online"
        if doc.needs.human_only and roster.agent(to).kind != AgentKind.HUMAN:
            return "needs_human"
        if not roster.has_room(to, doc.channel):
            return "agent_full"
        back = self.hand_back(doc, agent, "transferred", command.id)
        self._placing.offer(back, to, "transfer")
        return ""

    def _complete(self, doc: RoutingDoc, agent: AgentId, command: Command) -> Refusal:
        wrap_up = round(self._settings.wrap_up_seconds * SECOND_MS)
        if doc.state == RoutingState.ASSIGNED and wrap_up:
            doc = replace(
                doc,
                state=RoutingState.WRAPPING,
                state_at=self._placing.now,
                due_at=self._placing.now + wrap_up,
                closed_reason=command.reason[:REASON_CHARACTERS_MAX],
            )
            self._house.put(doc)
        elif doc.state in {RoutingState.ASSIGNED, RoutingState.WRAPPING}:
            doc = self.close(doc, command.reason or doc.closed_reason)
        elif doc.state != RoutingState.CLOSED:
            return "wrong_state"
        reason = "wrap_up" if doc.state == RoutingState.WRAPPING else ""
        self._placing.tell(doc, agent, AssignmentState.CLOSED, reason=reason, command=command.id)
        return ""

    def close(self, doc: RoutingDoc, reason: str) -> RoutingDoc:
        """Close a conversation that an agent has; its slot is free."""
        closed = replace(
            doc,
            state=RoutingState.CLOSED,
            agent=None,
            previous_agent=doc.agent,
            seems=False,
            state_at=self._placing.now,
            due_at=0,
            declined=(),
            closed_reason=reason[:REASON_CHARACTERS_MAX],
        )
        self._house.put(closed)
        self._placing.note(closed, "completed")
        return closed


def _allowed(doc: RoutingDoc, command: Command, now: int) -> bool:
    """Whether the gates let a reply say what it rests on, to whoever reads it now."""
    match command.rests_on:
        case RestsOn.HISTORY:
            return doc.may_read
        case RestsOn.ACT:
            return now <= doc.act_until
        case _:
            return True
