"""The ladder: how demands on who takes a conversation are lowered, step by step, while it waits.

The steps come at fractions of the channel's SLA, by the clock of the house. Each lowers the
demanded levels by an equal part; after the last one an agent has only to have the skills, and the
language is no bar.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from maitred.contracts.agents import RoutingDoc
from maitred.router.hours import Calendar
from maitred.router.settings import RoutingSettings


class Demands(NamedTuple):
    """What is asked for after the steps taken so far; skills with the least proficiency."""

    skills: tuple[tuple[str, float], ...]
    any_language: bool
    human_only: bool


def demands(settings: RoutingSettings, doc: RoutingDoc) -> Demands:
    """Return what a conversation asks for now."""
    steps = len(settings.relax)
    part = 1.0 if not steps else 1.0 - min(doc.step, steps) / steps
    return Demands(
        skills=tuple((need.skill, round(need.level * part, 6)) for need in doc.needs.skills),
        any_language=0 < steps <= doc.step,
        human_only=doc.needs.human_only,
    )


def step(settings: RoutingSettings, calendar: Calendar, doc: RoutingDoc, now: int) -> int:
    """Return how many steps have come by `now`; a step once taken stays taken."""
    waited = calendar.worked(now) - calendar.worked(doc.arrived_at)
    sla = settings.sla_ms(doc.channel)
    come = sum(1 for fraction in settings.relax if waited >= math.ceil(fraction * sla))
    return max(doc.step, come)


def next_step_at(settings: RoutingSettings, calendar: Calendar, doc: RoutingDoc) -> int:
    """Return when the next step comes; 0 if there is nothing left that it would relax."""
    demanding = doc.needs.language or any(need.level > 0 for need in doc.needs.skills)
    if not demanding or doc.step >= len(settings.relax):
        return 0
    sla = settings.sla_ms(doc.channel)
    waited = math.ceil(settings.relax[doc.step] * sla)
    return calendar.when(calendar.worked(doc.arrived_at) + waited)
