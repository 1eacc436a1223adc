"""The invariants of routing, each by its number in the notes on the science of it.

1 (capacity), 2 (one holder) and 3 (no work left lying) are held by `Play` after every event, here
and in every other test; 9 (the same log, the same decisions) by `test_engine_laws`, and 11 (the
store) by `tests/end_to_end/test_routers`. `test_machine` holds all that the engine does against a
naive router.
"""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.conversation import MoodTrack, Needs
from maitred.contracts.ids import ConversationId, CustomerId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.faults import MOODS_WORSENING, faults
from maitred.router.policies.index import IndexPolicy
from tests.router.play import START, Play, agent, asks
from tests.router.play import settings as routing

CHANNELS = ("chat", "sms", "email")
NEEDS = (asks(), asks(("tax", 0.5)), asks(language="fr"))
CROWD = st.lists(
    st.tuples(
        st.integers(0, 20_000),
        st.sampled_from(CHANNELS),
        st.sampled_from(NEEDS),
        st.sampled_from(MOODS_WORSENING),
    ),
    min_size=2,
    max_size=12,
)
Crowd = list[tuple[int, str, Needs, MoodLabel]]


def waiting(crowd: Crowd, **more: object) -> Play:
    """Return a house in which a crowd waits and nobody is on line yet."""
    staff = agent("ann", skills={"tax": 0.6}, languages={"en": 1, "fr": 0.3}, capacity=1)
    game = Play(routing(staff, ramp_seconds=0, angry_in_a_row=0, **more))
    for number, (pause, channel, needs, mood) in enumerate(crowd):
        game.now += pause
        game.write(f"{number:02}", channel=channel, needs=needs, mood=mood)
    return game


def serve_one(game: Play) -> RoutingDoc:
    """Let the only agent finish what he has, and return what he is offered then."""
    (doc,) = (doc for doc in game.routing.values() if doc.agent)
    name = doc.conversation.removeprefix("cnv_")
    game.command("ann", Verb.ACCEPT, on=name)
    game.command("ann", Verb.COMPLETE, on=name)
    return doc


@given(CROWD)
def test_4_in_one_class_who_came_first_is_served_first(crowd: Crowd) -> None:
    game = waiting(crowd, relax=())
    game.online("ann")
    left: dict[object, list[tuple[int, ConversationId]]] = {}
    for _ in crowd:
        doc = serve_one(game)
        place = (game.policy.virtual_arrival(doc), doc.conversation)
        left.setdefault(game.policy.signature(doc), []).append(place)
    assert all(earlier < later for order in left.values() for earlier, later in pairwise(order))


@given(CROWD, st.integers(0, 100_000))
def test_5_nobody_is_overtaken_by_more_than_the_weights_allow(crowd: Crowd, pause: int) -> None:
    game = waiting(crowd, relax=())
    game.now += pause
    before = dict(game.routing)
    game.online("ann")
    (taken,) = (doc for doc in game.routing.values() if doc.agent)
    policy, profile = game.policy, game.settings.agents[0].agent()

    def rank(doc: RoutingDoc) -> tuple[float, float]:
        signature = policy.signature(doc)
        fit = policy.fit(signature, profile).value
        weight = policy.weight(fit, policy.slope(signature), previous=False) if fit else 0.0
        return weight, game.now - policy.virtual_arrival(doc)

    weight, age = rank(taken)
    for other in before.values():
        other_weight, other_age = rank(other)
        # (t - v_j) >= (t - v_i) * w_i / w_j, for everybody who could have been taken instead.
        assert age * weight >= other_age * other_weight


LEVELS = st.floats(0.0, 1.0).map(lambda value: round(value, 3))


@settings(max_examples=300)
@given(
    weights=st.tuples(*[st.floats(0.1, 10).map(lambda value: round(value, 2))] * 4),
    shares=st.tuples(*[st.floats(0, 0.95).map(lambda value: round(value, 2))] * 4),
    gamma=st.sampled_from((0.0, 0.5, 1.0, 2.0)),
    deescalation=LEVELS,
    age=st.integers(1, 10**8),
)
def test_6_a_worse_mood_never_ranks_lower_wherever_the_settings_are_accepted(
    weights: tuple[float, ...],
    shares: tuple[float, ...],
    gamma: float,
    deescalation: float,
    age: int,
) -> None:
    words = [mood.value for mood in MOODS_WORSENING]
    chosen = routing(
        agent("ann", deescalation=deescalation),
        mood_weight=dict(zip(words, sorted(weights), strict=True)),
        mood_share=dict(zip(words, sorted(shares), strict=True)),
        gamma=gamma,
    )
    assume(not faults(chosen))
    policy, profile = IndexPolicy(chosen), chosen.agents[0].agent()
    ranks = []
    for mood in MOODS_WORSENING:
        signature = policy.signature(waits("x", mood=mood))
        fit = policy.fit(signature, profile).value
        ranks.append(policy.weight(fit, policy.slope(signature), previous=False) * age)
    # The settings are accepted with a margin of 1e-9, and a fit has nine digits.
    assert all(worse >= better * (1 - 1e-6) for better, worse in pairwise(ranks))


@given(st.sampled_from(CHANNELS), st.integers(0, 10_000_000), st.sampled_from(("left", "late")))
def test_7_nobody_is_kept_for_longer_than_the_hold_nor_for_who_is_not_there(
    channel: str, pause: int, why: str
) -> None:
    game = Play(routing(agent("ann", capacity=1), agent("bob", capacity=1), idle_seconds=0))
    game.online("ann")
    game.write("old", customer="kim")
    game.command("ann", Verb.ACCEPT, on="old")
    game.online("bob")
    game.write("new", customer="kim", channel=channel)
    assert game.stands("new") == ("held", None)
    kept_until = game.doc("new").due_at
    assert kept_until - game.now <= game.policy.hold(channel)
    game.now = min(game.now + pause, kept_until - 1)
    if why == "left":
        game.presence("ann", Presence.AWAY)
    else:
        game.due("new")
        assert game.now == kept_until
    assert game.stands("new") == ("offered", "bob")


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True).map(sorted),
    st.floats(0.1, 1.0),
)
def test_8_each_step_comes_once_and_the_last_asks_for_the_skill_alone(
    steps: list[int], level: float
) -> None:
    relax = tuple(step / 10 for step in steps)
    game = Play(routing(agent("ann", skills={"tax": 0.01}), relax=relax))
    game.online("ann")
    game.write("x", needs=asks(("tax", level), language="fr"), channel="sms")
    levels = []
    while game.doc("x").state is RoutingState.WAITING and game.doc("x").due_at:
        levels.append(game.policy.signature(game.doc("x")).skills[0][1])
        game.due("x")
    assert len(levels) <= len(relax)
    assert levels == sorted(levels, reverse=True)
    assert game.stands("x") == ("offered", "ann")
    assert game.doc("x").step <= len(relax)


@given(CROWD, st.lists(st.sampled_from((Verb.DECLINE, Verb.ACCEPT, Verb.COMPLETE)), max_size=30))
def test_10_whoever_came_waits_is_served_or_is_done(crowd: Crowd, verbs: list[Verb]) -> None:
    game = waiting(crowd)
    game.online("ann")
    for verb in verbs:
        game.now += 1_000
        for doc in [doc for doc in game.routing.values() if doc.agent]:
            game.command("ann", verb, on=doc.conversation.removeprefix("cnv_"))
    states = [doc.state for doc in game.routing.values()]
    assert len(states) == len(crowd)
    assert RoutingState.UNKNOWN not in states
    assert len(game.engine.house.queue) == sum(
        state in {RoutingState.WAITING, RoutingState.HELD} for state in states
    )


def waits(name: str, mood: MoodLabel) -> RoutingDoc:
    return RoutingDoc(
        conversation=ConversationId(f"cnv_{name}"),
        customer=CustomerId(f"cus_{name}"),
        state=RoutingState.WAITING,
        channel="chat",
        account="main",
        mood=MoodTrack(label=mood),
        arrived_at=START,
        state_at=START,
    )
