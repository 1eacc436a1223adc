"""Candidates: who may have a conversation, best first, and who comes nearest without having it.

Highest score first, then the longest idle, then the first by id. Those who suit a class stand in
the order of the score that each would have with nothing to do, which no load raises. They are
looked at in blocks; once enough were found whom the first of the next block could not reach, nobody
behind him can (branch and bound over a sorted list). It is always the choice that a scan of
everybody makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np

from maitred.contracts.ids import AgentId
from maitred.contracts.message import MoodLabel
from maitred.router.agents.roster import Roster
from maitred.router.agents.seats import FULL, OFFLINE, ROOM, States
from maitred.router.agents.suits import Floats, Ints, Suit, Suits
from maitred.router.port import RoutingPolicy, Signature

BLOCK: Final = 512
"""Among so many of those who would score best, those with room are looked for first."""
STEP: Final = 64
"""So many of those with room are compared first."""
_GROWTH: Final = 4
_AT_ONCE: Final = 64


class Candidate(NamedTuple):
    """An agent with room who suits; the first three fields decide, in their order."""

    minus_score: float
    idle_since: int
    agent: AgentId
    fit: float
    load: float
    flex: float
    previous: bool


class Miss(NamedTuple):
    """An agent who takes work and not this; `fit` is 0 if he does not suit it."""

    agent: AgentId
    fit: float
    excluded: str


class Wanted(NamedTuple):
    """What is looked for: an agent for a conversation of a class."""

    signature: Signature
    channel: str
    mood: MoodLabel
    previous: AgentId | None


class Candidates:
    """Finds agents for conversations."""

    def __init__(self, roster: Roster, policy: RoutingPolicy) -> None:
        self._roster = roster
        self._seats = roster.seats
        self._policy = policy
        self._suits = Suits(roster, policy)

    def verdict(self, wanted: Wanted, agent: AgentId) -> str:
        """Return why an agent who is known may not have a conversation now; empty if he may."""
        roster = self._roster
        if not roster.is_online(agent):
            return roster.doc(agent).presence.value
        excluded = self._excluded(wanted.signature, agent)
        if excluded is not None:
            return excluded
        if roster.is_spared(agent, wanted.mood):
            return "spared"
        return "" if roster.has_room(agent, wanted.channel) else "full"

    def best(self, wanted: Wanted, count: int) -> list[Candidate]:
        """Return the best who suit and have room, at most so many."""
        suit = self._suits.of(_whole(wanted.signature))
        found = self._known(wanted)
        barred = {self._roster.row(each.agent) for each in found}
        if wanted.signature.declined:
            barred |= self._rows(wanted.signature.declined)

        def beaten(place: int) -> bool:
            return len(found) == count and bool(suit.scores[0, place] < -found[-1].minus_score)

        begin, end, step = 0, BLOCK, STEP
        while begin < len(suit.rows) and not beaten(begin):
            places = self._open(suit, wanted, barred, begin, end)
            while places.size and not beaten(int(places[0])):
                found = sorted(found + self._top(suit, places[:step], count))[:count]
                places, step = places[step:], _GROWTH * step
            begin, end = end, _GROWTH * end
        return found

    def misses(self, wanted: Wanted, count: int) -> list[Miss]:
        """Return who takes work and not this: who suits best first, then who does not, by id."""
        signature = wanted.signature
        whole = _whole(signature)
        suit = self._suits.of(whole)
        passed = self._rows(signature.declined)
        found = self._full(suit, wanted, passed, count)
        if len(found) == count:
            return found
        online = self._seats.online()
        rest = online & ~suit.bits
        for row in passed:
            rest |= online & (1 << row)
        while rest and len(found) < count:
            row = (rest & -rest).bit_length() - 1
            rest &= rest - 1
            seat = self._seats.agent(row)
            why = "" if row in passed else self._suits.why_not(suit, whole, seat.profile)
            excluded = why or self._excluded(signature, seat.agent.id) or ""
            found.append(Miss(seat.agent.id, 0.0, excluded))
        return found

    def _excluded(self, signature: Signature, agent: AgentId) -> str | None:
        """Return why an agent may not have what is of a class at all; `None` if he may."""
        fit = self._policy.fit(signature, self._roster.agent(agent))
        if fit.value > 0 and agent not in signature.declined:
            return None
        return fit.excluded or "declined"

    def _rows(self, agents: Iterable[AgentId]) -> set[int]:
        return {self._roster.row(each) for each in agents if self._roster.knows(each)}

    def _known(self, wanted: Wanted) -> list[Candidate]:
        """Return the previous agent, who has a score of his own, if he may have it now."""
        agent, roster = wanted.previous, self._roster
        if agent is None or not roster.knows(agent) or self.verdict(wanted, agent):
            return []
        fit = self._policy.fit(wanted.signature, roster.agent(agent)).value
        load, flex = roster.load(agent), roster.flex(agent)
        score = self._policy.offer_score(fit, load, flex, previous=True)
        idle_since = roster.doc(agent).idle_since
        return [Candidate(-score, idle_since, agent, fit, load, flex, previous=True)]

    def _open(self, suit: Suit, wanted: Wanted, barred: set[int], begin: int, end: int) -> Ints:
        """Return the places of those who may have it now, out of some."""
        rows = suit.rows[begin:end]
        open_ = self._seats.states(wanted.channel)[rows] == ROOM
        spared = self._seats.spared() if wanted.mood == MoodLabel.ANGRY else None
        if spared is not None:
            open_ &= ~spared[rows]
        for row in barred:
            open_ &= rows != row
        places: Ints = open_.nonzero()[0]
        return places + begin if begin else places

    def _top(self, suit: Suit, places: Ints, count: int) -> list[Candidate]:
        """Return the best of some who may have it, in any order."""
        places, scores = self._highest(suit, places, count)
        found = zip(suit.rows[places].tolist(), suit.fits[places].tolist(), scores, strict=True)
        told = []
        for row, fit, score in found:
            seat = self._seats.agent(row)
            who, idle_since = seat.agent.id, seat.doc.idle_since
            told.append(Candidate(-score, idle_since, who, fit, seat.load, seat.flex, False))
        return told

    def _highest(self, suit: Suit, places: Ints, count: int) -> tuple[Ints, list[float]]:
        """Return the places with the highest scores, and those."""
        rows = suit.rows[places]
        scores = self._suits.scores(suit, places, self._seats.loads()[rows])
        if len(scores) > count:
            edge = len(scores) - count
            by_score = scores.argpartition((edge - 1, edge))
            chosen: Ints = by_score[edge:]
            if scores[by_score[edge - 1]] == scores[by_score[edge]]:
                chosen = _first(scores, self._seats.order()[rows], count, scores[by_score[edge]])
            places, scores = places[chosen], scores[chosen]
        return places, scores.tolist()

    def _full(self, suit: Suit, wanted: Wanted, passed: set[int], count: int) -> list[Miss]:
        """Return, of those who suit, the first by fit who take work and not this."""
        states = self._seats.states(wanted.channel)
        spared = self._seats.spared() if wanted.mood == MoodLabel.ANGRY else None
        found: list[Miss] = []
        for place, row, state in _misses(suit.ranked, states, spares=spared is not None):
            is_spared = spared is not None and spared[row]
            misses = state == FULL or (is_spared and state == ROOM)
            if row in passed or not misses:
                continue
            who, fit = self._seats.agent(row).agent.id, float(suit.ranked_fits[place])
            found.append(Miss(who, fit, "spared" if is_spared else "full"))
            if len(found) == count:
                break
        return found


def _misses(ranked: Ints, states: States, *, spares: bool) -> Iterator[tuple[int, int, int]]:
    """Yield place, row and state of some in their order, among them all who may be a miss.

    The best are told as they are, for mostly there are misses among them; of the others, those who
    are full, and if somebody is spared those who are on line.
    """
    best = ranked[:_AT_ONCE]
    yield from zip(range(len(best)), best.tolist(), states[best].tolist(), strict=True)
    rest = states[ranked[_AT_ONCE:]]
    places = np.flatnonzero(rest != OFFLINE if spares else rest == FULL)
    rows = ranked[_AT_ONCE + places]
    yield from zip((places + _AT_ONCE).tolist(), rows.tolist(), rest[places].tolist(), strict=True)


def _first(scores: Floats, order: Ints, count: int, least: float) -> Ints:
    """Return where the highest scores are; of those with the `least` the first by `order`."""
    above, equal = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
    missing = count - len(above)
    first = equal[order[equal].argpartition(missing - 1)[:missing]]
    return np.append(above, first)


def _whole(signature: Signature) -> Signature:
    """Return the class of a signature, which passes over nobody."""
    return signature._replace(declined=()) if signature.declined else signature


def tie_break(candidates: Iterable[Candidate]) -> str:
    """Return what put the first of candidates before those of its score, if there are any."""
    first, *others = candidates
    idle = [each.idle_since for each in others if each.minus_score == first.minus_score]
    if not idle:
        return ""
    return "agent" if first.idle_since in idle else "idle_since"
