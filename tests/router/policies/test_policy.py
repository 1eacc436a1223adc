"""The policy's formulas: fit, slope, index, relaxation; and the mood's monotony."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from maitred.contracts.conversation import MoodTrack
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc
from maitred.router.faults import MOODS_WORSENING
from maitred.router.policies.index import IndexPolicy
from maitred.router.settings import RoutingSettings
from tests.router.play import START, Play, agent, asks, settings


def doc(**more: object) -> RoutingDoc:
    game = Play(settings())
    game.write("x")
    return replace(game.doc("x"), **more)


POLICY = IndexPolicy(RoutingSettings())


def test_fit_is_the_geometric_mean_of_skills_times_language_times_mood() -> None:
    needs = asks(("tax", 0.2), ("law", 0.2), language="fr")
    signature = POLICY.signature(doc(needs=needs, mood=MoodTrack(label=MoodLabel.ANGRY)))
    who = agent("ann", skills={"tax": 0.4, "law": 0.9}, languages={"fr": 0.5}, deescalation=0.2)
    assert POLICY.fit(signature, who.agent()).value == pytest.approx(0.6 * 0.5 * 0.6)


@pytest.mark.parametrize(
    ("more", "who", "why"),
    [
        ({"needs": asks(("tax", 0.0))}, {}, "no_skill:tax"),
        ({"needs": asks(("tax", 0.5))}, {"skills": {"tax": 0.4}}, "low_skill:tax"),
        ({"needs": asks(language="fr")}, {"languages": {"en": 1}}, "no_language:fr"),
        ({"needs": asks(human_only=True)}, {"kind": "ai"}, "human_only"),
        ({"declined": ("ann",)}, {}, "declined"),
    ],
)
def test_a_hard_requirement_that_fails_excludes_and_says_which(
    more: dict[str, object], who: dict[str, object], why: str
) -> None:
    fit = POLICY.fit(POLICY.signature(doc(**more)), agent("ann", **who).agent())
    assert fit == (0.0, why)


def test_an_agent_who_states_no_languages_manages_any_but_less_well_than_a_speaker() -> None:
    signature = POLICY.signature(doc(needs=asks(language="fr")))
    silent = POLICY.fit(signature, agent("ann").agent()).value
    speaker = POLICY.fit(signature, agent("bob", languages={"fr": 0.9}).agent()).value
    assert 0 < silent < speaker


def test_slopes_follow_channel_mood_and_tier_by_the_sla() -> None:
    def slope(**more: object) -> float:
        return POLICY.slope(POLICY.signature(doc(**more)))

    assert slope() == pytest.approx(8 / 60)
    assert slope(mood=MoodTrack(label=MoodLabel.ANGRY), tier="vip") == pytest.approx(64 / 60)
    assert slope(channel="email") == pytest.approx(1 / 14_400)
    assert slope(channel="pigeon") == pytest.approx(1 / 300)


def test_urgency_begins_above_nothing_and_rules_give_a_head_start() -> None:
    assert POLICY.virtual_arrival(doc()) == START - 6_000
    first = doc(needs=replace(asks(), priority_minutes=2.0))
    assert POLICY.virtual_arrival(first) == START - 126_000


def test_steps_lower_the_demands_and_the_last_leaves_the_skill_alone() -> None:
    policy = IndexPolicy(RoutingSettings(relax=(0.1, 0.5)))
    demanding = doc(needs=asks(("tax", 0.8)))
    levels = [policy.signature(replace(demanding, step=n)).skills[0][1] for n in range(4)]
    assert levels == [0.8, 0.4, 0.0, 0.0]
    assert policy.next_step_at(demanding) == START + 6_000
    assert policy.step(demanding, START + 5_999) == 0
    assert policy.step(demanding, START + 30_000) == 2
    assert policy.next_step_at(replace(demanding, step=2)) == 0
    assert policy.next_step_at(doc()) == 0


def test_without_steps_demands_stay() -> None:
    policy = IndexPolicy(RoutingSettings(relax=()))
    demanding = doc(needs=asks(("tax", 0.8)))
    assert policy.signature(demanding).skills == (("tax", 0.8),)
    assert policy.next_step_at(demanding) == 0


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 10**8), st.sampled_from((0.5, 1.0, 1.7)))
def test_a_worse_mood_never_ranks_lower_for_anybody(
    deescalation: float, skill: float, age: int, gamma: float
) -> None:
    policy = IndexPolicy(RoutingSettings(gamma=min(gamma, 1.0)))
    who = agent("ann", deescalation=deescalation, skills={"tax": max(skill, 0.01)}).agent()
    ranks = []
    for mood in MOODS_WORSENING:
        signature = policy.signature(doc(needs=asks(("tax", 0)), mood=MoodTrack(label=mood)))
        fit = policy.fit(signature, who).value
        ranks.append(policy.weight(fit, policy.slope(signature), previous=False) * age)
    for better, worse in pairwise(ranks):
        assert worse >= better * (1 - 1e-6)


def test_the_hash_tells_settings_apart_and_is_the_same_for_equal_ones() -> None:
    one = settings(agent("ann", skills={"a": 1, "b": 1}))
    same = settings(agent("ann", skills={"b": 1, "a": 1}))
    other = settings(agent("ann", skills={"a": 1}))
    assert IndexPolicy(one).hash() == IndexPolicy(same).hash() != IndexPolicy(other).hash()
