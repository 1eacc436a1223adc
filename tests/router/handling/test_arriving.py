"""What becomes of a conversation when its customer writes again, whoever has it or nobody."""

from __future__ import annotations

import pytest

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.message import MoodLabel
from tests.router.play import Play, agent, asks, settings

OFFERED, REVOKED, TURN = AssignmentState.OFFERED, AssignmentState.REVOKED, AssignmentState.TURN
HUMAN = asks(human_only=True)


def house(*online: str, **more: object) -> Play:
    """Return a house of one machine and two people, and let some come on line one by one."""
    game = Play(settings(agent("bot", kind="ai"), agent("ann"), agent("cyd"), **more))
    game.online(*online)
    return game


# -- what wants no answer
def test_what_wants_no_answer_opens_nothing_that_its_agent_is_about_to_finish() -> None:
    game = Play(settings(agent("ann", capacity=1), wrap_up_seconds=20))
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x")
    game.command("ann", Verb.COMPLETE, on="x", reason="solved")
    due_at = game.doc("x").due_at
    game.wait(5)
    game.write("x", is_quiet=True)
    assert game.stands("x") == ("wrapping", "ann")
    assert (game.doc("x").due_at, game.doc("x").closed_reason) == (due_at, "solved")
    assert [told.agent for told in game.told(TURN)] == ["ann"], "he hears of it all the same"
    game.write("x")
    assert game.stands("x") == ("assigned", "ann")


# -- what takes a human by now
def test_an_offer_to_a_machine_is_taken_back_when_what_is_written_takes_a_human() -> None:
    game = house("bot")
    game.write("x")
    assert game.stands("x") == ("offered", "bot")
    game.online("ann")
    game.write("x", needs=HUMAN)
    assert game.stands("x") == ("offered", "ann")
    assert [(told.agent, told.reason) for told in game.told(REVOKED)] == [("bot", "needs_human")]
    assert game.told(TURN) == [], "the brief of the new offer has it"
    game.command("bot", Verb.ACCEPT, on="x", epoch=1)
    assert [told.reason for told in game.told()] == ["stale_epoch"]


def test_while_there_are_no_people_it_waits_for_them_with_its_age() -> None:
    game = house("bot")
    game.write("x")
    game.wait(3)
    game.write("x", needs=HUMAN)
    assert game.stands("x") == ("waiting", None)
    game.wait(60)
    game.online("cyd")
    assert game.stands("x") == ("offered", "cyd")
    assert game.doc("x").arrived_at == game.now - 63_000


def test_of_several_who_were_asked_people_stay_asked() -> None:
    game = house("bot", "ann", "cyd", broadcast={"chat": 3})
    game.write("x")
    epoch = game.doc("x").epoch
    game.write("x", needs=HUMAN)
    assert {game.doc("x").agent, *game.doc("x").also} == {"ann", "cyd"}
    assert game.doc("x").epoch == epoch
    assert [told.agent for told in game.told(REVOKED)] == ["bot"]
    assert sorted(told.agent for told in game.told(TURN)) == ["ann", "cyd"]
    game.command("bot", Verb.ACCEPT, on="x")
    assert [told.reason for told in game.told()] == ["not_yours"]


def test_a_machine_that_serves_a_customer_who_asks_for_a_human_gives_him_up_to_one() -> None:
    game = house("bot")
    game.write("x")
    game.command("bot", Verb.ACCEPT, on="x")
    game.online("ann")
    game.write("x", needs=HUMAN)
    assert game.stands("x") == ("offered", "ann")
    assert [(told.agent, told.reason) for told in game.told(REVOKED)] == [("bot", "needs_human")]
    game.command("bot", Verb.REPLY, on="x", epoch=1, text="But I am still here!")
    assert [told.reason for told in game.told()] == ["stale_epoch"]


def test_where_no_human_could_ever_have_it_the_machine_that_serves_him_stays() -> None:
    game = Play(settings(agent("bot", kind="ai"), agent("ann", per_channel={"chat": 0})))
    game.online("bot", "ann")
    game.write("x")
    game.command("bot", Verb.ACCEPT, on="x")
    game.write("x", needs=HUMAN)
    assert game.stands("x") == ("assigned", "bot")
    assert [told.agent for told in game.told(TURN)] == ["bot"]


def test_a_machine_that_an_overflow_lets_in_stays_asked() -> None:
    lets_in = {"name": "night", "after": 0.5, "any_agent": True}
    game = house("bot", overflow=[lets_in], relax=())
    game.write("x", needs=HUMAN)
    assert game.stands("x") == ("waiting", None)
    game.due("x")
    assert game.stands("x") == ("offered", "bot")
    game.write("x", needs=HUMAN)
    assert game.stands("x") == ("offered", "bot")


# -- who may have a customer who is angry no more
@pytest.mark.parametrize(("presence", "taken"), [("online", True), ("away", False)])
def test_who_was_spared_a_customer_has_him_once_he_is_calm(presence: str, *, taken: bool) -> None:
    chosen = {"angry_in_a_row": 1, "cool_down_seconds": 900, "relax": (), "ramp_seconds": 0}
    game = Play(settings(agent("ann", capacity=2), **chosen))
    game.online("ann")
    game.write("x", mood=MoodLabel.ANGRY)
    game.command("ann", Verb.ACCEPT, on="x")
    game.write("y", mood=MoodLabel.ANGRY)
    assert game.stands("y") == ("waiting", None)
    game.presence("ann", Presence(presence))
    game.write("y", mood=MoodLabel.CALM)
    assert game.stands("y") == (("offered", "ann") if taken else ("waiting", None))
