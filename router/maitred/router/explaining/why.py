"""Why not me: what every hard rule says of one agent and one conversation, and who was better.

It asks the same house and the same policy that decide, so it cannot disagree with them; each rule
is answered, not only the first that fails.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from maitred.contracts.agents import Agent, AgentDoc, AgentKind, Presence
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.deciding.record import offer_terms
from maitred.router.explaining.wording import clock_time, excluded
from maitred.router.house import House
from maitred.router.port import RoutingPolicy, Signature
from maitred.router.settings import RoutingSettings

BETTER_MAX: Final = 5
_UNIT: Final = 1_000
"""Load is counted in thousandths of a unit."""


@dataclass(frozen=True, slots=True)
class Check:
    """One hard rule: what it is about, whether the agent passes it, both sides of it in words."""

    about: str
    passed: bool
    says: str


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody who could take it and had a higher score; most of it came by one term."""

    agent: AgentId
    score: float
    terms: dict[str, float]
    by: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that speaks for and against one agent, as the house stood `at` a time.

    `fit_terms` multiply up to the fit and `terms` add up to the score that he had, or would have
    had if he had passed the rules that he failed; both are empty where he cannot have it at all.
    """

    conversation: ConversationId
    agent: AgentId
    at: int
    checks: tuple[Check, ...]
    fit_terms: dict[str, float]
    terms: dict[str, float]
    score: float
    better: tuple[Rival, ...]

    @property
    def fails(self) -> tuple[Check, ...]:
        """The rules that he does not pass."""
        return tuple(check for check in self.checks if not check.passed)


def verdict(
    house: House,
    policy: RoutingPolicy,
    settings: RoutingSettings,
    doc: RoutingDoc,
    agent: AgentId,
    now: int,
) -> Verdict:
    """Return what speaks for and against an agent of the settings, at `now` (UTC milliseconds).

    `doc` is the conversation as it waited, or would wait; it need not stand in the house.
    """
    signature = policy.signature(doc)
    suiting = tuple(_suiting(policy, signature, doc, house.roster.agent(agent)))
    standing = tuple(_standing(house, settings, doc, agent, now))
    scale = Scale(house, policy, doc, signature)
    return Verdict(
        conversation=doc.conversation,
        agent=agent,
        at=now,
        checks=(*suiting, *standing),
        fit_terms=scale.fit_terms(agent),
        terms=scale.terms(agent),
        score=scale.score(agent),
        better=tuple(scale.better(agent)),
    )


# -- whether he suits
def _suiting(
    policy: RoutingPolicy, signature: Signature, doc: RoutingDoc, profile: Agent
) -> Iterator[Check]:
    if signature.human_only:
        human = profile.kind == AgentKind.HUMAN
        is_one = "he is one" if human else "he is a machine"
        yield Check("kind", human, f"a human is asked for, {is_one}")
    before = {need.skill: need.level for need in doc.needs.skills}
    for skill, least in signature.skills:
        level = profile.skills.get(skill, 0.0)
        asks = f"{skill} of at least {least:g}" if least else f"{skill} of any level"
        if before.get(skill, least) > least:
            asks += f" ({before[skill]:g} before it waited)"
        has = f"has {level:g}" if level > 0 else "lacks it"
        instead = max((each.level(skill, profile) for each in signature.stand_ins), default=0.0)
        if instead > 0:
            has += f", and what he has in its place counts for {instead:g}"
        yield Check("skill", 0 < level >= least or instead > 0, f"{asks} is asked for, he {has}")
    if signature.language:
        yield _language(signature, profile)
    fit = policy.fit(_open(signature), profile)
    if fit.value <= 0 and not fit.excluded.startswith(("no_skill", "low_skill", "no_language")):
        yield Check("policy", passed=False, says=f"he {excluded(fit.excluded)}")
    if profile.id in signature.declined:
        when = f", and is passed over until {clock_time(doc.due_at)} UTC" if doc.due_at else ""
        yield Check("declined", passed=False, says=f"he declined it or missed the offer{when}")


def _language(signature: Signature, profile: Agent) -> Check:
    level = profile.languages.get(signature.language, 0.0)
    if not profile.languages:
        return Check("language", passed=True, says="his settings name no languages at all")
    if signature.any_language:
        says = f"{signature.language} is no bar any more, he has {level:g}"
        return Check("language", passed=True, says=says)
    return Check("language", level > 0, f"{signature.language} is asked for, he has {level:g}")


def _open(signature: Signature) -> Signature:
    """Return a class without what passes by itself: who declined."""
    return signature._replace(declined=(), human_only=False)


# -- whether he is at hand and has room
def _standing(
    house: House, settings: RoutingSettings, doc: RoutingDoc, agent: AgentId, now: int
) -> Iterator[Check]:
    roster = house.roster
    if doc.state == RoutingState.HELD and doc.previous_agent != agent and doc.due_at > now:
        says = f"it is kept for {doc.previous_agent} until {clock_time(doc.due_at)} UTC"
        yield Check("kept", passed=False, says=says)
    known = roster.doc(agent)
    yield _presence(known, online=roster.is_online(agent))
    yield _room(house, settings, agent, doc.channel)
    if doc.mood.label == MoodLabel.ANGRY:
        spared = roster.is_spared(agent, doc.mood.label)
        row = f"{known.angry_in_a_row} angry customers in a row"
        until = f"he is spared until {clock_time(known.spared_until)} UTC, after {row}"
        yield Check("care", not spared, until if spared else f"he had {row}")


def _presence(known: AgentDoc, *, online: bool) -> Check:
    if not known.presence_at:
        return Check("presence", online, f"he {excluded(Presence.UNKNOWN.value)}")
    stands = "is on line" if online else excluded(known.presence.value)
    return Check("presence", online, f"he {stands} since {clock_time(known.presence_at)} UTC")


def _room(house: House, settings: RoutingSettings, agent: AgentId, channel: str) -> Check:
    roster = house.roster
    profile, ramp = roster.agent(agent), roster.doc(agent).allowance
    held = [doc.channel for each in roster.holdings(agent) if (doc := house.get(each))]
    units, more = sum(map(settings.units_of, held)), settings.units_of(channel)
    parts = [f"{units / _UNIT:g} of {profile.capacity:g} units in use, {channel} takes "]
    parts[0] += f"{more / _UNIT:g}"
    most = profile.per_channel.get(channel)
    if most is not None:
        parts.append(f"{held.count(channel)} of {most} on {channel}")
    if ramp:
        parts.append(f"having just come on line he takes {ramp / _UNIT:g} units so far")
    return Check("room", roster.has_room(agent, channel), ", ".join(parts))


# -- how well he suits
class Scale:
    """Weighs agents for one conversation as if each were free to take it."""

    def __init__(
        self, house: House, policy: RoutingPolicy, doc: RoutingDoc, signature: Signature
    ) -> None:
        self._roster = house.roster
        self._policy = policy
        self._doc = doc
        self._signature = signature

    def fit(self, agent: AgentId) -> float:
        """Return how well an agent suits, whether or not he declined; 0 if he does not."""
        return self._policy.fit(_open(self._signature), self._roster.agent(agent)).value

    def fit_terms(self, agent: AgentId) -> dict[str, float]:
        """Return what skills, language and mood each leave of the fit; they multiply up to it."""
        whole, profile = self.fit(agent), self._roster.agent(agent)
        if whole <= 0:
            return {}
        calm = _open(self._signature)._replace(mood=MoodLabel.CALM)
        spoken = self._policy.fit(calm, profile).value
        mute = calm._replace(language="", any_language=False)
        skilled = self._policy.fit(mute, profile).value
        return {"skills": skilled, "language": spoken / skilled, "mood": whole / spoken}

    def score(self, agent: AgentId) -> float:
        """Return the score that an agent would have; 0 if he does not suit."""
        fit, roster = self.fit(agent), self._roster
        if fit <= 0:
            return 0.0
        known = agent == self._doc.previous_agent
        load, flex = roster.load(agent), roster.flex(agent)
        return self._policy.offer_score(fit, load, flex, previous=known)

    def terms(self, agent: AgentId) -> dict[str, float]:
        """Return what that score is made of."""
        fit, roster = self.fit(agent), self._roster
        if fit <= 0:
            return {}
        known = "seems" if self._doc.seems else "previous"
        previous = known if agent == self._doc.previous_agent else ""
        return offer_terms(
            self._policy,
            self.score(agent),
            fit=fit,
            load=roster.load(agent),
            flex=roster.flex(agent),
            previous=previous,
        )

    def better(self, agent: AgentId) -> Iterator[Rival]:
        """Return who could take it and comes before an agent, the best first."""
        mine, own_place = self.terms(agent), self._place(agent)
        able = [each for each in self._roster.online() if each != agent and self._is_able(each)]
        ahead = (each for each in able if not mine or self._place(each) < own_place)
        for each in heapq.nsmallest(BETTER_MAX, ahead, key=self._place):
            score, theirs = self.score(each), self.terms(each)
            by = _largest(theirs, mine) if score > self.score(agent) or not mine else "tie_break"
            yield Rival(each, score, theirs, by)

    def _is_able(self, agent: AgentId) -> bool:
        everybody = self._signature._replace(declined=())
        suits = self._policy.fit(everybody, self._roster.agent(agent)).value > 0
        spared = self._roster.is_spared(agent, self._doc.mood.label)
        passed = agent in self._signature.declined or spared
        return suits and not passed and self._roster.has_room(agent, self._doc.channel)

    def _place(self, agent: AgentId) -> tuple[float, int, AgentId]:
        return (-self.score(agent), self._roster.doc(agent).idle_since, agent)


def _largest(theirs: dict[str, float], mine: dict[str, float]) -> str:
    """Return the term that put somebody ahead by the most."""
    names = sorted({*theirs, *mine})
    return max(names, key=lambda name: theirs.get(name, 0.0) - mine.get(name, 0.0))
