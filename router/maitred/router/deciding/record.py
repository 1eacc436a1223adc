"""Deciding: the record of one decision, made while everything stands as it was decided on.

It holds what the decision was made from and what spoke for and against each candidate, so that it
can be argued with when the house has long moved on. It is stored beside every conversation: its
lists are bounded, and nobody's words or names stand in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from maitred.contracts.conversation import MoodCause, Needs, SkillNeed
from maitred.contracts.routing import Decision, Reason, RoutingDoc, Snapshot
from maitred.router.port import RoutingPolicy

if TYPE_CHECKING:
    from maitred.router.deciding.placing import Placing

DECLINED_SHOWN: Final = 8
BECAUSE_SHOWN: Final = 16
"""So many of the rules that matched are named; the first by name."""
_DIGITS: Final = 9


def decided(
    placing: Placing,
    doc: RoutingDoc,
    rule: str,
    considered: tuple[Reason, ...] = (),
    *,
    tie_break: str = "",
    reason: str = "",
) -> Decision:
    """Return the reasons for where a conversation stands now."""
    policy, house = placing.policy, placing.house
    needs = doc.needs
    if len(needs.because) > BECAUSE_SHOWN:
        needs = replace(needs, because=needs.because[:BECAUSE_SHOWN])
    return Decision(
        conversation=doc.conversation,
        at=placing.now,
        epoch=doc.epoch,
        outcome=doc.state,
        agent=doc.agent,
        rule=rule,
        policy=f"{policy.name}:{policy.hash()}",
        needs=needs,
        step=doc.step,
        lowered=_lowered(policy, doc) if doc.step else None,
        candidates=considered,
        tie_break=tie_break,
        reason=reason,
        due_at=doc.due_at,
        snapshot=Snapshot(
            channel=doc.channel,
            tier=doc.tier,
            mood=doc.mood.label,
            mood_level=doc.mood.level,
            mood_because=_moved(doc.mood.because) if doc.mood.because else {},
            arrived_at=doc.arrived_at,
            ranked_from=policy.virtual_arrival(doc),
            previous_agent=doc.previous_agent,
            declined=doc.declined[-DECLINED_SHOWN:],
            waiting=len(house.queue) - (doc.conversation in house.queue),
            online=len(house.roster.online()),
        ),
    )


def _lowered(policy: RoutingPolicy, doc: RoutingDoc) -> Needs:
    """Return what is asked for after the steps taken: what an agent is measured by now."""
    asked = policy.signature(doc)
    return Needs(
        skills=tuple(SkillNeed(skill=skill, level=level) for skill, level in asked.skills),
        language="" if asked.any_language else asked.language,
        human_only=asked.human_only,
    )


def _moved(causes: Sequence[MoodCause]) -> dict[str, float]:
    moved: dict[str, float] = {}
    for cause in causes:
        what, shift = cause.what, cause.shift
        moved[what] = round(moved[what] + shift, _DIGITS) if what in moved else shift
    return moved


def offer_terms(
    policy: RoutingPolicy,
    score: float,
    *,
    fit: float,
    load: float,
    flex: float,
    previous: str = "",
) -> dict[str, float]:
    """Return what each thing adds to the score of an agent with room, whatever the policy.

    `previous` is the name of the term that he owes to having served the customer, `previous` or
    `seems`, if he has. Each term is by how much the score changes when it comes in, in the order
    in which they stand; so they add up to `score`, which is the policy's of all of them.
    """
    known = bool(previous)
    total = policy.offer_score(fit, 0.0, 0.0, previous=False)
    terms = {"fit": total}
    if known:
        with_bonus = policy.offer_score(fit, 0.0, 0.0, previous=True)
        terms[previous] = round(with_bonus - total, _DIGITS)
        total = with_bonus
    if load:
        loaded = policy.offer_score(fit, load, 0.0, previous=known) if flex else score
        terms["load"] = round(loaded - total, _DIGITS)
        total = loaded
    if flex:
        terms["flex"] = round(score - total, _DIGITS)
    return terms


def rank_terms(
    policy: RoutingPolicy, fit: float, slope: float, waited_seconds: float, *, previous: str = ""
) -> dict[str, float]:
    """Return what each thing makes of the rank of a conversation that a free slot takes.

    They multiply up to the rank: what fit leaves of the growth that the slope alone would give,
    by how much having served the customer raises it, that growth by the second, and the seconds
    for which it has grown.
    """
    growth = policy.weight(1.0, slope, previous=False)
    fitting = policy.weight(fit, slope, previous=False)
    terms = {"fit": round(fitting / growth, _DIGITS)}
    if previous:
        bonus = policy.weight(fit, slope, previous=True) / fitting
        terms[previous] = round(bonus, _DIGITS)
    return terms | {"growth": growth * 1_000, "waited_seconds": waited_seconds}
