"""Events and effects: all that goes into the engine and all that comes out."""

from __future__ import annotations

from dataclasses import dataclass

from maitred.contracts.agents import Admitted, AgentDoc
from maitred.contracts.assignments import Assignment
from maitred.contracts.conversation import Turn
from maitred.contracts.entry import Work
from maitred.contracts.ids import AgentId, ConversationId, MessageId, OutboundId
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.operations import ConversationChange
from maitred.contracts.outbound import Content, OutboundFile, OutboundKind, Undelivered
from maitred.contracts.routing import Decision, Due, RoutingDoc


@dataclass(frozen=True, slots=True)
class WorkArrived:
    """A customer wrote; `work` is his conversation as of `message`, `turn` what he said.

    `reply_to` is where he reads the answer; it is missing where the answer goes on to where it did.
    """

    work: Work
    turn: Turn
    message: MessageId
    reply_to: ReplyTo | None = None


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
    """A deadline that an earlier `SaveRouting` or `SaveAgent` asked for has come."""

    due: Due


@dataclass(frozen=True, slots=True)
class ChangeCame:
    """An operator changed a conversation."""

    change: ConversationChange


@dataclass(frozen=True, slots=True)
class UndeliveredCame:
    """A reply did not reach the customer, or nobody knows."""

    undelivered: Undelivered


Event = WorkArrived | ClaimCame | CommandCame | DueCame | ChangeCame | UndeliveredCame


@dataclass(frozen=True, slots=True)
class SaveRouting:
    """Write where a conversation stands; `due_at` above 0 asks for a `Due` at that time."""

    doc: RoutingDoc


@dataclass(frozen=True, slots=True)
class SaveAgent:
    """Write what is remembered of an agent; `due_at` above 0 asks for a `Due` at that time."""

    doc: AgentDoc


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell an agent; an offer and an update still lack their brief."""

    assignment: Assignment


@dataclass(frozen=True, slots=True)
class Note:
    """Write down a decision that is told to nobody."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Say:
    """Send what an agent says to the customer, once for each name of a `reply`.

    `send_at` (UTC milliseconds) is when, 0 now; an edit stands in place of the reply `target`.
    """

    conversation: ConversationId
    agent: AgentId
    agent_name: str
    text: str
    reply: OutboundId
    asks_proof: bool = False
    agent_picture: str = ""
    by_machine: bool = False
    content: Content | None = None
    files: tuple[OutboundFile, ...] = ()
    kind: OutboundKind = OutboundKind.REPLY
    target: OutboundId | None = None
    send_at: int = 0


@dataclass(frozen=True, slots=True)
class SendDue:
    """Send a reply that was to be sent later: its time has come."""

    conversation: ConversationId
    reply: OutboundId


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Never send a reply that was to be sent later."""

    conversation: ConversationId
    reply: OutboundId


@dataclass(frozen=True, slots=True)
class Forget:
    """Let nothing of a conversation be written any more: its customer was erased."""

    conversation: ConversationId


Effect = SaveRouting | SaveAgent | Tell | Note | Say | SendDue | TakeBack | Forget
