"""Stepping: what a draft would have done, one step ahead of every recorded decision.

Each question is asked from where everything really stood, so an answer says what the draft would
have done then, and not what would have come of it.
"""

from __future__ import annotations

from maitred.contracts.ids import Tenant
from maitred.gateway.whatif.needing import needing_of
from maitred.gateway.whatif.retrace import Step
from maitred.gateway.whatif.tally import Tally
from maitred.router.engine import Engine
from maitred.router.house import House
from maitred.router.replaying.replay import Rules
from maitred.router.replaying.shadow import Asked, Seen, Shadow, as_it_is


class Stepping:
    """Asks a draft about each step of a replay, and counts its answers in a span of time."""

    def __init__(
        self, tenant: Tenant, active: Rules, draft: Rules, *, since_ms: int, until_ms: int
    ) -> None:
        self.tally = Tally()
        self.decisions = 0
        self._needing = needing_of(active.settings, draft.settings)
        self._draft = draft
        engine = Engine(draft.settings, draft.policy, tenant, closed_ms=draft.closed_ms)
        self._shadow = Shadow(engine, self.seen)
        self._shadow.load((), ())
        self._since_ms = since_ms
        self._until_ms = until_ms
        self._label = ""

    @property
    def seen(self) -> Seen:
        """Return how a document looks to the draft's rules."""
        return self._needing.seen if self._needing is not None else as_it_is

    @property
    def share(self) -> float | None:
        """Return the share of decisions that would have been made otherwise."""
        return self.tally.moved / self.decisions if self.decisions else None

    def saw(self, step: Step, real: House) -> None:
        """Ask about one step; `real` is where everything stands after it."""
        if self._needing is not None and step.era.label != self._label:
            self._label = step.era.label
            self._needing.under(step.era.rules.settings)
        item, effects = step.input, step.effects
        for event in step.events:
            own = self._needing.own(event, item.data) if self._needing is not None else event
            asked = self._shadow.ask(own, item.at, effects, real)
            effects = ()
            if self._since_ms <= item.at < self._until_ms:
                self._count(step, asked)

    def _count(self, step: Step, asked: Asked) -> None:
        self.decisions += asked.decisions
        for each in asked.elsewhere:
            self.tally.add(each.answer(step.input.sequence, step.input.at, self._draft.label))
