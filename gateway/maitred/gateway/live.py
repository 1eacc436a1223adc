"""Live: what is going on, folded from the journal's entries; a read model to throw away."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from maitred.contracts.agents import Admitted, AgentDoc, Presence, Verb
from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.entry import JoinReason, MessageEntry
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.contracts.subjects import Subjects
from maitred.gateway.bus.pull import Received

KINDS: Final = ("message", "assign", "admitted", "routing", "agent", "customer", "suppressed")
_LATENCIES_MAX: Final = 100_000
_JOURNEYS_MAX: Final = 50_000
_LATEST_MAX: Final = 12


@dataclass(slots=True)
class JourneyLine:
    """One customer in the live table."""

    customer: CustomerId
    channels: list[str]
    mood: str = ""
    conversation: ConversationId | None = None
    messages: int = 0


@dataclass(slots=True)
class Live:
    """Counts and the latest journeys since the first entry that was folded in."""

    messages: Counter[str] = field(default_factory=Counter)
    suppressed: int = 0
    joined: Counter[str] = field(default_factory=Counter)
    journeys: dict[CustomerId, JourneyLine] = field(default_factory=dict)
    routing: dict[ConversationId, RoutingDoc] = field(default_factory=dict)
    presence: dict[AgentId, Presence] = field(default_factory=dict)
    offered: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    completed: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    latencies_ms: deque[int] = field(default_factory=lambda: deque(maxlen=_LATENCIES_MAX))
    aliases: dict[CustomerId, CustomerId] = field(default_factory=dict)

    def fold(self, item: Received) -> None:
        """Take one journal message in; what is not understood is passed over."""
        kind = item.subject.split(".")[3]
        try:
            match kind:
                case "message":
                    self._message(msgspec.json.decode(item.data, type=MessageEntry))
                case "assign":
                    self._assign(msgspec.json.decode(item.data, type=Assignment), item.time_ms)
                case "admitted":
                    self._admitted(msgspec.json.decode(item.data, type=Admitted))
                case "routing":
                    doc = msgspec.json.decode(item.data, type=RoutingDoc)
                    self.routing.pop(doc.conversation, None)
                    self.routing[doc.conversation] = doc
                    _bound(self.routing)
                case "agent":
                    state = msgspec.json.decode(item.data, type=AgentDoc)
                    self.presence[state.id] = state.presence
                case "customer":
                    self._customer(msgspec.json.decode(item.data, type=CustomerDoc))
                case "suppressed":
                    self.suppressed += 1
        except msgspec.MsgspecError:
            return

    def percentile(self, share: float) -> int | None:
        """Return a percentile of the time from acceptance to offer, in milliseconds."""
        ordered = sorted(self.latencies_ms)
        if not ordered:
            return None
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def crossed(self) -> int:
        """Return how many journeys used more than one channel."""
        return sum(1 for line in self._whole() if len(line.channels) > 1)

    def journey_count(self) -> int:
        """Return how many journeys there are."""
        return sum(1 for _ in self._whole())

    def latest(self) -> list[JourneyLine]:
        """Return the journeys that moved last, newest first."""
        return list(reversed(list(self._whole())[-_LATEST_MAX:]))

    def states(self) -> Counter[str]:
        """Return how many conversations are in each state."""
        return Counter(doc.state.value for doc in self.routing.values())

    def held_by(self) -> Counter[str]:
        """Return how many conversations each agent holds or is offered."""
        busy = {RoutingState.OFFERED, RoutingState.ASSIGNED, RoutingState.WRAPPING}
        return Counter(
            doc.agent for doc in self.routing.values() if doc.agent and doc.state in busy
        )

    def queues(self) -> Counter[str]:
        """Return how many conversations wait, by what they need."""
        waiting = {RoutingState.WAITING, RoutingState.HELD}
        return Counter(
            "+".join(need.skill for need in doc.needs.skills) or "any"
            for doc in self.routing.values()
            if doc.state in waiting
        )

    def _whole(self) -> list[JourneyLine]:
        return [line for name, line in self.journeys.items() if name not in self.aliases]

    def _message(self, entry: MessageEntry) -> None:
        self.messages[entry.message.channel] += 1
        if entry.joined is not JoinReason.NONE:
            self.joined[entry.joined.value] += 1
        if entry.customer is None:
            return
        line = self.journeys.pop(entry.customer, None) or JourneyLine(entry.customer, [])
        self.journeys[entry.customer] = line
        line.messages += 1
        line.conversation = entry.conversation or line.conversation
        if entry.message.channel not in line.channels:
            line.channels.append(entry.message.channel)
        if entry.work is not None:
            line.mood = entry.work.mood.label.value
        _bound(self.journeys)

    def _customer(self, doc: CustomerDoc) -> None:
        if doc.alias_of is not None:
            self.aliases[doc.id] = doc.alias_of
            _bound(self.aliases)
        line = self.journeys.get(doc.id)
        if line is not None:
            line.channels += [each for each in doc.channels if each not in line.channels]

    def _assign(self, assignment: Assignment, at: int) -> None:
        if assignment.state is AssignmentState.OFFERED:
            self.offered[assignment.agent] += 1
            if assignment.accepted_at:
                self.latencies_ms.append(max(0, at - assignment.accepted_at))
        elif assignment.state is AssignmentState.ASSIGNED:
            self.accepted[assignment.agent] += 1

    def _admitted(self, admitted: Admitted) -> None:
        if admitted.verb is Verb.REPLY:
            self.replies[admitted.agent] += 1
        elif admitted.verb is Verb.COMPLETE:
            self.completed[admitted.agent] += 1


def _bound(kept: dict[Any, Any]) -> None:
    """Drop what was put in longest ago; a watch may run for weeks."""
    while len(kept) > _JOURNEYS_MAX:
        del kept[next(iter(kept))]


def subjects_of(subjects: Subjects) -> list[str]:
    """Return what the live view reads from the journal."""
    return [subjects.any(kind) for kind in KINDS]
