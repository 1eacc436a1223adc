"""Asking: a whole replay, and with a draft everything that it would have changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maitred.contracts.ids import Tenant
from maitred.gateway.whatif.model import Modelled, modelled
from maitred.gateway.whatif.retrace import Retrace, Step, Verdict
from maitred.gateway.whatif.stepping import Stepping
from maitred.gateway.whatif.tape import Tape
from maitred.gateway.whatif.trace import Tracer
from maitred.router.replaying.budgets import Figures, broken
from maitred.router.replaying.replay import Rules
from maitred.router.settings import Budgets

Advanced = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Span:
    """What is looked at: from a time to before another, in UTC milliseconds."""

    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a draft would have changed: one step ahead, and by the model where there can be one."""

    label: str
    stepping: Stepping
    modelled: Modelled | None
    broken: tuple[str, ...]


async def replayed(
    tape: Tape, tenant: Tenant, active: Rules, span: Span, advanced: Advanced
) -> Verdict:
    """Replay a span with the settings that decided then.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    retrace = Retrace(tape, await tape.extent(), tenant, active)
    return await retrace.verdict(since_ms=span.since_ms, until_ms=span.until_ms, advanced=advanced)


async def compared(
    tape: Tape,
    tenant: Tenant,
    active: Rules,
    draft: Rules,
    span: Span,
    budgets: Budgets,
    advanced: Advanced,
) -> tuple[Verdict, WhatIf]:
    """Replay a span, and ask a draft about it.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    retrace = Retrace(tape, await tape.extent(), tenant, active)
    bounds = {"since_ms": span.since_ms, "until_ms": span.until_ms}
    stepping = Stepping(tenant, active, draft, **bounds)
    tracer = Tracer(**bounds, seen=stepping.seen)
    last = span.since_ms

    def saw(step: Step) -> None:
        nonlocal last
        stepping.saw(step, retrace.replay.engine.house)
        tracer.saw(step.effects, step.input.at)
        last = step.input.at

    verdict = await retrace.verdict(**bounds, advanced=advanced, saw=saw)
    found = modelled(tracer.end(last), active, draft)
    figures = found.figures(stepping.share) if found is not None else Figures(stepping.share)
    over = tuple(broken(budgets, figures))
    return verdict, WhatIf(draft.label, stepping, found, over)
