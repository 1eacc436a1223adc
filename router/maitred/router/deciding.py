"""Deciding: the record of one decision, made while everything stands as it was decided on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maitred.contracts.agents import Decision, Reason, RoutingDoc, Snapshot

if TYPE_CHECKING:
    from maitred.router.placing import Placing


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
    return Decision(
        conversation=doc.conversation,
        at=placing.now,
        epoch=doc.epoch,
        outcome=doc.state,
        agent=doc.agent,
        rule=rule,
        policy=f"{policy.name}:{policy.hash()}",
        needs=doc.needs,
        step=doc.step,
        candidates=considered,
        tie_break=tie_break,
        reason=reason,
        snapshot=Snapshot(
            channel=doc.channel,
            tier=doc.tier,
            mood=doc.mood.label,
            mood_level=doc.mood.level,
            arrived_at=doc.arrived_at,
            ranked_from=policy.virtual_arrival(doc),
            previous_agent=doc.previous_agent,
            declined=doc.declined,
            waiting=len(house.queue) - (doc.conversation in house.queue),
            online=len(house.roster.online()),
        ),
    )
