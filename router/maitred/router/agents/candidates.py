"""Candidates: who may have a conversation, best first, and who comes nearest without having it.

Highest score first, then the longest idle, then the first by id. Those who suit a class stand in
the order of the score that each would have with nothing to do, which no load raises. They are
looked at in blocks; once enough were found whom the first of the next block could not reach, nobody
behind him can (branch and bound over a sorted list). It is always the choice that a scan of
everybody makes.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from maitred.contracts.ids import AgentId
from maitred.contracts.message import MoodLabel
from maitred.router.agents.roster import Roster
from maitred.router.agents.seats import FULL, ROOM, States
from maitred.router.agents.suits import Floats, Ints, Suit, Suits
from maitred.router.port import RoutingPolicy, Signature

BLOCK: Final = 512
"""Among so many of those who would score best, those with room are looked for first."""
LOOP_MAX: Final = 16
"""Up to so many with room are compared by a loop, which is quicker for a few, before NumPy is."""
STEP: Final = 64
"""So many of those with room are compared first by NumPy."""
_GROWTH: Final = 4
_AT_ONCE: Final = 64
"""Among so many of those who suit best, misses are looked for first."""


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
        found = self._known(wanted) if wanted.previous is not None else []
        barred = {self._roster.row(each.agent) for each in found}
        if wanted.signature.declined:
            barred |= self._rows(wanted.signature.declined)
        begin = self._walk(suit, wanted, barred, found, count)
        size = BLOCK
        while begin < len(suit.empty) and not _beaten(suit, begin, found, count):
            places = self._open(suit, wanted, barred, begin, begin + size)
            step = STEP
            while places.size and not _beaten(suit, int(places[0]), found, count):
                found = sorted(found + self._top(suit, places[:step], count))[:count]
                places, step = places[step:], _GROWTH * step
            begin, size = begin + size, _GROWTH * size
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

    def _told(self, wanted: Wanted, rows: Ints) -> States:
        """Return, for some, who has room; who is spared this mood counts as full."""
        told = self._seats.states(wanted.channel)[rows]
        spared = self._seats.spared() if wanted.mood is MoodLabel.ANGRY else None
        if spared is not None:
            told[spared[rows] & (told == ROOM)] = FULL
        return told

    def _walk(
        self, suit: Suit, wanted: Wanted, barred: set[int], found: list[Candidate], count: int
    ) -> int:
        """Let the best of the first few who may have it be found; return where the next stand."""
        least, left, end = -math.inf, LOOP_MAX, len(suit.empty)
        if len(found) == count:
            least = -found[-1].minus_score
        begin, size = 0, BLOCK
        while begin < end and suit.empty[begin] >= least:
            told = self._told(wanted, suit.rows[begin : begin + size]).tobytes()
            at = told.find(ROOM)
            while at >= 0:
                place = begin + at
                score, row = suit.empty[place], suit.rows.item(place)
                if score < least:
                    return end
                if not left:
                    return place
                left -= 1
                at = told.find(ROOM, at + 1)
                if row in barred:
                    continue
                seat, fit, load = self._seats.agent(row), suit.fits.item(place), 0.0
                if seat.units or not seat.capacity:
                    load = seat.load
                    score = self._suits.score(fit, load, seat.flex)
                if score >= least:
                    who, since = seat.agent.id, seat.doc.idle_since
                    insort(found, Candidate(-score, since, who, fit, load, seat.flex, False))
                    if len(found) >= count:
                        del found[count:]
                        least = -found[-1].minus_score
            begin, size = begin + size, _GROWTH * size
        return end

    def _open(self, suit: Suit, wanted: Wanted, barred: set[int], begin: int, end: int) -> Ints:
        """Return the places of those who may have it now, out of some."""
        rows = suit.rows[begin:end]
        open_ = self._told(wanted, rows) == ROOM
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
        found: list[Miss] = []
        begin, size = 0, _AT_ONCE
        while begin < len(suit.ranked):
            rows = suit.ranked[begin : begin + size]
            told = self._told(wanted, rows).tobytes()
            at = told.find(FULL)
            while at >= 0:
                row = rows.item(at)
                if row not in passed:
                    seat, fit = self._seats.agent(row), suit.ranked_fits.item(begin + at)
                    is_spared = wanted.mood is MoodLabel.ANGRY and seat.doc.spared
                    found.append(Miss(seat.agent.id, fit, "spared" if is_spared else "full"))
                    if len(found) == count:
                        return found
                at = told.find(FULL, at + 1)
            begin, size = begin + size, _GROWTH * size
        return found


def _beaten(suit: Suit, place: int, found: list[Candidate], count: int) -> bool:
    """Return whether so many were found that nobody from a place on can be one of the best."""
    return len(found) == count and suit.empty[place] < -found[-1].minus_score


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
