"""Events and effects: all that goes into the engine and all that comes out."""

from __future__ import annotations

from dataclasses import dataclass

from maitred.contracts.agents import Admitted, AgentDoc, Assignment, Decision, Due, RoutingDoc
from maitred.contracts.conversation import Turn
from maitred.contracts.entry import Work
from maitred.contracts.ids import AgentId, ConversationId, MessageId


@dataclass(frozen=True, slots=True)
class WorkArrived:
    """A customer wrote; `work` is his conversation as of `message`, `turn` what he said."""

    work: Work
    turn: Turn
    message: MessageId


@dataclass(frozen=True, slots=True)
class ClaimCame:
    """Somebody who names a conversation and may not belong to it wrote; `turn` is what he said."""

    conversation: ConversationId
    turn: Turn


@dataclass(frozen=True, slots=True)
class CommandCame:
    """An agent said something."""

    admitted: Admitted


@dataclass(frozen=True, slots=True)
class DueCame:
    """A deadline that an earlier `SaveRouting` asked for has come."""

    due: Due


Event = WorkArrived | ClaimCame | CommandCame | DueCame


@dataclass(frozen=True, slots=True)
class SaveRouting:
    """Write where a conversation stands; `due_at` above 0 asks for a `Due` at that time."""

    doc: RoutingDoc


@dataclass(frozen=True, slots=True)
class SaveAgent:
    """Write what is remembered of an agent."""

    doc: AgentDoc


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell an agent; an offer still lacks its brief."""

    assignment: Assignment


@dataclass(frozen=True, slots=True)
class Note:
    """Write down a decision that is told to nobody."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Say:
    """Send a reply of an agent to the customer, once for each command id."""

    conversation: ConversationId
    agent: AgentId
    agent_name: str
    text: str
    command_id: str


Effect = SaveRouting | SaveAgent | Tell | Note | Say
