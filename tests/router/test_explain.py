"""Explanations: every rule and every exclusion that the engine can cite has its words."""

from __future__ import annotations

from maitred.contracts.agents import Decision, Presence, Reason, RoutingState, Verb
from maitred.contracts.conversation import Needs
from maitred.contracts.ids import AgentId, ConversationId
from maitred.router.explain import sentences
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
