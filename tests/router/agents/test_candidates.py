"""Whom a conversation goes to: the columns against a scan of every agent."""

from __future__ import annotations

from collections.abc import Sequence

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from maitred.contracts.agents import Agent, AgentDoc, Presence
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents import candidates, seats, suits
from maitred.router.agents.candidates import Candidate, Miss, Wanted, tie_break
from maitred.router.house import House
from maitred.router.policies.index import IndexPolicy
from maitred.router.port import Fit, Signature
from maitred.router.settings import AgentSettings, RoutingSettings
from tests.router.play import START, agent, settings

NAMES = tuple(AgentId(f"a{number:02}") for number in range(12))
PERSONS = st.builds(
    lambda name, skills, capacity, chats, deescalation: agent(
        name,
        skills=skills,
        capacity=capacity,
        per_channel=chats,
        deescalation=deescalation,
    ),
    st.sampled_from(NAMES),
    st.sampled_from(({}, {"tax": 0.5}, {"tax": 0.9}, {"tax": 0.9, "law": 0.3})),
    st.sampled_from((0, 1, 2, 3)),
    st.sampled_from(({}, {"chat": 1})),
    st.sampled_from((0.5, 1.0)),
)
STATES = st.builds(
    lambda name, presence, idle, spared, allowance: AgentDoc(
        id=name,
        presence=presence,
        idle_since=START + idle,
        spared_until=spared and START * 2,
        allowance=allowance,
    ),
    st.sampled_from(NAMES),
    st.sampled_from((*(Presence.ONLINE,) * 4, Presence.AWAY)),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from((0, 0, 1_000)),
)
ANYTHING = Signature(
    channel="chat",
    tier="standard",
    mood=MoodLabel.CALM,
    skills=(),
    language="",
    any_language=False,
    human_only=False,
    declined=(),
)


def taken(number: int, name: AgentId, channel: str, state: RoutingState) -> RoutingDoc:
    return RoutingDoc(
        conversation=ConversationId(f"cnv_{number}"),
        customer=CustomerId("cus_x"),
        state=state,
        agent=name if state == RoutingState.ASSIGNED else None,
        channel=channel,
        account="main",
        arrived_at=START,
        state_at=START,
    )


TAKEN = st.builds(
    taken,
    st.integers(0, 15),
    st.sampled_from(NAMES),
    st.sampled_from(("chat", "email")),
    st.sampled_from((*(RoutingState.ASSIGNED,) * 3, RoutingState.CLOSED)),
)
WANTED = st.builds(
    lambda channel, mood, skills, declined, previous: Wanted(
        ANYTHING._replace(channel=channel, mood=mood, skills=skills, declined=declined),
        channel,
        mood,
        previous,
    ),
    st.sampled_from(("chat", "email", "sms")),
    st.sampled_from((MoodLabel.CALM, MoodLabel.ANGRY)),
    st.sampled_from(((), (("tax", 0.1),), (("tax", 0.7),), (("law", 0.1),))),
    st.sets(st.sampled_from(NAMES), max_size=3).map(lambda each: tuple(sorted(each))),
    st.none() | st.sampled_from(NAMES),
)


def scanned(house: House, policy: IndexPolicy, wanted: Wanted) -> list[Candidate]:
    found = []
    for who in sorted(house.roster.online()):
        fit = policy.fit(wanted.signature, house.roster.agent(who)).value
        spared = house.roster.is_spared(who, wanted.mood)
        if fit > 0 and not spared and house.roster.has_room(who, wanted.channel):
            previous = who == wanted.previous
            load, flex = house.roster.load(who), house.roster.flex(who)
            score = policy.offer_score(fit, load, flex, previous=previous)
            idle_since = house.roster.doc(who).idle_since
            found.append(Candidate(-score, idle_since, who, fit, load, flex, previous))
    return sorted(found)


def missed(house: House, policy: IndexPolicy, wanted: Wanted) -> list[Miss]:
    found = []
    for who in house.roster.online():
        fit = policy.fit(wanted.signature, house.roster.agent(who))
        if fit.value <= 0:
            found.append((2, 0.0, Miss(who, 0.0, fit.excluded)))
        elif house.roster.is_spared(who, wanted.mood):
            found.append((1, -fit.value, Miss(who, fit.value, "spared")))
        elif not house.roster.has_room(who, wanted.channel):
            found.append((1, -fit.value, Miss(who, fit.value, "full")))
    return [miss for *_, miss in sorted(found)]


@pytest.mark.parametrize("bounds", [None, 1], ids=["as they are", "tiny"])
@hypothesis.settings(max_examples=60)
@given(
    st.lists(PERSONS, min_size=1, max_size=12, unique_by=lambda each: each.id),
    st.lists(st.tuples(st.lists(STATES | TAKEN, max_size=12), WANTED), min_size=1, max_size=6),
)
def test_the_columns_give_what_a_scan_of_everybody_gives(
    bounds: int | None,
    people: list[AgentSettings],
    rounds: list[tuple[list[AgentDoc | RoutingDoc], Wanted]],
) -> None:
    chosen = settings(*people, channel_units={"email": 0.5})
    policy = IndexPolicy(chosen)
    house = House(chosen, policy)
    with pytest.MonkeyPatch.context() as patch:
        if bounds is not None:
            patch.setattr(candidates, "BLOCK", 3)
            patch.setattr(candidates, "LOOP_MAX", 1)
            patch.setattr(candidates, "STEP", 1)
            patch.setattr(candidates, "_AT_ONCE", 1)
            patch.setattr(suits, "CELLS_MAX", 20)
            patch.setattr(suits, "LOADS_KEPT", 2)
            patch.setattr(suits, "SCORES_MAX", 2)
            patch.setattr(seats, "LOADS_MAX", 3)
        for changes, wanted in rounds:
            for change in changes:
                if isinstance(change, AgentDoc):
                    house.put_agent(change)
                else:
                    house.put(change)
            best, misses = scanned(house, policy, wanted), missed(house, policy, wanted)
            for count in (1, 3):
                assert house.candidates.best(wanted, count) == best[:count]
                assert house.candidates.misses(wanted, count) == misses[:count]
            may = {each.agent for each in best}
            for who in map(AgentId, (each.id for each in people)):
                assert (house.candidates.verdict(wanted, who) == "") == (who in may)


@given(st.integers(2, 150), st.integers(0, 4), st.randoms())
def test_among_very_many_equals_the_longest_idle_are_found(
    people: int, busy: int, shuffled: object
) -> None:
    chosen = settings(*(agent(f"a{number:03}") for number in range(people)))
    policy = IndexPolicy(chosen)
    house = House(chosen, policy)
    idle = list(range(people))
    shuffled.shuffle(idle)  # type: ignore[attr-defined]
    for each, since in zip(chosen.agents, idle, strict=True):
        state = AgentDoc(id=AgentId(each.id), presence=Presence.ONLINE, idle_since=since // 2)
        house.put_agent(state)
    wanted = Wanted(ANYTHING, "chat", MoodLabel.CALM, None)
    assert house.candidates.best(wanted, 5) == scanned(house, policy, wanted)[:5]
    for number in range(busy):
        who = house.candidates.best(wanted, 1)[0].agent
        house.put(taken(number, who, "chat", RoutingState.ASSIGNED))
        assert house.candidates.best(wanted, 5) == scanned(house, policy, wanted)[:5]


def candidate(name: str, score: float, idle_since: int) -> Candidate:
    return Candidate(-score, idle_since, AgentId(name), 1.0, 0.0, 0.0, previous=False)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([candidate("ann", 1, 5)], ""),
        ([candidate("ann", 1, 5), candidate("bob", 0.9, 5)], ""),
        ([candidate("ann", 1, 5), candidate("bob", 1, 6)], "idle_since"),
        ([candidate("ann", 1, 5), candidate("bob", 1, 5), candidate("cyd", 1, 6)], "agent"),
    ],
)
def test_what_decided_between_equals_is_told(found: Sequence[Candidate], expected: str) -> None:
    assert tie_break(found) == expected


def test_a_policy_is_asked_once_for_a_class_and_a_profile() -> None:
    asked = []

    class Counting(IndexPolicy):
        def fit(self, signature: Signature, agent: Agent) -> Fit:
            asked.append(agent.id)
            return super().fit(signature, agent)

        def offer_score(self, fit: float, load: float, flex: float, *, previous: bool) -> float:
            asked.append("score")
            return super().offer_score(fit, load, flex, previous=previous)

    chosen = settings(agent("ann"), agent("bob"), agent("cyd", skills={"tax": 0.5}))
    house = House(chosen, Counting(chosen))
    for name in ("ann", "bob", "cyd"):
        house.put_agent(AgentDoc(id=AgentId(name), presence=Presence.ONLINE))
    for number in range(9):
        declined = (AgentId("ann"),) * (number % 2)
        wanted = Wanted(ANYTHING._replace(declined=declined), "chat", MoodLabel.CALM, None)
        assert len(house.candidates.best(wanted, 3)) == 3 - len(declined)
    assert asked == ["ann", "cyd", "score", "score"]


def test_what_settings_say_of_an_agent_again_counts_and_nothing_of_before() -> None:
    weak = settings(agent("ann", skills={"tax": 0.2}), agent("bob", skills={"tax": 0.9}))
    strong = RoutingSettings(agents=tuple(replace(a, skills={"tax": 0.5}) for a in weak.agents))
    signature = ANYTHING._replace(skills=(("tax", 0.3),))
    for chosen, expected in ((weak, ["bob"]), (strong, ["ann", "bob"])):
        house = House(chosen, IndexPolicy(chosen))
        for name in ("ann", "bob"):
            house.put_agent(AgentDoc(id=AgentId(name), presence=Presence.ONLINE))
        wanted = Wanted(signature, "chat", MoodLabel.CALM, None)
        assert [each.agent for each in house.candidates.best(wanted, 3)] == expected
