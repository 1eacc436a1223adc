"""Deciding: what a decision holds, that its terms make its scores, and that it stays small."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.conversation import MoodCause, MoodTrack, Needs, SkillNeed
from maitred.contracts.ids import AgentId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import Decision, Reason
from maitred.router.deciding.record import BECAUSE_SHOWN, DECLINED_SHOWN, offer_terms, rank_terms
from maitred.router.policies.baselines import edf, fifo, strict
from maitred.router.policies.index import IndexPolicy
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings
from tests.router.play import Play, agent, asks, settings

POLICIES = [
    IndexPolicy(RoutingSettings()),
    IndexPolicy(RoutingSettings(gamma=0.5, sigma=1.0, lam=0.0)),
    *(each(RoutingSettings()) for each in (fifo, edf, strict)),
]
PART = st.floats(0, 1).map(lambda value: round(value, 6))


@given(st.sampled_from(POLICIES), PART, PART, st.floats(-1, 1), st.sampled_from(["", "previous"]))
def test_the_terms_of_an_offer_add_up_to_its_score_under_any_policy(
    policy: RoutingPolicy, fit: float, load: float, flex: float, previous: str
) -> None:
    score = policy.offer_score(fit, load, flex, previous=bool(previous))
    terms = offer_terms(policy, score, fit=fit, load=load, flex=flex, previous=previous)
    assert sum(terms.values()) == pytest.approx(score, abs=1e-8)
    assert previous in {"", *terms}


@given(
    st.sampled_from(POLICIES),
    st.floats(1e-6, 1),
    st.floats(1e-6, 1e3),
    st.floats(0, 1e7),
    st.sampled_from(["", "seems"]),
)
def test_the_terms_of_a_rank_multiply_up_to_it_under_any_policy(
    policy: RoutingPolicy, fit: float, slope: float, waited: float, previous: str
) -> None:
    rank = policy.weight(fit, slope, previous=bool(previous)) * waited * 1_000
    terms = rank_terms(policy, fit, slope, waited, previous=previous)
    assert math.prod(terms.values()) == pytest.approx(rank, rel=1e-3, abs=1e-12)


def made(game: Play) -> list[Decision]:
    told = [each.decision for each in game.told() if each.decision is not None]
    return [*told, *game.notes()]


def chosen(decision: Decision) -> Reason:
    (reason,) = [each for each in decision.candidates if each.agent == decision.agent]
    return reason


@pytest.mark.parametrize("rescue_share", [0.0, 1.0])
def test_the_engine_s_own_terms_make_its_scores(rescue_share: float) -> None:
    game = Play(
        settings(
            agent("ann", skills={"tax": 0.9}, capacity=2),
            agent("bob", skills={"tax": 0.5, "law": 0.5}, capacity=2),
            rescue_share=rescue_share,
        )
    )
    game.online("ann", "bob")
    seen = set()
    for number in range(6):
        game.write(f"x{number}", customer="kim", needs=asks(("tax", 0.2)), mood=MoodLabel.ANGRY)
        for each in made(game):
            terms = chosen(each).terms if each.agent else {}
            assert sum(terms.values()) == pytest.approx(chosen(each).score if each.agent else 0)
            seen.add(each.rule)
        game.wait(7)
        for name in ("ann", "bob"):
            if game.routing[next(reversed(game.routing))].agent == name:
                game.command(name, Verb.ACCEPT, on=f"x{number}")
    game.wait(3_600)
    game.command(game.doc("x0").agent or "", Verb.COMPLETE, on="x0")
    (taken,) = [each for each in made(game) if each.agent]
    assert math.prod(chosen(taken).terms.values()) == pytest.approx(chosen(taken).score)
    assert taken.rule == ("rescue" if rescue_share else "slot_free")
    assert {"best_idle", "sticky"} <= seen


def test_a_decision_holds_what_it_was_made_from() -> None:
    game = Play(settings(agent("ann", skills={"tax": 0.5}), agent("bob"), relax=(0.5,)))
    game.online("bob")
    causes = (
        MoodCause(what="message", shift=-0.4, words=("scam",)),
        MoodCause(what="message", shift=-0.2),
        MoodCause(what="waiting", shift=-0.1),
    )
    game.write("x", needs=asks(("tax", 0.8), language="fr"), tier="vip")
    doc = game.doc("x")
    mood = MoodTrack(level=-0.7, label=MoodLabel.ANGRY, because=causes)
    game.engine.load([msgspec.structs.replace(doc, mood=mood)], game.agents.values())
    game.now = doc.due_at
    game.due("x")
    (decision,) = made(game)
    then = decision.snapshot
    assert (decision.outcome, decision.rule, decision.step) == ("waiting", "queue", 1)
    assert decision.lowered == Needs(skills=(SkillNeed(skill="tax", level=0.0),))
    now = game.doc("x").mood
    assert (then.tier, then.mood, then.mood_level) == ("vip", now.label, now.level)
    assert then.mood_because["message"] == pytest.approx(-0.6)
    assert sum(then.mood_because.values()) == pytest.approx(sum(c.shift for c in now.because))
    assert (then.waiting, then.online, then.arrived_at) == (0, 1, doc.arrived_at)
    assert b"scam" not in msgspec.json.encode(decision)


def test_what_could_grow_in_a_decision_is_bounded() -> None:
    names = [f"agent-with-a-long-name-{number:02}" for number in range(40)]
    game = Play(settings(*(agent(name, skills={"tax": 0.9}, capacity=1) for name in names)))
    game.online(*names)
    many = msgspec.structs.replace(
        asks(("tax", 0.5), language="en"), because=tuple(f"rule{at:03}" for at in range(200))
    )
    game.write("x" * 26, needs=many, mood=MoodLabel.ANGRY)
    for _ in range(20):
        (decision,) = [each for each in made(game) if each.agent]
        game.command(decision.agent or "", Verb.DECLINE, on="x" * 26)
    (decision,) = [each for each in made(game) if each.agent]
    assert len(decision.needs.because) == BECAUSE_SHOWN
    assert decision.snapshot.declined == game.doc("x" * 26).declined[-DECLINED_SHOWN:]
    assert len(msgspec.json.encode(decision)) <= 2_048


def test_an_ordinary_decision_takes_at_most_1_5_kb() -> None:
    names = [f"agent{number:02}" for number in range(30)]
    game = Play(
        settings(
            *(agent(name, skills={"tax": 0.9, "law": 0.5}, languages={"en": 1}) for name in names)
        )
    )
    game.online(*names[:20])
    game.presence(names[3], Presence.AWAY)
    for number in range(70):
        needs = msgspec.structs.replace(
            asks(("tax", 0.5), ("law", 0.2), language="en"), because=("billing", "legal", "vip")
        )
        game.write(f"{number:026}", customer="kim", needs=needs, tier="vip", mood=MoodLabel.ANGRY)
        for decision in made(game):
            assert len(msgspec.json.encode(decision)) <= 1_536
    assert game.engine.house.roster.load(AgentId(names[0])) > 0
