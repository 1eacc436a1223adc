"""Starting: what is put right after a start, when settings may be others than before.

Who had something and is in the settings no more, who has something and no deadline, and what waits
past a step that would come sooner now. Each event does so much of it that its batch can hold it.
"""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.ids import ConversationId
from maitred.contracts.limits import EVENT_SAID_MAX
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents.roster import holders
from maitred.router.deciding.placing import Placing
from maitred.router.handling.handing import AGENT_REMOVED, take_from
from maitred.router.handling.presence import ACCEPTED, handed_max, look_after, unwatched
from maitred.router.handling.serving import close
from maitred.router.house import House


def put_right(placing: Placing, waiting: list[ConversationId]) -> bool:
    """After a start: free what agents hold who are gone, and let everybody fill his slots.

    As much of it as an event may hold; return whether that was all. `waiting` is what is still to
    be looked at for its next step.
    """
    house, most = placing.house, handed_max(placing.settings)
    taken = house.taken()
    gone = [doc for doc in taken if not all(map(house.roster.knows, holders(doc)))]
    accepted = {each for doc in taken if doc.state in ACCEPTED for each in holders(doc)}
    alone = unwatched(placing, filter(house.roster.knows, accepted))
    placing.place_all([left for doc in gone[:most] if (left := _without_strangers(placing, doc))])
    for agent in alone[:most]:
        look_after(placing, agent)
    _look_again(placing, waiting)
    placing.fill(house.roster.online())
    return max(len(gone), len(alone)) <= most and not waiting


def _without_strangers(placing: Placing, doc: RoutingDoc) -> RoutingDoc | None:
    """Take a conversation from whom the settings do not name; return it if it must be placed."""
    if doc.state == RoutingState.WRAPPING:
        close(placing, doc, doc.closed_reason)
        return None
    for agent in holders(doc):
        if not placing.house.roster.knows(agent):
            doc = take_from(placing, doc, agent, AGENT_REMOVED)
    return doc if doc.state == RoutingState.WAITING else None


def waiting_in(house: House) -> list[ConversationId]:
    """Return what waits, the last by id first."""
    waiting = [doc.conversation for doc in house.docs() if doc.state == RoutingState.WAITING]
    return waiting[::-1]


def _look_again(placing: Placing, waiting: list[ConversationId]) -> None:
    """Let nothing wait past its next step, which may come earlier by other settings than before."""
    house, found = placing.house, 0
    while waiting and found < EVENT_SAID_MAX:
        doc = house.get(waiting.pop())
        step_at = placing.policy.next_step_at(doc) if doc is not None else 0
        if doc is None or doc.state != RoutingState.WAITING or not step_at:
            continue
        if not 0 < doc.due_at <= step_at:
            # Later than now: a deadline that came already must not be asked for again.
            house.put(replace(doc, due_at=max(step_at, placing.now + 1)))
            found += 1
