"""The engine: who is asked first, and what a customer's next message changes.

`Play` holds the invariants after each event as well.
"""

from __future__ import annotations

import pytest

from maitred.contracts.agents import AgentKind, Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.conversation import Speaker, Turn
from maitred.contracts.ids import ConversationId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingState
from maitred.router.events import ClaimCame, Tell
from tests.router.play import START, Play, agent, asks, held_by, settings


def test_an_arrival_is_offered_to_the_best_idle_agent_with_its_reasons() -> None:
    game = Play(settings(agent("ann", skills={"tax": 0.9}), agent("bob", skills={"tax": 0.4})))
    game.online("bob", "ann")
    game.write("x", needs=asks(("tax", 0.3)))
    (offer,) = game.told(AssignmentState.OFFERED)
    assert offer.agent == "ann"
    assert offer.epoch == 1
    assert offer.expires_at == START + 30_000
    assert offer.accepted_at == offer.arrived_at == START
    assert offer.brief is None
    assert offer.decision is not None
    assert offer.decision.rule == "best_idle"
    assert [each.agent for each in offer.decision.candidates] == ["ann", "bob"]
    assert offer.decision.policy.startswith("index:")


def test_with_nobody_on_line_it_waits_and_is_offered_to_whom_comes_first() -> None:
    game = Play(settings(agent("ann")))
    game.write("x")
    assert game.stands("x") == ("waiting", None)
    assert [note.rule for note in game.notes()] == ["queue"]
    game.wait(5)
    game.online("ann")
    (offer,) = game.told(AssignmentState.OFFERED)
    assert offer.decision is not None
    assert offer.decision.rule == "slot_free"
    assert offer.arrived_at == START


def test_equal_agents_take_turns_by_who_has_been_idle_longest() -> None:
    game = Play(settings(agent("ann"), agent("bob")))
    game.online("bob")
    game.wait(1)
    game.online("ann")
    game.write("x")
    assert game.stands("x") == ("offered", "bob")
    game.command("bob", Verb.ACCEPT, on="x")
    game.wait(1)
    game.command("bob", Verb.COMPLETE, on="x")
    game.write("y")
    assert game.stands("y") == ("offered", "ann")


def test_a_full_agent_gets_no_more_and_takes_the_most_urgent_when_a_slot_frees() -> None:
    game = held_by("ann", capacity=1)
    game.write("mail", channel="email")
    game.write("calm")
    game.wait(1)
    game.write("angry", mood=MoodLabel.ANGRY)
    game.wait(60)
    game.command("ann", Verb.COMPLETE, on="x")
    assert game.stands("angry") == ("offered", "ann")
    assert game.stands("calm") == ("waiting", None)


def test_a_channel_s_own_bound_leaves_room_for_other_channels() -> None:
    game = held_by("ann", capacity=3, per_channel={"chat": 1})
    game.write("y")
    assert game.stands("y") == ("waiting", None)
    game.write("z", channel="sms")
    assert game.stands("z") == ("offered", "ann")


def test_only_a_human_is_asked_where_a_human_is_needed() -> None:
    game = Play(settings(agent("bot", kind="ai", capacity=50), agent("ann")))
    game.online("bot")
    game.write("x", needs=asks(human_only=True))
    assert game.stands("x") == ("waiting", None)
    game.online("ann")
    assert game.stands("x") == ("offered", "ann")
    assert game.settings.agents[0].kind == AgentKind.AI


# -- the previous agent
def served_before(game: Play, by: str) -> None:
    game.online(by)
    game.write("old", customer="kim")
    game.command(by, Verb.ACCEPT, on="old")
    game.command(by, Verb.COMPLETE, on="old")


@pytest.mark.parametrize("restart", ["", "restart"])
def test_a_customer_s_next_concern_goes_to_who_served_him_last(restart: str) -> None:
    game = Play(settings(agent("ann", skills={"tax": 1}), agent("bob", skills={"tax": 0.5})))
    served_before(game, "bob")
    game.online("ann")
    if restart:
        game.restart()
    game.write("new", customer="kim", needs=asks(("tax", 0.1)))
    (offer,) = game.told(AssignmentState.OFFERED)
    assert offer.agent == "bob"
    assert offer.decision is not None
    assert offer.decision.rule == "sticky"


def test_it_is_held_for_a_busy_previous_agent_and_then_goes_to_somebody_else() -> None:
    game = Play(settings(agent("ann"), agent("bob", capacity=1)))
    served_before(game, "bob")
    game.write("busy")
    game.command("bob", Verb.ACCEPT, on="busy")
    game.online("ann")
    game.write("new", customer="kim")
    assert game.stands("new") == ("held", None)
    assert game.doc("new").due_at == START + 7_500
    assert game.notes()[0].rule == "hold"
    game.due("new")
    assert game.stands("new") == ("offered", "ann")


def test_what_is_held_goes_to_the_previous_agent_when_his_slot_frees() -> None:
    game = Play(settings(agent("ann"), agent("bob", capacity=1)))
    served_before(game, "bob")
    game.write("busy")
    game.command("bob", Verb.ACCEPT, on="busy")
    game.online("ann")
    game.write("new", customer="kim")
    game.command("bob", Verb.COMPLETE, on="busy")
    assert game.stands("new") == ("offered", "bob")


def test_nothing_is_held_for_who_is_off_line_and_what_was_held_is_let_go() -> None:
    game = Play(settings(agent("ann"), agent("bob", capacity=1)))
    served_before(game, "bob")
    game.write("busy")
    game.command("bob", Verb.ACCEPT, on="busy")
    game.write("new", customer="kim")
    assert game.stands("new") == ("held", None)
    game.presence("bob", Presence.AWAY)
    assert game.stands("new") == ("waiting", None)
    game.write("other", customer="kim")
    assert game.stands("other") == ("waiting", None)


# -- what the customer writes meanwhile
def test_a_further_message_of_one_who_waits_keeps_his_age_and_updates_his_mood() -> None:
    game = Play(settings(agent("ann")))
    game.write("x")
    game.wait(30)
    game.write("x", mood=MoodLabel.ANGRY)
    assert game.doc("x").arrived_at == START
    assert game.doc("x").mood.label == MoodLabel.ANGRY
    assert game.stands("x") == ("waiting", None)


def test_needs_that_change_while_waiting_are_looked_at_at_once() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    game.write("x", needs=asks(("tax", 0.5)))
    assert game.stands("x") == ("waiting", None)
    game.write("x")
    assert game.stands("x") == ("offered", "ann")


def test_a_further_message_is_told_to_who_holds_it_or_is_offered_it() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    game.write("x")
    game.write("x")
    (told,) = game.told()
    assert (told.state, told.agent, told.epoch) == (AssignmentState.TURN, "ann", 1)
    assert told.turn is not None
    assert told.turn.text == "hello"
    game.command("ann", Verb.ACCEPT, on="x")
    game.write("x", mood=MoodLabel.FRUSTRATED)
    assert [each.state for each in game.told()] == [AssignmentState.TURN]
    assert game.doc("x").mood.label == MoodLabel.FRUSTRATED
    assert game.stands("x") == ("assigned", "ann")


def test_a_claim_is_told_to_who_holds_the_conversation_and_changes_nothing() -> None:
    game = Play(settings(agent("ann")))
    words = Turn(at=game.now, speaker=Speaker.CLAIMED, channel="email", text="Me too.")
    claim = ClaimCame(conversation=ConversationId("cnv_x"), turn=words)
    assert game.handle(claim) == [], "nobody has it"
    game.write("x")
    assert game.handle(claim) == [], "it waits"
    game.online("ann")
    for expected in (RoutingState.OFFERED, RoutingState.ASSIGNED):
        before = game.doc("x")
        assert before.state is expected
        (effect,) = game.handle(claim)
        (told,) = game.told()
        assert (told.state, told.agent) == (AssignmentState.CLAIMED, "ann")
        assert told.turn == words
        assert game.doc("x") == before
        assert isinstance(effect, Tell)
        game.command("ann", Verb.ACCEPT, on="x")
    game.command("ann", Verb.COMPLETE, on="x")
    assert game.handle(claim) == [], "it is over"


def test_a_closed_conversation_opens_again_under_a_new_epoch_and_age() -> None:
    game = held_by("ann")
    game.command("ann", Verb.REPLY, on="x", text="Done.")
    game.command("ann", Verb.COMPLETE, on="x", reason="solved")
    assert game.doc("x").closed_reason == "solved"
    game.wait(100)
    game.write("x")
    doc = game.doc("x")
    assert game.stands("x") == ("offered", "ann")
    assert doc.epoch == 3
    assert doc.arrived_at == START + 100_000
    assert doc.closed_reason == ""
    assert [turn.text for turn in doc.replies] == ["Done."]


@pytest.mark.parametrize("relax", [(0.5,), (0.001,)])
def test_who_waits_already_has_the_steps_of_new_settings_too(relax: tuple[float, ...]) -> None:
    needs = asks(("tax", 0.9))
    game = Play(settings(agent("ann", skills={"tax": 0.2}), relax=()))
    game.online("ann")
    game.write("x", needs=needs)
    assert game.doc("x").due_at == 0, "nothing is ever lowered"
    game.wait(10)
    after = Play(settings(agent("ann", skills={"tax": 0.2}), relax=relax))
    after.routing, after.agents, after.now = game.routing, game.agents, game.now
    after.restart()
    after.write("other", needs=needs)
    step_at = after.policy.next_step_at(after.doc("x"))
    assert after.doc("x").due_at == max(step_at, after.now + 1)
    after.due("x")
    assert after.stands("x") == ("offered", "ann")
