"""Explanations: every rule and every exclusion that the engine can cite has its words."""

from __future__ import annotations

import pytest

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.conversation import Needs
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import Decision, Reason, RoutingState, Snapshot
from maitred.router.explaining.explain import circumstances, is_placing, mood, sentences, working
from tests.router.play import Play, agent, asks, settings


def test_an_offer_tells_the_needs_the_candidates_and_who_was_passed_over() -> None:
    game = Play(
        settings(
            agent("ann", skills={"tax": 0.9}),
            agent("bob", skills={"tax": 0.4}),
            agent("cyd"),
            agent("dan", skills={"tax": 1.0}, capacity=0.1),
        )
    )
    game.online("ann", "bob", "cyd", "dan")
    game.write("x", needs=asks(("tax", 0.3)))
    decision = game.told()[0].decision
    assert decision is not None
    words = sentences(decision, {AgentId("ann"): "Ann"})
    assert words[0] == "Ann suits best of those who have room."
    assert "It asks for tax of at least 0.3." in words
    assert any(each.startswith("Chosen: Ann, score") for each in words)
    assert any(each.startswith("Considered: bob") for each in words)
    assert "cyd lacks the skill tax." in words
    assert "dan has no room." in words
    assert words[-1].startswith("Decided by the policy index:")


def test_every_outcome_has_words_of_its_own() -> None:
    game = Play(settings(agent("ann", capacity=1), agent("bob")))
    game.online("ann")
    firsts = set()
    game.write("x", customer="kim")
    game.command("ann", Verb.ACCEPT, on="x")
    game.write("y")
    firsts.add(sentences(game.notes()[0])[0])
    game.write("z", customer="kim")
    firsts.add(sentences(game.notes()[0])[0])
    game.command("ann", Verb.COMPLETE, on="x")
    firsts.add(sentences(game.notes()[0])[0])
    offered = game.told()[-1].decision
    assert offered is not None
    firsts.add(sentences(offered)[0])
    assert len(firsts) == 4
    assert not any("the rule" in each for each in firsts)


def test_exclusions_read_as_sentences() -> None:
    reasons = [
        ("declined", "ann declined it or did not answer in this round."),
        ("human_only", "ann is not human, and a human is asked for."),
        ("low_skill:tax", "ann is below the level of tax that is asked for."),
        ("no_language:fr", "ann does not speak fr."),
        (Presence.OFFLINE.value, "ann is off line."),
        (Presence.AWAY.value, "ann is away."),
    ]
    decision = Decision(
        conversation=ConversationId("cnv_x"),
        at=0,
        epoch=0,
        outcome=RoutingState.WAITING,
        agent=None,
        rule="queue",
        policy="index:x",
        needs=Needs(
            language="fr", human_only=True, priority_minutes=2, because=("french", "legal")
        ),
        step=1,
        candidates=tuple(
            Reason(agent=AgentId("ann"), excluded=excluded) for excluded, _ in reasons
        ),
    )
    words = sentences(decision)
    for _, sentence in reasons:
        assert sentence in words
    assert "Rules that said so: french, legal." in words
    assert "A human is asked for." in words


def test_a_hint_is_told_as_what_it_is() -> None:
    game = Play(settings(agent("ann"), agent("bob")))
    game.online("ann")
    game.write("x", customer="kim")
    game.command("ann", Verb.ACCEPT, on="x")
    game.online("bob")
    game.write("y", customer="stranger", hint="kim")
    decision = game.told()[0].decision
    assert decision is not None
    words = sentences(decision, {AgentId("ann"): "Ann"})
    assert words[0] == "Ann served who this seems to be (nothing proves it), and has room."
    assert any("known to who this seems to be" in each for each in words)
    assert not any("this customer before" in each or "to the customer" in each for each in words)


def decided(**more: object) -> Decision:
    fields: dict[str, object] = {
        "conversation": ConversationId("cnv_x"),
        "at": 1_700_000_000_000,
        "epoch": 0,
        "outcome": RoutingState.WAITING,
        "agent": None,
        "rule": "queue",
        "policy": "index:x",
        "needs": Needs(),
    }
    return Decision(**{**fields, **more})  # type: ignore[arg-type]


ANN = AgentId("ann")
WHO = (Reason(agent=ANN, excluded="declined"),)


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (
            decided(
                outcome=RoutingState.HELD,
                rule="hold",
                due_at=1_700_000_007_500,
                snapshot=Snapshot(previous_agent=ANN),
            ),
            [
                (
                    "Ann served this customer before and has no room now, "
                    "so it is kept for Ann a while."
                ),
                "It is kept until 22:13:27 UTC.",
            ],
        ),
        (
            decided(due_at=1_700_000_040_000),
            ["It is looked at again at 22:14:00 UTC, if not before."],
        ),
        (
            decided(outcome=RoutingState.OFFERED, agent=ANN, due_at=1_700_000_030_000),
            ["The offer stands until 22:13:50 UTC."],
        ),
        (
            decided(rule="declined", reason="low_confidence", candidates=WHO),
            [
                "Ann declined it.",
                "The reason given: was not sure enough of the answer (low_confidence).",
            ],
        ),
        (
            decided(rule="requeued", reason="lunch"),
            ["Who had it put it back.", "The reason given: lunch."],
        ),
        (
            decided(needs=asks(("tax", 0.7), language="fr"), step=1, lowered=asks(("tax", 0.35))),
            ["Since it waited, demands were lowered once; what is left is tax of at least 0.35."],
        ),
        (
            decided(step=2, lowered=Needs()),
            ["Since it waited, demands were lowered 2 times."],
        ),
        (
            decided(tie_break="idle_since"),
            ["Between equals: two had the same score; the one who was idle for longer has it."],
        ),
        (decided(rule="by_the_stars"), ["It was decided by the rule by_the_stars."]),
    ],
)
def test_what_a_decision_holds_is_told_in_sentences(
    decision: Decision, expected: list[str]
) -> None:
    told = sentences(decision, {ANN: "Ann"})
    assert [each for each in told if each in expected] == expected
    assert len(told) == len(set(told))


def test_a_sum_reads_as_a_sum_and_a_product_as_a_product() -> None:
    offer = Reason(agent=ANN, score=0.5, terms={"fit": 0.8, "previous": 0.2, "load": -0.5})
    assert working(offer) == "fit 0.800 + known to the customer 0.200 - load 0.500"
    rank = Reason(agent=ANN, score=0.3, terms={"fit": 0.5, "growth": 0.01, "waited_seconds": 60.0})
    assert working(rank) == "fit 0.500 x urgency a second 0.01 x seconds of urgency 60.000"


def test_the_circumstances_are_told_in_a_line() -> None:
    decision = decided(
        snapshot=Snapshot(
            channel="chat",
            tier="vip",
            mood=MoodLabel.ANGRY,
            mood_level=-0.62,
            mood_because={"waiting": -0.1, "message": -0.5, "a_plugin_s_own": 0.02},
            arrived_at=1_699_999_988_000,
            waiting=1_003,
            online=5,
        )
    )
    told = "chat, tier vip, 12 s after it came, 1,003 others waiting, 5 on line"
    assert circumstances(decision) == told
    assert mood(decision) == (
        "angry (level -0.62: what was written -0.50, the wait -0.10, a_plugin_s_own +0.02)"
    )


def test_only_what_places_a_conversation_counts_as_placing() -> None:
    placing = [decided(), decided(rule="hold", outcome=RoutingState.HELD)]
    others = [
        decided(rule="declined"),
        decided(rule="completed", outcome=RoutingState.CLOSED),
        decided(rule="first_to_accept", outcome=RoutingState.ASSIGNED),
    ]
    assert all(map(is_placing, placing))
    assert not any(map(is_placing, others))
