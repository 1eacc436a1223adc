"""Trace: who came, who was at hand, and how long everything took, read off a replay.

A conversation that is closed and begins anew counts as another one: it needs somebody again. What
was under way when the span began is left out, and so is what an operator joined or erased.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from maitred.contracts.agents import AgentDoc, Presence
from maitred.contracts.conversation import Needs
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.events import Effect, Forget, SaveAgent, SaveRouting
from maitred.router.handling.changing import JOINED, WITHDRAWN
from maitred.router.replaying.shadow import Seen


@dataclass(slots=True)
class Visit:
    """A conversation from where somebody must have it to its end; times are UTC milliseconds.

    `needs` and `tier` are what the rules in force made of it, `own_needs` and `own_tier` what those
    of the draft do. `asked_at` is when the agent who accepted it was asked, `worked` how long it
    was in agents' hands, without wrapping up.
    """

    id: str
    at: int
    channel: str
    mood: str
    needs: Needs
    tier: str
    own_needs: Needs
    own_tier: str
    previous_agent: AgentId | None
    asked_at: int = 0
    accepted_at: int = 0
    agent: AgentId | None = None
    in_hand_since: int = 0
    worked: int = 0
    done_at: int = 0
    left_at: int = 0


@dataclass(slots=True)
class Trace:
    """What was read off: visits, and when each agent took work."""

    since: int
    until: int
    visits: list[Visit] = field(default_factory=list)
    spans: dict[AgentId, list[tuple[int, int]]] = field(default_factory=dict)

    def handling_ms(self) -> dict[str, int]:
        """Return by visit how long it keeps an agent: what it took, or what its like mostly takes.

        It begins when he is asked. Empty where nothing was ever finished.
        """
        done = [each for each in self.visits if each.done_at and each.accepted_at]
        if not done:
            return {}
        work = _typical(done, lambda visit: visit.worked)
        delay = _typical(done, lambda visit: visit.accepted_at - visit.asked_at)
        found = {}
        for each in self.visits:
            waited = each.accepted_at - each.asked_at if each.accepted_at else delay(each.channel)
            worked = each.worked if each.done_at else work(each.channel)
            found[each.id] = waited + worked
        return found


class Tracer:
    """Reads a trace off the effects of each step, in order."""

    def __init__(self, *, since_ms: int, until_ms: int, seen: Seen) -> None:
        self.trace = Trace(since_ms, until_ms)
        self._seen = seen
        self._docs: dict[ConversationId, RoutingState] = {}
        self._open: dict[ConversationId, Visit] = {}
        self._online: dict[AgentId, int] = {}
        self._count = 0
        self._dropped: set[str] = set()

    def saw(self, effects: Sequence[Effect], at: int) -> None:
        """Learn what became of everybody at a time."""
        for effect in effects:
            match effect:
                case SaveRouting(doc=doc):
                    self._routing(doc, at)
                case SaveAgent(doc=state):
                    self._agent(state, at)
                case Forget(conversation=conversation):
                    self._docs.pop(conversation, None)
                    self._drop(conversation)

    def end(self, at: int) -> Trace:
        """Return the trace, which ends at a time at the latest."""
        trace = self.trace
        trace.until = max(trace.since, min(trace.until, at))
        trace.visits = [each for each in trace.visits if each.id not in self._dropped]
        for agent in list(self._online):
            self._gone(agent, trace.until)
        return trace

    # -- conversations
    def _routing(self, doc: RoutingDoc, at: int) -> None:
        conversation, before = doc.conversation, self._docs.get(doc.conversation)
        if doc.state == RoutingState.CLOSED:
            self._docs.pop(conversation, None)
        else:
            self._docs[conversation] = doc.state
            if before is None and self.trace.since <= at < self.trace.until:
                self._begin(doc, at)
        if (visit := self._open.get(conversation)) is not None:
            self._follow(visit, doc, at)

    def _begin(self, doc: RoutingDoc, at: int) -> None:
        own = self._seen(doc)
        self._count += 1
        visit = Visit(
            id=f"{doc.conversation}:{self._count}",
            at=at,
            channel=doc.channel,
            mood=doc.mood.label.value,
            needs=doc.needs,
            tier=doc.tier,
            own_needs=own.needs,
            own_tier=own.tier,
            previous_agent=doc.previous_agent,
        )
        self._open[doc.conversation] = visit
        self.trace.visits.append(visit)

    def _follow(self, visit: Visit, doc: RoutingDoc, at: int) -> None:
        if visit.in_hand_since and doc.state != RoutingState.ASSIGNED:
            visit.worked += at - visit.in_hand_since
            visit.in_hand_since = 0
        match doc.state:
            case RoutingState.OFFERED if not visit.accepted_at:
                visit.asked_at = at
            case RoutingState.ASSIGNED if not visit.in_hand_since:
                visit.in_hand_since = at
                visit.accepted_at = visit.accepted_at or at
                visit.agent = visit.agent or doc.agent
            case RoutingState.CLOSED:
                self._close(visit, doc, at)

    def _close(self, visit: Visit, doc: RoutingDoc, at: int) -> None:
        if doc.closed_reason == JOINED:
            self._drop(doc.conversation)
            return
        del self._open[doc.conversation]
        if doc.closed_reason == WITHDRAWN and not visit.accepted_at:
            visit.left_at = at
        elif visit.accepted_at:
            visit.done_at = at

    def _drop(self, conversation: ConversationId) -> None:
        visit = self._open.pop(conversation, None)
        if visit is not None:
            self._dropped.add(visit.id)

    # -- agents
    def _agent(self, doc: AgentDoc, at: int) -> None:
        if doc.presence == Presence.ONLINE:
            self._online.setdefault(doc.id, at)
        elif doc.id in self._online:
            self._gone(doc.id, at)

    def _gone(self, agent: AgentId, at: int) -> None:
        start, end = max(self._online.pop(agent), self.trace.since), min(at, self.trace.until)
        if start < end:
            self.trace.spans.setdefault(agent, []).append((start, end))


def _typical(done: Sequence[Visit], measure: Callable[[Visit], int]) -> Callable[[str], int]:
    """Return what tells the median of a measure by channel, or of all where a channel has none."""
    values: defaultdict[str, list[int]] = defaultdict(list)
    for each in done:
        values[each.channel].append(measure(each))
    medians = {channel: round(median(each)) for channel, each in values.items()}
    of_all = round(median(measure(each) for each in done))
    return lambda channel: medians.get(channel, of_all)
