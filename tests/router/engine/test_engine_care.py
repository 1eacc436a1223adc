"""The engine: who served angry customers one after the other is spared the next for a while.

`Play` holds the invariants after each event as well.
"""

from __future__ import annotations

import pytest

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.message import MoodLabel
from tests.router.play import START, Play, agent, settings

ANGRY = MoodLabel.ANGRY


def served(count: int = 3, *more_agents: str, kind: str = "human", **more: object) -> Play:
    """Return a play in which ann accepted so many angry customers one after the other."""
    chosen = {"angry_in_a_row": 3, "cool_down_seconds": 100} | more
    agents = (agent("ann", kind=kind, capacity=9), *(agent(each) for each in more_agents))
    game = Play(settings(*agents, **chosen))
    game.online("ann")
    for number in range(count):
        game.write(f"angry{number}", mood=ANGRY)
        game.command("ann", Verb.ACCEPT, on=f"angry{number}")
    return game


def test_after_so_many_the_next_goes_to_another_or_waits_for_the_cool_down() -> None:
    game = served(3, "bob")
    assert game.agent("ann").spared_until == START + 100_000
    game.write("x", mood=ANGRY)
    assert game.stands("x") == ("waiting", None)
    (note,) = game.notes()
    assert [(each.agent, each.excluded) for each in note.candidates] == [("ann", "spared")]
    game.wait(99)
    game.write("calm")
    assert game.stands("calm") == ("offered", "ann")
    game.agent_due("ann")
    assert game.now == START + 100_000
    assert game.stands("x") == ("offered", "ann")
    assert (game.agent("ann").spared, game.agent("ann").angry_in_a_row) == (False, 0)


def test_another_customer_ends_it_at_once() -> None:
    game = served()
    game.write("x", mood=ANGRY)
    game.write("calm")
    game.command("ann", Verb.ACCEPT, on="calm")
    assert not game.agent("ann").spared
    assert game.stands("x") == ("offered", "ann")
    assert [each.state for each in game.told()] == ["assigned", "offered"]


@pytest.mark.parametrize("mood", [MoodLabel.CALM, MoodLabel.FRUSTRATED, MoodLabel.DELIGHTED])
def test_another_customer_in_between_begins_the_count_anew(mood: MoodLabel) -> None:
    game = served(2)
    game.write("other", mood=mood)
    game.command("ann", Verb.ACCEPT, on="other")
    for name in ("x", "y"):
        game.write(name, mood=ANGRY)
        game.command("ann", Verb.ACCEPT, on=name)
    assert not game.agent("ann").spared


def test_what_was_offered_before_does_not_make_others_wait_longer() -> None:
    game = served(2)
    for name in ("x", "y"):
        game.write(name, mood=ANGRY)
    game.command("ann", Verb.ACCEPT, on="x")
    until = game.agent("ann").spared_until
    game.wait(20)
    game.command("ann", Verb.ACCEPT, on="y")
    assert game.agent("ann").spared_until == until == START + 100_000


def test_a_declined_or_unanswered_offer_does_not_count() -> None:
    game = served(2, offer_seconds=10)
    for name in ("x", "y"):
        game.write(name, mood=ANGRY)
    game.command("ann", Verb.DECLINE, on="x")
    game.due("y")
    assert game.agent("ann").angry_in_a_row == 2


@pytest.mark.parametrize(
    "more", [{"kind": "ai"}, {"angry_in_a_row": 0}, {"cool_down_seconds": 0}], ids=str
)
def test_machines_need_no_care_and_it_can_be_switched_off(more: dict[str, object]) -> None:
    game = served(6, **more)  # type: ignore[arg-type]
    assert not game.agent("ann").spared
    game.write("x", mood=ANGRY)
    assert game.stands("x") == ("offered", "ann")


def test_it_ends_in_time_also_for_who_is_away_and_the_day_begins_without_it() -> None:
    game = served()
    game.presence("ann", Presence.AWAY)
    game.until("ann", 101)
    assert not game.agent("ann").spared
    game = served()
    game.presence("ann", Presence.OFFLINE)
    game.wait(10)
    game.write("x", mood=ANGRY)
    game.online("ann")
    assert game.agent("ann").angry_in_a_row == 0
    assert game.doc("x").agent == "ann"


def test_no_angry_customer_is_handed_to_who_is_spared() -> None:
    game = served(3, "bob", wrap_up_seconds=0)
    game.online("bob")
    game.write("x", mood=ANGRY)
    game.command("bob", Verb.ACCEPT, on="x")
    game.command("bob", Verb.TRANSFER, on="x", to="ann")
    (refused,) = game.told(AssignmentState.REFUSED)
    assert refused.reason == "agent_spared"
    assert game.stands("x") == ("assigned", "bob")


def test_who_waits_for_it_and_is_angry_no_more_is_taken_at_once() -> None:
    game = served()
    game.write("x", mood=ANGRY)
    assert game.stands("x") == ("waiting", None)
    game.write("x", mood=MoodLabel.CALM)
    assert game.stands("x") == ("offered", "ann")
