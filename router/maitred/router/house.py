"""House: every conversation and agent as the documents say, and the indexes over them.

All of it can be rebuilt from the documents: `put` is a function of the old and the new one, and
nothing is kept that no document tells. So an engine that starts again decides as if it had
never stopped.
"""

from __future__ import annotations

import heapq
from typing import Final

from maitred.contracts.agents import AgentDoc
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.limits import CLOSED_AGE_MS
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents.candidates import Candidates
from maitred.router.agents.roster import Roster, holders
from maitred.router.events import Effect, SaveAgent, SaveRouting
from maitred.router.port import RoutingPolicy
from maitred.router.queueing.queue import Queue
from maitred.router.settings import RoutingSettings

WAITING: frozenset[RoutingState] = frozenset({RoutingState.WAITING, RoutingState.HELD})
_SERVED = frozenset({RoutingState.ASSIGNED, RoutingState.WRAPPING, RoutingState.CLOSED})

ERASED: Final = "erased"
"""Why a conversation was closed and taken from its agent, of which nothing may be known."""

_Served = tuple[bool, int, ConversationId, AgentId]


class House:
    """Documents, queue and roster of one tenant, and which of them changed in this event."""

    def __init__(
        self,
        settings: RoutingSettings,
        policy: RoutingPolicy,
        *,
        closed_ms: int = CLOSED_AGE_MS,
    ) -> None:
        self.closed_ms = closed_ms
        self.roster = Roster(settings)
        self.queue = Queue(policy, self.roster)
        self.candidates = Candidates(self.roster, policy)
        self.latest = 0
        """The latest time that any document tells; time never runs behind it."""
        self.freed: set[AgentId] = set()
        """Agents who may have got room in this event."""
        self._policy = policy
        self._docs: dict[ConversationId, RoutingDoc] = {}
        self._served: dict[CustomerId, dict[ConversationId, _Served]] = {}
        self._closed: list[tuple[int, ConversationId]] = []
        self._before: dict[ConversationId, RoutingDoc | None] = {}
        self._agents_before: dict[AgentId, AgentDoc] = {}

    def get(self, conversation: ConversationId) -> RoutingDoc | None:
        """Return where a conversation stands, if it is known."""
        return self._docs.get(conversation)

    def before(self, conversation: ConversationId) -> RoutingDoc | None:
        """Return where a conversation stood when the event began."""
        if conversation in self._before:
            return self._before[conversation]
        return self._docs.get(conversation)

    def docs(self) -> list[RoutingDoc]:
        """Return every document, in the order of ids."""
        return [self._docs[key] for key in sorted(self._docs)]

    def taken(self) -> list[RoutingDoc]:
        """Return what takes somebody up, in the order of ids."""
        return [self._docs[key] for key in sorted(self.roster.taken())]

    def put(self, doc: RoutingDoc) -> None:
        """Replace where a conversation stands."""
        old = self._docs.get(doc.conversation)
        self._before.setdefault(doc.conversation, old)
        if old is not None:
            self._leave(old)
            had, has = holders(old), holders(doc)
            if had and had != has:
                self.freed.update(set(had).difference(has))
        self._docs[doc.conversation] = doc
        self._enter(doc)

    def put_agent(self, doc: AgentDoc) -> None:
        """Replace what is remembered of an agent."""
        self._agents_before.setdefault(doc.id, self.roster.doc(doc.id))
        self.roster.put(doc)
        self.latest = max(self.latest, doc.presence_at, doc.idle_since)

    def _leave(self, doc: RoutingDoc) -> None:
        self.queue.remove(doc.conversation)
        self.roster.give_back(doc)
        served = self._served.get(doc.customer)
        if served is not None:
            served.pop(doc.conversation, None)
            if not served:
                del self._served[doc.customer]

    def _enter(self, doc: RoutingDoc) -> None:
        self.latest = max(self.latest, doc.state_at)
        self.roster.take(doc)
        if doc.state in WAITING:
            self.queue.put(
                doc.conversation,
                self._policy.signature(doc),
                self._policy.virtual_arrival(doc),
                doc.previous_agent,
                held=doc.state == RoutingState.HELD,
            )
        elif doc.state == RoutingState.CLOSED:
            heapq.heappush(self._closed, (doc.state_at, doc.conversation))
        serves = doc.agent is not None and doc.state in _SERVED
        agent = doc.agent if serves else doc.previous_agent
        if agent is not None and (serves or not doc.seems):
            served = (doc.state in _SERVED, doc.state_at, doc.conversation, agent)
            self._served.setdefault(doc.customer, {})[doc.conversation] = served

    def erase(self, conversation: ConversationId) -> None:
        """Drop a conversation as if it had never been; there is nothing to save of it."""
        doc = self._docs.pop(conversation, None)
        if doc is not None:
            self._leave(doc)
            self._before.pop(conversation, None)
            self.freed.update(holders(doc))

    def last_agent(self, customer: CustomerId) -> AgentId | None:
        """Return who served a customer last, as far as documents tell.

        Conversations that somebody has or had to the end speak before those that were handed
        back; then the later state, then the id.
        """
        served = self._served.get(customer)
        return max(served.values())[3] if served else None

    def forget_closed(self, now: int) -> None:
        """Drop conversations that have been closed for longer than their documents are kept."""
        while self._closed and self._closed[0][0] + self.closed_ms <= now:
            since, conversation = heapq.heappop(self._closed)
            doc = self._docs.get(conversation)
            if doc is not None and doc.state == RoutingState.CLOSED and doc.state_at == since:
                self._leave(doc)
                del self._docs[conversation]

    def begin(self) -> None:
        """Begin an event: nothing has changed yet."""
        self._before.clear()
        self._agents_before.clear()
        self.freed.clear()

    def changes(self) -> list[Effect]:
        """Return what must be saved: each document that the event changed, once, as it is now."""
        routing: list[Effect] = [
            SaveRouting(self._docs[key])
            for key in sorted(self._before)
            if self._docs[key] != self._before[key]
        ]
        agents: list[Effect] = [
            SaveAgent(self.roster.doc(key))
            for key in sorted(self._agents_before)
            if self.roster.doc(key) != self._agents_before[key]
        ]
        return routing + agents
