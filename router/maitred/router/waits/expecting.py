"""Expecting: what is known of how soon each of those who press most is served.

From the documents come how quickly slots free and who competes for them; `estimate` makes a range
of it. Nothing is told of what no document tells: that somebody goes home, or that many will come.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from maitred.contracts.ids import AgentId
from maitred.contracts.limits import HOUR_MS
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.house import House
from maitred.router.port import RoutingPolicy
from maitred.router.waits.contest import Contender, Contest, Pool
from maitred.router.waits.estimate import Line, Passing, Range, estimate
from maitred.router.waits.flow import Flow
from maitred.router.waits.shortage import Shortages

AGENTS_MAX: Final = 64
"""Of more agents whom somebody waits for, so many stand for all."""
_LATER_MS: Final = 4 * HOUR_MS
"""So far ahead at most it is asked who will press more by then."""
_STEPS_MAX: Final = 16
"""So many coming steps enter an estimate; settings name fewer."""


class _Stage(NamedTuple):
    """From so many milliseconds on, a conversation as it stands then may go to these agents."""

    after: int
    doc: RoutingDoc
    pool: Pool
    is_free: bool


class Expected(NamedTuple):
    """How many are expected to be served before one who waits, and for how long he still does."""

    ahead: float
    range: Range | None


class Expecting:
    """The most urgent of a queue at one moment, `now` (UTC milliseconds)."""

    def __init__(
        self,
        house: House,
        policy: RoutingPolicy,
        shortages: Shortages,
        urgent: Sequence[RoutingDoc],
        now: int,
    ) -> None:
        self._roster = house.roster
        self._policy = policy
        self._shortages = shortages
        self._now = now
        self._flow = Flow(house, policy, house.docs(), now)
        self._stages = {doc.conversation: list(self._staged(doc)) for doc in urgent}
        self._contenders = {doc.conversation: self._contender(doc) for doc in urgent}
        self._contest = Contest(self._flow, list(self._contenders.values()))

    def of(self, doc: RoutingDoc) -> Expected:
        """Return what is known of one of the urgent."""
        own, stages = self._contenders[doc.conversation], self._stages[doc.conversation]
        free_after = min((each.after for each in stages if each.is_free), default=math.inf)
        passing = list(self._passing(own, stages))
        # Urgency grows at different speeds: who is ahead by then counts, not who is now.
        soon = self._lines(own, stages, self._now)
        found = estimate(soon, passing, free_after=free_after)
        if found is not None:
            then = self._now + round(min(found.p50, _LATER_MS))
            found = estimate(self._lines(own, stages, then), passing, free_after=free_after)
        return Expected(sum(each.ahead for each in soon if not each.after), found)

    def _staged(self, doc: RoutingDoc) -> Iterator[_Stage]:
        """Yield who may have it now, and after each time at which it is looked at again."""
        yield _Stage(0, doc, *self._may_have(doc))
        due_at = doc.due_at
        for _ in range(_STEPS_MAX):
            if not due_at:
                return
            at = max(due_at, self._now)
            step = self._policy.step(doc, at)
            doc = replace(doc, state=RoutingState.WAITING, declined=(), step=step)
            yield _Stage(at - self._now, doc, *self._may_have(doc))
            due_at = self._policy.next_step_at(doc)

    def _may_have(self, doc: RoutingDoc) -> tuple[Pool, bool]:
        """Return who has it as soon as he has room, and whether one has."""
        if doc.state == RoutingState.HELD and doc.previous_agent is not None:
            return frozenset({doc.previous_agent}), False
        found = self._shortages.of(self._policy.signature(doc))
        return found.pool, bool(found.free)

    def _contender(self, doc: RoutingDoc) -> Contender:
        weights: dict[AgentId, float] = {}
        stages = self._stages[doc.conversation]
        for stage in stages:
            signature = self._policy.signature(stage.doc)
            slope = self._policy.slope(signature)
            for agent in stage.pool.difference(weights):
                fit = self._policy.fit(signature, self._roster.agent(agent)).value
                if fit > 0:
                    previous = agent == doc.previous_agent
                    weights[agent] = self._policy.weight(fit, slope, previous=previous)
        pool = next((each.pool for each in stages if each.pool), frozenset())
        return Contender(doc, self._policy.virtual_arrival(doc), pool, weights)

    def _lines(self, own: Contender, stages: Sequence[_Stage], at: int) -> list[Line]:
        """Return the lines before the agents who may have it now or later."""
        clock = self._policy.clock(at)
        lines, seen = [], set[AgentId]()
        for stage in stages:
            agents = sorted(stage.pool.difference(seen).intersection(own.weights))
            seen.update(agents)
            few = agents[:: math.ceil(len(agents) / AGENTS_MAX)] if agents else []
            for agent in few:
                pace, times = self._flow.pace(agent), len(agents) / len(few)
                ahead = self._contest.ahead(own, agent, clock) * times
                lines.append(Line(pace.rate * times, pace.seen * times, ahead, stage.after))
        return lines

    def _passing(self, own: Contender, stages: Sequence[_Stage]) -> Iterator[Passing]:
        """Yield what slots of the agents go to, and how much of it will be ahead of ours.

        Of what comes `s` after now and within a span, that is ahead at its end for which
        b' (span - s + h') > b (span + waited); b and b' are the slopes, h' the other's head start.
        For whom somebody has room at this moment, he takes no slot that ours waits for.
        """
        slope = self._policy.slope(self._policy.signature(own.doc))
        waited = self._policy.clock(self._now) - own.since
        agents = next((each.pool for each in stages if self._flow.rate(each.pool)), own.pool)
        kinds = self._flow.kinds(agents)
        for kind, count in sorted(kinds.items()):
            if not self._shortages.of(kind.signature).free:
                ratio = slope / self._policy.slope(kind.signature)
                share = count / kinds.total()
                yield Passing(share, 1 - ratio, kind.head_start - ratio * waited)
