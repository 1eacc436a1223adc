"""The ladder: how demands on who takes a conversation are lowered, step by step, while it waits.

Steps come at fractions of the channel's SLA, by the clock of the house. Each of `relax` lowers
the demanded levels by an equal part; after the last one an agent has only to have the skills, and
the language is no bar unless `language_floor` is 0. Each of `overflow` lets others stand in for
skills, or machines for humans; one for a closed house comes by real time, or when the house
closes.

The steps that concern a conversation are taken in the order in which they come, each once, and
`RoutingDoc.step` counts them: there are never more than the settings name. A step once taken
stays taken, also when the house opens again.
"""

from __future__ import annotations

import math
from operator import itemgetter
from typing import NamedTuple

from maitred.contracts.routing import RoutingDoc
from maitred.router.hours import Calendar
from maitred.router.port import StandIn
from maitred.router.settings import Overflow, RoutingSettings


class Demands(NamedTuple):
    """What is asked for after the steps taken so far; skills with the least proficiency."""

    skills: tuple[tuple[str, float], ...]
    any_language: bool
    human_only: bool
    stand_ins: tuple[StandIn, ...] = ()


_Step = tuple[int, int, Overflow | None]
"""When a step comes, its place among those that come at once, and the overflow if it is one."""


def demands(settings: RoutingSettings, calendar: Calendar, doc: RoutingDoc) -> Demands:
    """Return what a conversation asks for now."""
    needs = doc.needs
    if not doc.step:
        skills = tuple((need.skill, round(need.level, 6)) for need in needs.skills)
        return Demands(skills, any_language=False, human_only=needs.human_only)
    return _lowered(settings, doc, _steps(settings, calendar, doc)[: doc.step])


def step(settings: RoutingSettings, calendar: Calendar, doc: RoutingDoc, now: int) -> int:
    """Return how many steps have come by `now`; a step once taken stays taken."""
    come = 0
    for at, _, _ in _steps(settings, calendar, doc):
        if at > now:
            break
        come += 1
    return max(doc.step, come)


def next_step_at(settings: RoutingSettings, calendar: Calendar, doc: RoutingDoc) -> int:
    """Return when the next step comes; 0 if there is nothing left that one would change."""
    steps = _steps(settings, calendar, doc)
    return steps[doc.step][0] if doc.step < len(steps) else 0


def concerns(overflow: Overflow, doc: RoutingDoc) -> bool:
    """Return whether an overflow would change anything for a conversation."""
    asked = {need.skill for need in doc.needs.skills}
    covered = asked.intersection(overflow.skills) if overflow.skills else asked
    if (overflow.skills and not covered) or (
        overflow.channels and doc.channel not in overflow.channels
    ):
        return False
    frees = overflow.any_agent and doc.needs.human_only and not doc.asked.human_only
    return frees or bool(covered and (overflow.skills or overflow.instead))


def _steps(settings: RoutingSettings, calendar: Calendar, doc: RoutingDoc) -> list[_Step]:
    """Return the steps that concern a conversation, in the order in which they come."""
    relax = settings.relax if _relaxes(settings, doc) else ()
    if not relax and not settings.overflow:
        return []
    sla, worked = settings.sla_ms(doc.channel), calendar.worked(doc.arrived_at)
    found: list[_Step] = []
    for place, fraction in enumerate(relax):
        found.append((calendar.when(worked + math.ceil(fraction * sla)), place, None))
    if not settings.overflow:
        return found
    for place, each in enumerate(settings.overflow, len(relax)):
        if not concerns(each, doc):
            continue
        after = math.ceil(each.after * sla)
        if each.closed:
            at = doc.arrived_at + after
            at = calendar.changes_at(at) if calendar.is_open(at) else at
        else:
            at = calendar.when(worked + after)
        if at:
            found.append((at, place, each))
    found.sort(key=itemgetter(0, 1))
    return found


def _relaxes(settings: RoutingSettings, doc: RoutingDoc) -> bool:
    """Return whether lower levels, or any language, would change anything."""
    if doc.needs.language and settings.language_floor > 0:
        return True
    return any(need.level > 0 for need in doc.needs.skills)


def _lowered(settings: RoutingSettings, doc: RoutingDoc, taken: list[_Step]) -> Demands:
    needs, steps = doc.needs, len(settings.relax)
    relaxed = sum(1 for _, _, each in taken if each is None)
    part = 1.0 - relaxed / steps if steps else 1.0
    overflow = [each for _, _, each in taken if each is not None]
    frees = any(each.any_agent for each in overflow) and not doc.asked.human_only
    return Demands(
        skills=tuple((need.skill, round(need.level * part, 6)) for need in needs.skills),
        any_language=0 < steps <= relaxed and settings.language_floor > 0,
        human_only=needs.human_only and not frees,
        stand_ins=tuple(
            StandIn(each.skills, tuple(sorted(each.instead.items())))
            for each in overflow
            if each.skills or each.instead
        ),
    )
