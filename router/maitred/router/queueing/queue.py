"""The queue: who waits, in classes of which only the firsts compete when an agent has room.

A conversation stands in its class (`classes`) and among what is its previous agent's own (`own`);
one that is held stands in the latter only. All agents of one profile share what they suit
(`heads`). An agent with room looks at the firsts of the classes that he suits, so what that costs
hangs on how many kinds of work there are and not on how many conversations wait; to put and to
remove one costs the logarithm of its class.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import itemgetter
from typing import Final, NamedTuple

from maitred.contracts.ids import AgentId, ConversationId
from maitred.router.agents.roster import Roster
from maitred.router.agents.seats import Seat
from maitred.router.port import RoutingPolicy, Signature
from maitred.router.queueing.classes import Class, Classes
from maitred.router.queueing.heads import Shut, View, weight_of
from maitred.router.queueing.lines import Entry, Place
from maitred.router.queueing.own import Found, Own


class Head(NamedTuple):
    """What an agent with room should take; the first three fields decide, in their order."""

    score: float
    virtual_arrival: int
    conversation: ConversationId
    fit: float
    slope: float
    previous: bool
    tie_break: str
    """What decided between equals, as in `Decision.tie_break`."""


_Instead = Mapping[int, Entry | None]
"""By slot, who is first for an agent whom the first passes over."""


class _Desk:
    """Where an agent looks for work: his seat, the classes that he suits, what is his own."""

    __slots__ = ("own", "seat", "view")

    def __init__(self, seat: Seat, view: View) -> None:
        self.seat = seat
        self.view = view
        self.own: Own | None = None


class Queue:
    """Who waits, in the order in which agents with a free slot take them."""

    def __init__(self, policy: RoutingPolicy, roster: Roster) -> None:
        self._policy = policy
        self._roster = roster
        self._places: dict[ConversationId, Place] = {}
        self._classes = Classes(self._places)
        self._views: dict[int, View] = {}
        self._desks: dict[AgentId, _Desk] = {}
        self._held_for: dict[AgentId, set[ConversationId]] = {}
        self._passed: dict[AgentId, dict[Class, int]] = {}
        """By agent, in which classes how many lines pass him over."""

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, conversation: ConversationId) -> bool:
        return conversation in self._places

    def put(
        self,
        conversation: ConversationId,
        signature: Signature,
        virtual_arrival: int,
        previous: AgentId | None,
        *,
        held: bool,
    ) -> None:
        """Let a conversation wait in a class; it must not wait anywhere yet."""
        passed = signature.declined
        group = self._class(signature._replace(declined=()) if passed else signature)
        entry = (virtual_arrival, conversation)
        if previous in passed or not self._roster.knows(previous):
            previous = None
        own = own_line = None
        if previous is not None:
            desk = self._desks.get(previous) or self._open_desk(previous)
            own = desk.own
            if own is None:
                own = desk.own = Own(previous)
            own_line = own.add(entry, group)
            if held:
                self._held_for.setdefault(previous, set()).add(conversation)
        self._places[conversation] = Place(entry, group, passed, held, own, own_line)
        if held:
            self._classes.keep(group)
        else:
            if passed and passed not in group.lines:
                self._pass_over(group, passed, 1)
            self._classes.add(group, entry, passed)

    def remove(self, conversation: ConversationId) -> None:
        """Let a conversation wait no more, if it did."""
        place = self._places.pop(conversation, None)
        if place is None:
            return
        entry, group, passed, held, own, own_line = place
        if own is not None and own_line is not None:
            own.leave(entry, own_line)
            if held:
                self._held_for[own.agent].discard(conversation)
        if held:
            self._classes.let_go(group)
            return
        self._classes.leave(group, entry, passed)
        if passed and passed not in group.lines:
            self._pass_over(group, passed, -1)

    def held_for(self, agent: AgentId) -> list[ConversationId]:
        """Return what is kept for an agent, in the order of ids."""
        return sorted(self._held_for.get(agent, ()))

    def best_for(self, agent: AgentId, now: int, *, overdue: bool = False) -> Head | None:
        """Return what an agent with room should take; ties go to the earlier, then id.

        With `overdue`, what is the latest by its own target, if anything is late at all.
        """
        desk = self._desks.get(agent) or self._open_desk(agent)
        takes_all = self._roster.takes_all(desk.seat)
        if not takes_all and self._roster.takes_none(desk.seat):
            return None
        shut = None if takes_all else self._shut(desk.seat)
        clock = self._policy.clock(now)
        best, found = self._highest(desk, clock, shut, overdue=overdue)
        if best == -math.inf:
            return None
        first = found[0] if len(found) == 1 else min(found, key=itemgetter(0))
        entry, group, fit, _ = first
        own = self._places[entry[1]].own
        previous = own is not None and own is desk.own
        if overdue:
            if clock - entry[0] <= self._policy.target(group.signature.channel):
                return None
            weight = weight_of(self._policy, fit, group.slope, previous=previous)
            best = weight * (clock - entry[0])
        return Head(best, *entry, fit, group.slope, previous, _tie_break(entry, found, agent))

    def _highest(
        self, desk: _Desk, clock: int, shut: Shut, *, overdue: bool
    ) -> tuple[float, list[Found]]:
        """Return the highest rank, and all that has it; by targets if `overdue`."""
        view, own, classes = desk.view, desk.own, self._classes
        view.look(classes, self._policy)
        instead = self._instead(desk.seat.agent.id)
        columns = classes.columns.seen_with(instead) if instead else classes.columns
        best, places = (view.latest if overdue else view.best)(columns, clock, shut)
        found: list[Found] = []
        if own is not None:
            own.look(view, self._policy)
            rank, own_places = (own.latest if overdue else own.best)(clock, shut)
            if rank > best:
                best, places = rank, []
            if rank == best:
                found = own.at(own_places)
        for place in places:
            group = classes.all[view.slots[place]]
            entry = instead.get(group.slot) or group.first
            if entry is not None:
                found.append((entry, group, view.fits[place], None))
        return best, found

    def _open_desk(self, agent: AgentId) -> _Desk:
        seat = self._roster.seat(agent)
        view = self._views.get(seat.profile)
        if view is None:
            view = self._views[seat.profile] = View(self._roster.samples[seat.profile])
        desk = self._desks[agent] = _Desk(seat, view)
        return desk

    def _shut(self, seat: Seat) -> Shut:
        """Return what an agent takes none of for now, by kind."""
        roster, kinds, agent = self._roster, self._classes.kinds, seat.agent.id
        full = {each: not roster.has_room(agent, each) for each in self._classes.channels}
        return [full[channel] or roster.is_spared(agent, mood) for channel, mood in kinds]

    # -- who is passed over
    def _instead(self, agent: AgentId) -> _Instead:
        """Return, by slot, who is first for an agent whom the first passes over."""
        passed = self._passed.get(agent)
        if passed is None:
            return _NOBODY
        return {
            group.slot: group.first_for(agent)
            for group in passed
            if group.first and agent in self._places[group.first[1]].passed
        }

    def _pass_over(self, group: Class, passed: tuple[AgentId, ...], lines: int) -> None:
        for agent in passed:
            classes = self._passed.setdefault(agent, {})
            classes[group] = classes.get(group, 0) + lines
            if not classes[group]:
                del classes[group]
            if not classes:
                del self._passed[agent]

    def _class(self, signature: Signature) -> Class:
        group = self._classes.get(signature)
        if group is None:
            slope = self._policy.slope(signature)
            target = self._policy.target(signature.channel)
            group = self._classes.open(signature, slope, target)
        return group


def _tie_break(entry: Entry, found: list[Found], agent: AgentId) -> str:
    """Return what put an entry before others of its rank, if there are any."""
    others = [each[0] for each in found if each[0] != entry] if len(found) > 1 else []
    if any(other[0] == entry[0] for other in others):
        return "conversation"
    for each, group, _, line in found:
        if each == entry:
            twin = group.has_twin(entry, agent) if line is None else line.has_twin()
            if twin:
                return "conversation"
    return "arrival" if others else ""


_NOBODY: Final[_Instead] = {}
