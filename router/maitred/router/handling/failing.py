"""Failing: a reply did not reach the customer, and somebody must know."""

from __future__ import annotations

from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.outbound import Undelivered
from maitred.contracts.routing import RoutingState
from maitred.router.agents.roster import holders
from maitred.router.deciding.placing import Placing
from maitred.router.events import Tell


def tell_undelivered(placing: Placing, failed: Undelivered) -> None:
    """Tell whoever holds the conversation; if nobody does, whoever said it."""
    doc = placing.house.get(failed.conversation)
    if doc is None:
        return
    is_held = doc.state in {RoutingState.ASSIGNED, RoutingState.WRAPPING}
    held_by = holders(doc) if is_held else ()
    told = held_by or tuple(each for each in (failed.agent,) if placing.house.roster.knows(each))
    said = next((each for each in doc.uttered if each.reply == failed.outbound), None)
    for agent in told:
        assignment = Assignment(
            tenant=placing.tenant,
            state=AssignmentState.UNDELIVERED,
            conversation=doc.conversation,
            agent=agent,
            epoch=doc.epoch,
            at=placing.now,
            channel=failed.channel,
            may_read=doc.may_read if held_by else False,
            act_until=doc.act_until if held_by else 0,
            reason=failed.reason,
            command=said.command if said is not None and said.agent == agent else "",
            reply=failed.outbound,
        )
        placing.say(Tell(assignment))
