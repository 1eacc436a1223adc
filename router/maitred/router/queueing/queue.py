"""The queue: who waits, in classes of which only the firsts compete when an agent has room.

A conversation stands in its class (`classes`) and among what is its previous agent's own (`own`);
one that is held stands in the latter only. All agents of one profile share what they suit
(`heads`). An agent with room looks at the firsts of the classes that he suits, so what that costs
hangs on how many kinds of work there are and not on how many conversations wait; to put and to
remove one costs the logarithm of its class.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from maitred.contracts.ids import AgentId, ConversationId
from maitred.router.agents.roster import Roster
from maitred.router.port import RoutingPolicy, Signature
from maitred.router.queueing.classes import Class, Classes
from maitred.router.queueing.heads import Best, Shut, View, weight_of
from maitred.router.queueing.lines import Entry, Line, Place
from maitred.router.queueing.own import Own


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


class _Found(NamedTuple):
    """One of those that rank highest for an agent; `line` if it is his own."""

    entry: Entry
    group: Class
    line: Line | None


class Queue:
    """Who waits, in the order in which agents with a free slot take them."""

    def __init__(self, policy: RoutingPolicy, roster: Roster) -> None:
        self._policy = policy
        self._roster = roster
        self._places: dict[ConversationId, Place] = {}
        self._classes = Classes(self._places)
        self._views: dict[int, View] = {}
        self._own: dict[AgentId, Own] = {}
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
        self._places[conversation] = Place(entry, group, passed, previous, held)
        if held:
            self._classes.keep(group)
        else:
            if passed and passed not in group.lines:
                self._pass_over(group, passed, 1)
            self._classes.add(group, entry, passed)
        if previous is not None:
            own = self._own.get(previous)
            if own is None:
                own = self._own[previous] = Own(self._places)
            own.add(entry, group)
            if held:
                self._held_for.setdefault(previous, set()).add(conversation)

    def remove(self, conversation: ConversationId) -> None:
        """Let a conversation wait no more, if it did."""
        place = self._places.pop(conversation, None)
        if place is None:
            return
        entry, group, passed, previous, held = place
        if previous is not None:
            self._own[previous].leave(group)
            if held:
                self._held_for[previous].discard(conversation)
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
        if self._roster.takes_none(agent):
            return None
        shut = self._shut(agent)
        clock = self._policy.clock(now)
        view, own = self._view(agent), self._own.get(agent)
        instead = self._instead(agent)
        columns = self._classes.columns.seen_with(instead)
        common = view.best(columns, clock, shut, overdue=overdue)
        mine = _NOTHING
        if own is not None:
            mine = own.best(
                clock, shut, lambda group: self._own_weight(view, group), overdue=overdue
            )
        best = max(common.rank, mine.rank)
        if best == -math.inf:
            return None
        found: list[_Found] = []
        if common.rank == best:
            for slot in common.slots:
                group = self._classes.all[slot]
                entry = instead.get(slot) or group.first
                if entry is not None:
                    found.append(_Found(entry, group, None))
        if own is not None and mine.rank == best:
            found.extend(_Found(*each) for each in own.at(mine.slots))
        first = found[0] if len(found) == 1 else min(found, key=_entry)
        (since, conversation), group, _ = first
        previous = self._places[conversation].previous == agent
        if overdue:
            if clock - since <= self._policy.target(group.signature.channel):
                return None
            weight = self._own_weight(view, group) if previous else view.weight(group.slot)
            best = weight * (clock - since)
        fit, tie = view.fit(group.slot), _tie_break(first.entry, found, agent)
        return Head(best, since, conversation, fit, group.slope, previous, tie)

    def _own_weight(self, view: View, group: Class) -> float:
        fit = view.fit(group.slot)
        return weight_of(self._policy, fit, group.slope, previous=True) if fit > 0 else 0.0

    def _view(self, agent: AgentId) -> View:
        profile = self._roster.profile(agent)
        view = self._views.get(profile)
        if view is None:
            view = self._views[profile] = View(self._roster.samples[profile])
        view.look(self._classes, self._policy)
        return view

    def _shut(self, agent: AgentId) -> Shut:
        """Return what an agent takes none of for now, by kind; `None` if he takes everything."""
        roster, kinds = self._roster, self._classes.kinds
        if roster.takes_all(agent):
            return None
        full = {each: not roster.has_room(agent, each) for each in self._classes.channels}
        return [full[channel] or roster.is_spared(agent, mood) for channel, mood in kinds]

    # -- who is passed over
    def _instead(self, agent: AgentId) -> dict[int, Entry | None]:
        """Return, by slot, who is first for an agent whom the first passes over."""
        return {
            group.slot: group.first_for(agent)
            for group in self._passed.get(agent, ())
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


def _entry(found: _Found) -> Entry:
    return found.entry


def _tie_break(entry: Entry, found: list[_Found], agent: AgentId) -> str:
    """Return what put an entry before others of its rank, if there are any."""
    others: list[Entry] = []
    if len(found) > 1:
        others = [each.entry for each in found if each.entry is not entry]
        if any(other[0] == entry[0] for other in others):
            return "conversation"
    for each, group, line in found:
        if each is entry:
            twin = group.has_twin(entry, agent) if line is None else line.has_twin()
            if twin:
                return "conversation"
    return "arrival" if others else ""


_NOTHING: Final = Best(-math.inf, [])
