"""The engine: what agents may command, and what is refused them.

`Play` holds the invariants after each event as well.
"""

from __future__ import annotations

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.limits import (
    CONVERSATION_TURNS_MAX,
    REPLY_CHARACTERS_MAX,
    TURN_TEXT_CHARACTERS_MAX,
)
from maitred.router.events import SaveAgent, SaveRouting
from tests.router.play import START, Play, agent, held_by, settings


def reason(game: Play) -> str:
    (told,) = game.told()
    assert told.state == AssignmentState.REFUSED
    return told.reason


def test_an_accept_is_answered_and_a_repeated_one_changes_nothing() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x")
    (told,) = game.told()
    assert (told.state, told.command) == (AssignmentState.ASSIGNED, "c2")
    game.command("ann", Verb.ACCEPT, on="x")
    (told,) = game.told()
    assert (told.state, told.command) == (AssignmentState.ASSIGNED, "c3")
    assert not any(isinstance(each, SaveRouting | SaveAgent) for each in game.last)


def test_only_the_holder_under_the_present_epoch_may_speak() -> None:
    game = held_by("ann", "bob")
    game.command("ann", Verb.REPLY, on="x", text="Hello, Kim.")
    (said,) = game.said()
    assert (said.agent, said.agent_name, said.text) == ("ann", "ann", "Hello, Kim.")
    game.command("bob", Verb.REPLY, on="x", text="Me too.")
    assert reason(game) == "not_yours"
    game.command("ann", Verb.REPLY, on="x", text="Late.", epoch=0)
    assert reason(game) == "stale_epoch"
    assert [turn.text for turn in game.doc("x").replies] == ["Hello, Kim."]


def test_what_cannot_be_done_is_refused_with_its_reason() -> None:
    game = held_by("ann", "bob", "cyd", capacity=1)
    game.presence("cyd", Presence.OFFLINE)
    game.write("y")
    game.command("bob", Verb.ACCEPT, on="y")
    refusals = [
        ("ghost", Verb.REPLY, "x", {}, "unknown_agent"),
        ("ann", Verb.REPLY, "none", {"text": "Hi"}, "unknown_conversation"),
        ("ann", Verb.REPLY, None, {"text": "Hi"}, "bad_command"),
        ("ann", Verb.REPLY, "x", {"text": " \n"}, "bad_command"),
        ("ann", Verb.REPLY, "x", {"text": "a" * (REPLY_CHARACTERS_MAX + 1)}, "bad_command"),
        ("ann", Verb.REPLY, "x", {"text": "Hi", "id": ""}, "bad_command"),
        ("ann", Verb.REPLY, "x", {"text": "Hi", "id": "i" * 1_000}, "bad_command"),
        ("ann", Verb.UNKNOWN, "x", {}, "bad_command"),
        ("ann", Verb.PRESENCE, None, {}, "bad_command"),
        ("ann", Verb.PRESENCE, None, {"presence": "asleep"}, "bad_command"),
        ("ann", Verb.DECLINE, "x", {}, "wrong_state"),
        ("ann", Verb.TRANSFER, "x", {}, "bad_command"),
        ("ann", Verb.TRANSFER, "x", {"to": "ann"}, "bad_command"),
        ("ann", Verb.TRANSFER, "x", {"to": "ghost"}, "unknown_agent"),
        ("ann", Verb.TRANSFER, "x", {"to": "cyd"}, "agent_not_online"),
        ("ann", Verb.TRANSFER, "x", {"to": "bob"}, "agent_full"),
    ]
    for who, verb, on, fields, expected in refusals:
        game.command(who, verb, on=on, **fields)
        assert reason(game) == expected, (who, verb, on)
        assert len(game.last) == 1
    assert game.stands("x") == ("assigned", "ann")


def test_a_refusal_never_repeats_a_conversation_that_nobody_knows() -> None:
    game = Play(settings(agent("ann")))
    game.command("ann", Verb.ACCEPT, on="> *.evil", epoch=7)
    (told,) = game.told()
    assert told.conversation is None


def test_replies_are_kept_bounded_for_the_next_brief() -> None:
    game = held_by("ann")
    for number in range(CONVERSATION_TURNS_MAX + 3):
        game.command("ann", Verb.REPLY, on="x", text=f"{number} " + "a" * TURN_TEXT_CHARACTERS_MAX)
    replies = game.doc("x").replies
    assert len(replies) == CONVERSATION_TURNS_MAX
    assert replies[-1].cut
    assert len(replies[-1].text) == TURN_TEXT_CHARACTERS_MAX
    assert game.said()[0].text.startswith("22 ")
    assert len(game.said()[0].text) > TURN_TEXT_CHARACTERS_MAX


def test_a_requeued_conversation_keeps_its_age_and_passes_over_who_gave_it_back() -> None:
    game = held_by("ann", "bob")
    game.wait(20)
    game.command("ann", Verb.REQUEUE, on="x", reason="not mine")
    revoked, offered = game.told()
    assert (revoked.agent, revoked.reason, revoked.command) == ("ann", "requeued", "c4")
    assert (offered.agent, offered.arrived_at) == ("bob", START)
    assert game.doc("x").previous_agent == "ann"


def test_a_transfer_is_offered_to_the_chosen_agent_and_falls_back_if_he_declines() -> None:
    game = held_by("ann", "bob", "cyd")
    game.command("ann", Verb.TRANSFER, on="x", to="cyd")
    assert game.stands("x") == ("offered", "cyd")
    decision = game.told(AssignmentState.OFFERED)[0].decision
    assert decision is not None
    assert decision.rule == "transfer"
    assert game.doc("x").arrived_at == START
    game.command("cyd", Verb.DECLINE, on="x")
    assert game.stands("x") == ("offered", "bob")


def test_completion_frees_the_slot_and_a_repeated_one_is_answered_again() -> None:
    game = held_by("ann", capacity=1)
    game.write("y")
    game.command("ann", Verb.COMPLETE, on="x")
    assert game.stands("x") == ("closed", None)
    assert game.stands("y") == ("offered", "ann")
    assert [each.state for each in game.told()] == ["closed", "offered"]
    assert [note.rule for note in game.notes()] == ["completed"]
    game.command("ann", Verb.COMPLETE, on="x")
    assert [each.state for each in game.told()] == ["closed"]


def test_wrap_up_keeps_the_slot_for_its_time_and_a_customer_who_writes_ends_it() -> None:
    game = Play(settings(agent("ann", capacity=1), wrap_up_seconds=20))
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x")
    game.write("y")
    game.command("ann", Verb.COMPLETE, on="x", reason="done")
    (told,) = game.told()
    assert (told.reason, told.expires_at) == ("wrap_up", START + 20_000)
    game.write("x")
    assert game.stands("x") == ("assigned", "ann")
    game.command("ann", Verb.COMPLETE, on="x", reason="done")
    assert game.stands("y") == ("waiting", None)
    game.due("x")
    assert game.stands("x") == ("closed", None)
    assert game.doc("x").closed_reason == "done"
    assert game.stands("y") == ("offered", "ann")


def test_a_proof_is_asked_where_an_answer_can_give_it_and_nowhere_else() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    game.write("x", channel="email")
    game.command("ann", Verb.ACCEPT, on="x")
    game.command("ann", Verb.REPLY, on="x", text="Please answer.", asks_proof=True)
    assert [each.asks_proof for each in game.said()] == [True]
    game.command("ann", Verb.REPLY, on="x", text="Thank you.")
    assert [each.asks_proof for each in game.said()] == [False]
    game.write("x", channel="sms")
    game.command("ann", Verb.REPLY, on="x", text="Please answer.", asks_proof=True)
    assert reason(game) == "cannot_ask_proof"
