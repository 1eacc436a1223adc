"""Explain: a decision in plain words, for the brief and for whoever asks later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from maitred.contracts.conversation import Needs
from maitred.contracts.ids import AgentId
from maitred.contracts.routing import Decision, Reason, RoutingState
from maitred.router.explaining.wording import (
    MOVED,
    REASONS,
    RULES,
    TERMS,
    TIE_BREAKS,
    clock_time,
    excluded,
    number,
    span,
)

_PLACED: Final = frozenset({RoutingState.OFFERED, RoutingState.HELD, RoutingState.WAITING})
_GIVEN_BACK: Final = frozenset({"declined", "requeued", "transferred"})

Names = Mapping[AgentId, str]


def sentences(decision: Decision, names: Names | None = None) -> list[str]:
    """Return why, one sentence each; `names` says what agents are called."""
    called = names or {}
    found = [headline(decision, called)]
    if decision.reason:
        found.append(f"The reason given: {own_word(decision)}.")
    found.extend(_needs(decision.needs))
    found.extend(_lowered(decision))
    found.extend(_until(decision))
    found.extend(
        _candidate(reason, called, decision)
        for reason in decision.candidates
        if reason.excluded != decision.rule
    )
    if decision.tie_break:
        words = TIE_BREAKS.get(decision.tie_break, decision.tie_break)
        found.append(f"Between equals: {words}.")
    found.append(f"Decided by the policy {decision.policy}.")
    return found


def headline(decision: Decision, names: Names | None = None) -> str:
    """Return the sentence that says which step decided."""
    called = names or {}
    rule = RULES.get(decision.rule, "It was decided by the rule {rule}.")
    previous = decision.snapshot.previous_agent
    who = next((each.agent for each in decision.candidates if each.excluded == decision.rule), None)
    return rule.format(
        agent=name_of(decision.agent, called),
        previous=name_of(previous, called) if previous else "The agent who served him",
        rule=decision.rule,
        who=name_of(who, called) if who else "Who had it",
    )


def is_placing(decision: Decision) -> bool:
    """Return whether it was decided who should have it, and not that somebody gave it back."""
    return decision.outcome in _PLACED and decision.rule not in _GIVEN_BACK


def circumstances(decision: Decision) -> str:
    """Return what a decision was made from, but for the mood, in one line."""
    then = decision.snapshot
    parts = [then.channel, f"tier {then.tier}"] if then.tier else []
    parts.append(f"{span(max(decision.at - then.arrived_at, 0))} after it came")
    parts.append(f"{then.waiting:,} others waiting")
    parts.append(f"{then.online:,} on line")
    return ", ".join(parts)


def mood(decision: Decision) -> str:
    """Return the mood that counted, with what moved it, the most first."""
    then = decision.snapshot
    moved = sorted(then.mood_because.items(), key=lambda each: (-abs(each[1]), each[0]))
    causes = ", ".join(f"{MOVED.get(what, what)} {shift:+.2f}" for what, shift in moved)
    level = f"level {then.mood_level:+.2f}"
    return f"{then.mood.value} ({level}{': ' if causes else ''}{causes})"


def asked(needs: Needs) -> str:
    """Return what is asked for, in a few words; empty if it is nothing."""
    parts = [
        f"{each.skill} of at least {each.level:g}" if each.level else each.skill
        for each in needs.skills
    ]
    parts += [f"the language {needs.language}"] if needs.language else []
    parts += ["a human"] if needs.human_only else []
    return ", ".join(parts)


def working(reason: Reason) -> str:
    """Return how the terms of a candidate make his score: their sum, or their product."""
    product = "waited_seconds" in reason.terms
    parts = [
        f"{TERMS.get(term, term)} {number(value)}"
        if product or place == 0
        else f"{'-' if value < 0 else '+'} {TERMS.get(term, term)} {number(abs(value))}"
        for place, (term, value) in enumerate(reason.terms.items())
    ]
    return (" x " if product else " ").join(parts)


def name_of(agent: AgentId | None, names: Names) -> str:
    """Return what an agent is called."""
    return names.get(agent) or agent if agent else "Nobody"


def own_word(decision: Decision) -> str:
    """Return what who gave it back said of why, in words; empty if nothing."""
    said = REASONS.get(decision.reason)
    return f"{said} ({decision.reason})" if said else decision.reason


def _needs(needs: Needs) -> Iterator[str]:
    if needs.skills:
        yield f"It asks for {asked(Needs(skills=needs.skills))}."
    if needs.language:
        yield f"The customer writes in {needs.language}."
    if needs.human_only:
        yield "A human is asked for."
    if needs.priority_minutes:
        yield f"It has a head start of {needs.priority_minutes:g} minutes."
    if needs.because:
        yield f"Rules that said so: {', '.join(needs.because)}."


def _lowered(decision: Decision) -> Iterator[str]:
    if not decision.step:
        return
    times = "once" if decision.step == 1 else f"{decision.step} times"
    now = asked(decision.lowered) if decision.lowered else ""
    left = f"; what is left is {now}" if now else ""
    yield f"Since it waited, demands were lowered {times}{left}."


def _until(decision: Decision) -> Iterator[str]:
    if decision.due_at <= decision.at:
        return
    at = f"{clock_time(decision.due_at)} UTC"
    match decision.outcome:
        case RoutingState.HELD:
            yield f"It is kept until {at}."
        case RoutingState.WAITING:
            yield f"It is looked at again at {at}, if not before."
        case RoutingState.OFFERED:
            yield f"The offer stands until {at}."


def _candidate(reason: Reason, names: Names, decision: Decision) -> str:
    name = name_of(reason.agent, names)
    if reason.excluded:
        return f"{name} {excluded(reason.excluded)}."
    verdict = "Chosen" if reason.agent == decision.agent else "Considered"
    return f"{verdict}: {name}, score {number(reason.score)} ({working(reason)})."
