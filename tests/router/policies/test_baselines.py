"""The baselines: the order in which they serve, and all that they do not do."""

from __future__ import annotations

from typing import Any

import pytest

from maitred.contracts.agents import AgentKind
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc
from maitred.router.policies.baselines import edf, fifo, mood_strict, strict
from maitred.router.policies.plain import PlainPolicy
from maitred.router.settings import AgentSettings, Overflow, RoutingSettings
from tests.router.play import START, Play, agent, asks, settings, work

ALL = [fifo, edf, strict, mood_strict]


def doc(channel: str = "chat", **more: Any) -> RoutingDoc:
    """Return a conversation that waits, as the engine would have it."""
    game = Play(settings())
    game.handle(work("x", channel=channel, **more))
    return game.doc("x")


def first(policy: PlainPolicy, *docs: RoutingDoc) -> int:
    """Return which one a free slot takes."""
    now = START + 10_000
    ranks = [
        policy.weight(1.0, 1.0, previous=False) * (policy.clock(now) - policy.virtual_arrival(each))
        for each in docs
    ]
    assert min(ranks) >= 0
    return ranks.index(max(ranks))


@pytest.mark.parametrize(
    ("make", "expected"),
    [(fifo, "email"), (edf, "chat"), (strict, "vip"), (mood_strict, "angry")],
)
def test_each_has_an_order_of_its_own(make: Any, expected: str) -> None:
    waiting = {
        "email": doc("email", at=START - 9_000),
        "chat": doc("chat", at=START - 5_000),
        "vip": doc("chat", at=START - 2_000, tier="vip"),
        "angry": doc("sms", at=START - 1_000, mood=MoodLabel.ANGRY),
    }
    assert list(waiting)[first(make(RoutingSettings()), *waiting.values())] == expected


def test_strict_goes_by_channel_then_tier_then_mood_then_age() -> None:
    policy = strict(RoutingSettings())
    ranked = [
        doc("chat", tier="vip", mood=MoodLabel.CALM, at=START - 5),
        doc("chat", tier="vip", mood=MoodLabel.CALM),
        doc("chat", mood=MoodLabel.ANGRY),
        doc("chat", mood=MoodLabel.FRUSTRATED),
        doc("chat"),
        doc("sms", tier="vip", mood=MoodLabel.ANGRY, at=START - 10**9),
        doc("fax", tier="vip"),
        doc("email", tier="vip", mood=MoodLabel.ANGRY, at=START - 10**10),
    ]
    assert [policy.virtual_arrival(each) for each in ranked] == sorted(
        policy.virtual_arrival(each) for each in ranked
    )


def test_strict_ranks_by_the_weights_of_the_settings() -> None:
    policy = strict(
        RoutingSettings(channel_weight={"email": 1e3, "fax": 500.0}, tier_weight={"gold": 9.0})
    )
    order = [doc("chat", tier="gold"), doc("chat", tier="vip"), doc("chat"), doc("sms")]
    assert first(policy, *order) == 0
    assert first(policy, doc("chat"), doc("fax")) == 1


@pytest.mark.parametrize("make", ALL)
def test_whoever_has_the_skill_and_the_language_may_serve_however_well(make: Any) -> None:
    policy = make(
        RoutingSettings(
            overflow=(Overflow(name="any", after=0.0, skills=("tax",)),),
        )
    )
    waiting = doc(needs=asks(("tax", 0.9), language="de"))
    signature = policy.signature(waiting)
    for profile, may in (
        (agent("ann", skills={"tax": 0.01}, languages={"de": 0.1}), True),
        (agent("ann", skills={"tax": 1.0}, languages={"en": 1.0}), False),
        (agent("ann", skills={"law": 1.0}, languages={"de": 1.0}), False),
    ):
        assert (policy.fit(signature, profile.agent()).value > 0) == may
    human = policy.signature(doc(needs=asks(human_only=True)))
    machine = AgentSettings(id="bot", kind=AgentKind.AI).agent()
    assert policy.fit(human, machine).excluded == "human_only"


@pytest.mark.parametrize("make", ALL)
def test_nothing_is_held_relaxed_or_kept_for_anybody(make: Any) -> None:
    policy = make(RoutingSettings(rescue_share=0.5))
    waiting = doc(needs=asks(("tax", 0.9), language="de"))
    assert not policy.sticky_first
    assert (policy.rescue_share, policy.hold("chat"), policy.next_step_at(waiting)) == (0, 0, 0)
    assert policy.step(waiting, START + 10**9) == 0
    assert policy.target("chat") == 60_000


def test_the_emptiest_is_asked_and_fit_decides_nothing() -> None:
    policy = fifo(RoutingSettings())
    well = policy.offer_score(1.0, 0.5, 0.0, previous=True)
    assert policy.offer_score(0.1, 0.0, 0.9, previous=False) > well
    assert well == policy.offer_score(0.1, 0.5, 0.9, previous=False)


def test_each_is_known_by_its_name_and_its_settings() -> None:
    hashes = {make(RoutingSettings()).hash() for make in ALL}
    assert len(hashes) == len(ALL)
    assert [make(RoutingSettings()).name for make in ALL] == [
        "fifo",
        "edf",
        "strict",
        "mood_strict",
    ]
    assert fifo(RoutingSettings(wrap_up_seconds=1.0)).hash() not in hashes
