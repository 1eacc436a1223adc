"""Filling: what agents with room take of those who wait.

Of several agents who got room in one event, whoever would take what ranks highest takes it first;
of equals the earlier conversation, then its id, then the agent who has been idle longest, then his
id. So each conversation goes where its rank is highest: the greedy order by descending index. It
is at least half as good as the best matching (Avis 1983, Networks 13:475), and no agent keeps room
for what he suits. More than `TOGETHER_MAX` at once, as after a start, do so in groups of that
size, the longest idle first. An event that has told so much that its batch is full ends there, and
the next one, which comes at once, goes on (`engine`).

A rescue share of the free slots goes to whoever is latest by his own target, if anybody is late.
Which slots those are is a hash of the agent, the time and the number of the slot in its event: it
needs no memory, so an engine that starts again draws the same.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.limits import EVENT_SAID_MAX, SECOND_MS
from maitred.contracts.routing import Reason
from maitred.router.deciding.record import rank_terms
from maitred.router.queueing.queue import Head

if TYPE_CHECKING:
    from maitred.router.deciding.placing import Placing

TOGETHER_MAX: Final = 64
_HASHES: Final = 2**32


class _Taker(NamedTuple):
    """An agent and what he would take; the first five fields decide, in their order."""

    minus_rank: float
    virtual_arrival: int
    conversation: ConversationId
    idle_since: int
    agent: AgentId
    head: Head
    rule: str


def fill(placing: Placing, agents: Iterable[AgentId]) -> None:
    """Let agents with room take what waits, until it is used up or nothing suits."""
    roster = placing.house.roster
    online = [agent for agent in agents if roster.is_online(agent)]
    if not online or not len(placing.house.queue):
        return
    online.sort(key=lambda agent: (roster.doc(agent).idle_since, agent))
    for begin in range(0, len(online), TOGETHER_MAX):
        _fill(placing, online[begin : begin + TOGETHER_MAX])


def _fill(placing: Placing, agents: Sequence[AgentId]) -> None:
    queue = placing.house.queue
    takers = [taker for each in agents if (taker := _taker(placing, each, 0)) is not None]
    heapq.heapify(takers)
    taken: Counter[AgentId] = Counter()
    while takers and len(placing.said) < EVENT_SAID_MAX:
        best = takers[0]
        agent = best.agent
        doc = placing.house.get(best.conversation) if best.conversation in queue else None
        if doc is not None:
            reason = _reason(placing, best)
            placing.offer(doc, agent, best.rule, (reason,), tie_break=best.head.tie_break)
            taken[agent] += 1
            if placing.policy.rescue_share:
                takers = _looked_again(placing, takers, best.conversation, taken)
                continue
        following = _taker(placing, agent, taken[agent])
        if following is None:
            heapq.heappop(takers)
        else:
            heapq.heapreplace(takers, following)


def _looked_again(
    placing: Placing, takers: list[_Taker], gone: ConversationId, taken: Counter[AgentId]
) -> list[_Taker]:
    """Return what each would take now: whoever was to rescue what is gone may take greater things.

    Without a rescue share whatever comes next ranks lower, and it is enough to see that in time.
    """
    found = [
        _taker(placing, each.agent, taken[each.agent]) if each.conversation == gone else each
        for each in takers
    ]
    heap = [each for each in found if each is not None]
    heapq.heapify(heap)
    return heap


def _taker(placing: Placing, agent: AgentId, slot: int) -> _Taker | None:
    """Return what an agent would take into a slot, the first of the event being 0."""
    queue, now = placing.house.queue, placing.now
    head, rule = None, "rescue"
    if _rescues(placing.policy.rescue_share, agent, now, slot):
        head = queue.best_for(agent, now, overdue=True)
    if head is None:
        head, rule = queue.best_for(agent, now), "slot_free"
    if head is None:
        return None
    idle_since = placing.house.roster.doc(agent).idle_since
    return _Taker(
        -head.score, head.virtual_arrival, head.conversation, idle_since, agent, head, rule
    )


def _rescues(share: float, agent: AgentId, now: int, slot: int) -> bool:
    return share > 0 and crc32(f"{agent}:{now}:{slot}".encode()) < share * _HASHES


def _reason(placing: Placing, taker: _Taker) -> Reason:
    head, policy = taker.head, placing.policy
    doc = placing.house.get(head.conversation)
    waited = (policy.clock(placing.now) - head.virtual_arrival) / SECOND_MS
    known = "" if not head.previous else "seems" if doc is not None and doc.seems else "previous"
    terms = rank_terms(policy, head.fit, head.slope, waited, previous=known)
    return Reason(agent=taker.agent, score=head.score, terms=terms)
