"""Arriving: what becomes of a conversation when its customer writes.

One that nobody has begins, or begins anew; one that waits keeps its age and is looked at again if
it asks for something else now; one that somebody has is told him. What he wrote since anybody
answered him is counted, and how long he has waited presses on his mood.
"""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.conversation import MoodTrack, Needs
from maitred.contracts.entry import Work
from maitred.contracts.ids import AgentId
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents.roster import holders
from maitred.router.deciding.placing import Placing
from maitred.router.events import WorkArrived
from maitred.router.handling.asking import merged
from maitred.router.handling.handing import taken_from_machines
from maitred.router.house import WAITING
from maitred.router.mood.pressure import pressed, relieved


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
        return
    if not work.is_quiet:
        doc = _unanswered(doc, min(work.accepted_at, placing.now))
    if doc.state in WAITING:
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
    since = min(arrived_at, placing.now)
    begun = RoutingDoc(
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
        needs=merged(work.needs, closed.asked) if closed else work.needs,
        asked=closed.asked if closed else Needs(),
        handoff=closed.handoff if closed else None,
        mood=work.mood,
        unanswered=1,
        waits_since=since,
        arrived_at=since,
        state_at=placing.now,
        replies=closed.replies if closed else (),
        uttered=closed.uttered if closed else (),
        may_read=work.may_read,
        act_until=work.act_until,
        reply_to=reply_to,
    )
    return replace(begun, mood=_under_wait(placing, begun, may_anger=True))


def _last_agent(placing: Placing, work: Work) -> tuple[AgentId | None, bool]:
    """Return who served the customer last, or else whoever he seems to be, and which it is."""
    last = placing.house.last_agent(work.customer)
    if last is None and work.hint is not None:
        last = placing.house.last_agent(work.hint)
        return last, last is not None
    return last, False


def wait_on(placing: Placing, doc: RoutingDoc, work: Work, reply_to: ReplyTo | None) -> None:
    """A customer who waits wrote again: his age stays, and needs that changed are looked at.

    So is a mood that somebody is spared: he may have him once he is angry no more.
    """
    renewed = updated(placing, doc, work, reply_to)
    if not work.is_quiet:
        renewed = replace(renewed, channel=work.channel, account=work.account)
    # Not by `doc`, which may have inherited something of a conversation that was joined into it.
    before = placing.house.get(doc.conversation) or doc
    if _asks_the_same(before, renewed) and not _calmed(placing, before, renewed):
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


def _asks_the_same(before: RoutingDoc, renewed: RoutingDoc) -> bool:
    """Return whether those who may have it are the same as before, at the same times."""
    return (before.needs, before.channel, before.previous_agent) == (
        renewed.needs,
        renewed.channel,
        renewed.previous_agent,
    )


def _calmed(placing: Placing, before: RoutingDoc, renewed: RoutingDoc) -> bool:
    """Return whether somebody who was spared a customer may have him now."""
    if before.mood.label is not MoodLabel.ANGRY or renewed.mood.label is MoodLabel.ANGRY:
        return False
    roster = placing.house.roster
    spared = roster.seats.spared()
    rows = () if spared is None else spared.nonzero()[0].tolist()
    return any(roster.is_online(roster.seats.agent(row).agent.id) for row in rows)


def _turn(placing: Placing, doc: RoutingDoc, event: WorkArrived) -> None:
    """A customer wrote to whom his conversation is with, or is offered to.

    The channel that counts against his room stays: he was asked for that one. What wants no answer
    opens nothing that its agent was about to finish.
    """
    renewed = updated(placing, doc, event.work, event.reply_to)
    if not event.work.is_quiet:
        renewed = resumed(renewed, placing.now)
    placing.house.put(renewed)
    renewed = taken_from_machines(placing, renewed)
    for agent in holders(renewed):
        placing.tell_turn(renewed, agent, event.turn)
    if renewed.state == RoutingState.WAITING:
        placing.place(renewed, may_hold=False)


def resumed(doc: RoutingDoc, now: int) -> RoutingDoc:
    """Return a conversation that its holder has again, if he was about to finish it."""
    if doc.state != RoutingState.WRAPPING:
        return doc
    return replace(doc, state=RoutingState.ASSIGNED, state_at=now, due_at=0, closed_reason="")


def updated(placing: Placing, doc: RoutingDoc, work: Work, reply_to: ReplyTo | None) -> RoutingDoc:
    """Return a conversation as it is now; where its answer goes stays if that is not said.

    What wants no answer moves none to its own channel.
    """
    renewed = replace(
        doc,
        customer=work.customer,
        needs=merged(work.needs, doc.asked),
        mood=work.mood,
        tier=work.tier,
        last_channel=doc.last_channel if work.is_quiet else work.channel,
        may_read=work.may_read,
        act_until=work.act_until,
        reply_to=reply_to or doc.reply_to,
    )
    wrote = work.mood.at != doc.mood.at
    may_anger = wrote or doc.mood.label is MoodLabel.ANGRY
    return replace(renewed, mood=_under_wait(placing, renewed, may_anger=may_anger))


def waited(placing: Placing, doc: RoutingDoc) -> RoutingDoc:
    """Return a conversation whose customer went on waiting, and wrote nothing."""
    may_anger = doc.mood.label is MoodLabel.ANGRY
    return replace(doc, mood=_under_wait(placing, doc, may_anger=may_anger))


def answered(doc: RoutingDoc) -> RoutingDoc:
    """Return a conversation in which somebody answered the customer: he waits no longer."""
    return replace(doc, unanswered=0, waits_since=0, mood=relieved(doc.mood))


def _unanswered(doc: RoutingDoc, at: int) -> RoutingDoc:
    return replace(doc, unanswered=doc.unanswered + 1, waits_since=doc.waits_since or at, hops=0)


def _under_wait(placing: Placing, doc: RoutingDoc, *, may_anger: bool) -> MoodTrack:
    """Return the customer's mood after the time that he has waited, by the clock of the house."""
    if not doc.waits_since:
        return relieved(doc.mood)
    policy = placing.policy
    since = policy.clock(placing.now) - policy.clock(doc.waits_since)
    target = policy.target(doc.last_channel or doc.channel)
    return pressed(doc.mood, since, target, doc.unanswered, may_anger=may_anger)
