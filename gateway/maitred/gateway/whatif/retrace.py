"""Retrace: recorded decisions made again, and held against what was recorded.

Inputs go through the engine in the journal's order, each at the time that the store gave it and
under the settings that decided then. What it says must be what was recorded, bit for bit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec.structs import replace

from maitred.contracts.ids import AgentId, Tenant
from maitred.contracts.routing import Decision
from maitred.gateway.inputs import events_of
from maitred.gateway.whatif.eras import Era, eras
from maitred.gateway.whatif.settling import Settling
from maitred.gateway.whatif.tape import Extent, Input, Tape
from maitred.router.engine import Engine
from maitred.router.events import Effect, Event
from maitred.router.replaying.replay import (
    Answer,
    Difference,
    Replay,
    Rules,
    answers,
    decision_of,
    differences,
)

KEPT_MAX: Final = 1_000
"""So many differences are kept to be shown; all are counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One input that was played: what it was, and what follows from it by the engine."""

    input: Input
    era: Era
    events: tuple[Event, ...]
    effects: tuple[Effect, ...]


@dataclass(slots=True)
class Verdict:
    """What a replay came to.

    `equal` answers are the same to the last bit. Of those that differ, `unproven` are ones where
    the log is not complete enough to say why, and `other` were decided by settings that are not
    known, by what they cite. `missing` inputs are gone from the log.
    """

    inputs: int = 0
    missing: int = 0
    equal: int = 0
    different: int = 0
    unproven: int = 0
    other: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    exact_since: int | None = 0
    exact_at: int = 0
    eras: list[Era] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Return whether nothing speaks against it that decisions are made as recorded."""
        return not self.different


class Retrace:
    """Plays a log again; `active` are the settings in force, for what no record tells of."""

    def __init__(self, tape: Tape, extent: Extent, tenant: Tenant, active: Rules) -> None:
        self._tape = tape
        self._extent = extent
        self._eras = eras(extent.records, active)
        self._ahead = list(reversed(self._eras))
        self._era = self._ahead.pop()
        self.replay = Replay(tenant, self._era.rules)

    async def steps(
        self, *, before: int | None = None, advanced: Callable[[int], None] = lambda _: None
    ) -> AsyncIterator[Step]:
        """Yield each input with what follows from it; with `before`, only those before that one.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        until = self._extent.handled if before is None else before - 1
        async for item in self._tape.inputs(until=until, advanced=advanced):
            self.come_to(item.sequence)
            yield self._played(item, self._era)

    def come_to(self, sequence: int) -> None:
        """Go on under the settings that an input was decided by, as dispatch did when it began."""
        while self._ahead and self._ahead[-1].since <= sequence:
            self._era = self._ahead.pop()
            self.replay.restart(self._era.rules)

    def _played(self, item: Input, era: Era) -> Step:
        if item.sequence in self._extent.buried:
            return Step(item, era, (), ())
        try:
            events, _ = events_of(item.subject, item.data)
        except msgspec.MsgspecError:  # dispatch put it into the quarantine
            return Step(item, era, (), ())
        effects = self.replay.play(item.sequence, events, item.at)
        return Step(item, era, events, effects or ())

    async def verdict(
        self,
        *,
        since_ms: int,
        until_ms: int,
        advanced: Callable[[int], None] = lambda _: None,
        saw: Callable[[Step], None] = lambda _: None,
    ) -> Verdict:
        """Compare what was recorded from `since_ms` to before `until_ms`.

        Everything before is played too, to come to the state of then; `saw` hears of every step.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        found = Verdict(eras=list(self._eras))
        judge = _Judge(found, self._extent, self.replay)
        async for step in self.steps(advanced=advanced):
            saw(step)
            judge.judge(step, counts=since_ms <= step.input.at < until_ms)
        return found


class _Judge:
    """Compares step by step; differences stand only where all that led to them is known."""

    def __init__(self, verdict: Verdict, extent: Extent, replay: Replay) -> None:
        self._verdict = verdict
        self._extent = extent
        self._replay = replay
        self._settling = Settling(extent.erased_until)
        verdict.missing = extent.missing

    def judge(self, step: Step, *, counts: bool) -> None:
        """Compare one input's answers."""
        verdict, settling, item = self._verdict, self._settling, step.input
        if not verdict.inputs and verdict.missing:
            self._unsettle(step)
        verdict.inputs += 1
        cited = filter(None, map(_label, item.answers))
        foreign = [label for label in cited if label != step.era.label]
        own = [_cited(each, step.era) for each in answers(step.effects)]
        compared = list(differences(item.sequence, item.answers, own))
        differing = [each for each in compared if each is not None]
        if foreign or step.era.why or self._meets_unknown(differing):
            self._unsettle(step)
        is_proof = settling.since is not None
        if not is_proof:
            settling.saw(item, step.events, differing)
        if counts:
            verdict.equal += len(compared) - len(differing)
            verdict.other.update(foreign)
            self._differ([] if foreign else differing, is_proof=is_proof)
        verdict.exact_since, verdict.exact_at = settling.since, settling.at

    def _differ(self, differing: Sequence[Difference], *, is_proof: bool) -> None:
        verdict = self._verdict
        if not is_proof:
            verdict.unproven += len(differing)
            return
        verdict.different += len(differing)
        verdict.differences += differing[: KEPT_MAX - len(verdict.differences)]

    def _meets_unknown(self, differing: Sequence[Difference]) -> bool:
        """Return whether a conversation turns up whose beginning was lost with the log's."""
        house = self._replay.engine.house
        return bool(self._verdict.missing) and self._settling.meets(differing, house)

    def _unsettle(self, step: Step) -> None:
        """Trust nothing before all that may come of here is over; what differed may come of it."""
        verdict, rules = self._verdict, step.era.rules
        agents = [AgentId(each.id) for each in rules.settings.agents]
        self._settling.unsettle(agents, step.input.at + rules.closed_ms)
        if verdict.missing:
            verdict.unproven += verdict.different
            verdict.different = 0
            verdict.differences.clear()


def _label(answer: Answer) -> str | None:
    """Return the policy that an answer cites, if it is a decision."""
    decision = decision_of(answer)
    return decision.policy if decision is not None else None


def _cited(answer: Answer, era: Era) -> Answer:
    """Return an answer that cites its policy as the record does.

    Another release may hash the same settings otherwise; what they decide is compared all the same.
    """
    decision = decision_of(answer)
    if decision is None or decision.policy != era.rules.label or era.rules.label == era.label:
        return answer
    decision = replace(decision, policy=era.label)
    if isinstance(answer.body, Decision):
        return Answer(answer.index, decision)
    return Answer(answer.index, replace(answer.body, decision=decision))


async def engine_before(
    tape: Tape, tenant: Tenant, active: Rules, sequence: int
) -> tuple[Engine, bool]:
    """Return the engine as it stood just before an input, and whether the log tells all of it.

    It is made of the log from its beginning on, so it takes as long as that is.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    extent = await tape.extent()
    retrace = Retrace(tape, extent, tenant, active)
    verdict = Verdict(eras=[])
    judge = _Judge(verdict, extent, retrace.replay)
    async for step in retrace.steps(before=sequence):
        judge.judge(step, counts=True)
    retrace.come_to(sequence)
    return retrace.replay.engine, verdict.exact_since is not None and not verdict.different
