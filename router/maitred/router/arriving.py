"""Arriving: what becomes of a conversation when its customer writes.

One that nobody has begins, or begins anew; one that waits keeps its age and is looked at again if
it asks for something else now; one that somebody has is told him.
"""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.agents import RoutingDoc, RoutingState
from maitred.contracts.entry import Work
from maitred.contracts.ids import AgentId
from maitred.contracts.inbound import ReplyTo
from maitred.router.events import WorkArrived
from maitred.router.house import WAITING
from maitred.router.placing import Placing
from maitred.router.roster import holders


def arrive(placing: Placing, event: WorkArrived) -> None:
    """Take in what a customer wrote."""
    work = event.work
    placing.accepted_at[work.conversation] = work.accepted_at
    doc = placing.house.get(work.conversation)
    if doc is None or doc.state == RoutingState.CLOSED:
        if work.is_quiet:
            return
        opened_doc = opened(placing, work, doc, event.reply_to, arrived_at=work.accepted_at)
        placing.place(opened_doc, may_hold=True)
    elif doc.state in WAITING:
        wait_on(placing, doc, work, event.reply_to)
    else:
        _turn(placing, doc, event)


def opened(
    placing: Placing,
    work: Work,
    closed: RoutingDoc | None,
    reply_to: ReplyTo | None,
    *,
    arrived_at: int,
    agent: AgentId | None = None,
) -> RoutingDoc:
    """Return a conversation that begins, or begins anew, with who served the customer last.

    `agent` is who had it before, if somebody knows.
    """
    seems = False
    if agent is None and closed is not None:
        agent, seems = closed.previous_agent, closed.seems
    elif agent is None:
        agent, seems = _last_agent(placing, work)
    return RoutingDoc(
        conversation=work.conversation,
        customer=work.customer,
        state=RoutingState.WAITING,
        epoch=closed.epoch + 1 if closed else 0,
        previous_agent=agent,
        seems=seems,
        channel=work.channel,
        last_channel=work.channel,
        account=work.account,
        tier=work.tier,
        needs=work.needs,
        mood=work.mood,
        arrived_at=min(arrived_at, placing.now),
        state_at=placing.now,
        replies=closed.replies if closed else (),
        may_read=work.may_read,
        act_until=work.act_until,
        reply_to=reply_to,
    )


def _last_agent(placing: Placing, work: Work) -> tuple[AgentId | None, bool]:
    """Return who served the customer last, or else whoever he seems to be, and which it is."""
    last = placing.house.last_agent(work.customer)
    if last is None and work.hint is not None:
        last = placing.house.last_agent(work.hint)
        return last, last is not None
    return last, False


def wait_on(placing: Placing, doc: RoutingDoc, work: Work, reply_to: ReplyTo | None) -> None:
    """A customer who waits wrote again: his age stays, and needs that changed are looked at."""
    renewed = updated(doc, work, reply_to)
    if not work.is_quiet:
        renewed = replace(renewed, channel=work.channel, account=work.account)
    if renewed.needs == doc.needs and renewed.channel == doc.channel:
        placing.house.put(renewed)
        return
    roster, previous = placing.house.roster, doc.previous_agent
    still_held = (
        doc.state == RoutingState.HELD
        and previous is not None
        and roster.knows(previous)
        and placing.suits(renewed, previous)
        and not roster.has_room(previous, renewed.channel)
    )
    if still_held:
        placing.house.put(renewed)
    else:
        placing.place(renewed, may_hold=False)


def _turn(placing: Placing, doc: RoutingDoc, event: WorkArrived) -> None:
    """A customer wrote to whom his conversation is with, or is offered to.

    The channel that counts against his room stays: he was asked for that one.
    """
    renewed = resumed(updated(doc, event.work, event.reply_to), placing.now)
    placing.house.put(renewed)
    for agent in holders(renewed):
        placing.tell_turn(renewed, agent, event.turn)


def resumed(doc: RoutingDoc, now: int) -> RoutingDoc:
    """Return a conversation that its holder has again, if he was about to finish it."""
    if doc.state != RoutingState.WRAPPING:
        return doc
    return replace(doc, state=RoutingState.ASSIGNED, state_at=now, due_at=0, closed_reason="")


def updated(doc: RoutingDoc, work: Work, reply_to: ReplyTo | None) -> RoutingDoc:
    """Return a conversation as it is now; where its answer goes stays if that is not said.

    What wants no answer moves none to its own channel.
    """
    return replace(
        doc,
        customer=work.customer,
        needs=work.needs,
        mood=work.mood,
        tier=work.tier,
        last_channel=doc.last_channel if work.is_quiet else work.channel,
        may_read=work.may_read,
        act_until=work.act_until,
        reply_to=reply_to or doc.reply_to,
    )
