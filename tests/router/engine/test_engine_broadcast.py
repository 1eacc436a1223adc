"""The engine: an offer to several, of whom the first who accepts has it.

`Play` holds the invariants after each event as well.
"""

from __future__ import annotations

import pytest

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.message import MoodLabel
from tests.router.play import START, Play, agent, asks, settings

NAMES = ("ann", "bob", "cyd")
ROUND = {"ann", "bob", "cyd"}


def offered(
    *agents: object, most: int = 3, online: tuple[str, ...] = NAMES, **more: object
) -> Play:
    """Return a play in which `x` is offered to several at once."""
    chosen = agents or tuple(agent(name) for name in NAMES)
    game = Play(settings(*chosen, broadcast={"chat": most}, **more))  # type: ignore[arg-type]
    game.online(*online)
    game.write("x")
    return game


def having(game: Play, name: str = "x") -> set[str]:
    doc = game.doc(name)
    return {doc.agent or "", *doc.also} - {""}


def revoked(game: Play) -> dict[str, str]:
    return {each.agent: each.reason for each in game.told(AssignmentState.REVOKED)}


def test_each_is_told_under_one_epoch_until_when_it_stands() -> None:
    game = offered()
    told = game.told(AssignmentState.OFFERED)
    assert {each.agent for each in told} == having(game) == ROUND
    assert {(each.epoch, each.expires_at) for each in told} == {(1, START + 30_000)}
    assert told[0].decision is not None
    assert all(each.decision == told[0].decision for each in told)
    assert not game.notes()


@pytest.mark.parametrize("first", NAMES)
def test_the_first_who_accepts_has_it_and_the_others_hear_that_it_is_taken(first: str) -> None:
    game = offered()
    game.command(first, Verb.ACCEPT, on="x")
    assert game.stands("x") == ("assigned", first)
    assert game.doc("x").also == ()
    assert game.told()[0].state == "assigned"
    assert revoked(game) == dict.fromkeys(ROUND - {first}, "taken")
    (note,) = game.notes()
    assert (note.rule, note.agent, note.epoch) == ("first_to_accept", first, 1)
    assert {name for name in NAMES if game.agent(name).missed_offers} == set()


def test_who_comes_late_is_told_so_whatever_he_does() -> None:
    game = offered()
    game.command("bob", Verb.ACCEPT, on="x")
    for verb, fields, reason in (
        (Verb.ACCEPT, {}, "taken"),
        (Verb.REPLY, {"text": "Me first!"}, "not_yours"),
        (Verb.DECLINE, {}, "not_yours"),
        (Verb.COMPLETE, {}, "not_yours"),
    ):
        game.command("ann", verb, on="x", **fields)
        assert [each.reason for each in game.told()] == [reason]
        assert not game.said()
    game.command("bob", Verb.COMPLETE, on="x")
    game.command("ann", Verb.ACCEPT, on="x")
    assert [each.reason for each in game.told()] == ["taken"]
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x", epoch=1)
    assert [each.reason for each in game.told()] == ["stale_epoch"]


def test_nobody_may_speak_before_he_has_it() -> None:
    game = offered()
    for name in NAMES:
        game.command(name, Verb.REPLY, on="x", text="Hello.")
        assert [each.reason for each in game.told()] == ["wrong_state"]


def test_an_open_offer_takes_up_room_with_each_and_the_losers_take_what_waits() -> None:
    game = offered(*(agent(name, capacity=1) for name in NAMES))
    for name in ("y", "z"):
        game.write(name)
        assert game.stands(name) == ("waiting", None)
    game.command("cyd", Verb.ACCEPT, on="x")
    assert {*having(game, "y"), *having(game, "z")} == {"ann", "bob"}


def test_who_declines_leaves_it_to_the_others_and_when_all_did_the_next_are_asked() -> None:
    game = offered(*(agent(name) for name in (*NAMES, "dan")))
    game.online("dan")
    for name in NAMES[:2]:
        game.command(name, Verb.DECLINE, on="x", reason="tool_down")
        assert revoked(game) == {name: "declined"}
        assert [(note.rule, note.reason) for note in game.notes()] == [("declined", "tool_down")]
        assert name not in having(game)
        assert game.doc("x").epoch == 1
    assert having(game) == {"cyd"}
    game.command("cyd", Verb.DECLINE, on="x")
    assert having(game) == {"dan"}
    assert game.doc("x").declined == NAMES
    assert game.doc("x").epoch == 2
    assert game.doc("x").arrived_at == START


def test_one_who_declined_cannot_come_back_to_it() -> None:
    game = offered()
    game.command("ann", Verb.DECLINE, on="x")
    game.command("ann", Verb.ACCEPT, on="x")
    assert [each.reason for each in game.told()] == ["not_yours"]
    game.command("bob", Verb.ACCEPT, on="x")
    assert game.stands("x") == ("assigned", "bob")
    assert revoked(game) == {"cyd": "taken"}


def test_when_its_time_is_up_all_have_missed_it_and_are_passed_over() -> None:
    game = offered()
    game.write("y")
    game.command("ann", Verb.DECLINE, on="x")
    game.due("x")
    assert revoked(game) == {"bob": "timeout", "cyd": "timeout"}
    assert set(game.doc("x").declined) == ROUND
    assert game.stands("x") == ("waiting", None)
    assert {name: game.agent(name).missed_offers for name in NAMES} == {
        "ann": 0,
        "bob": 1,
        "cyd": 1,
    }
    game.due("y")
    assert {name for name in NAMES if game.agent(name).presence == Presence.AWAY} == {"bob", "cyd"}


@pytest.mark.parametrize("presence", [Presence.AWAY, Presence.OFFLINE])
def test_who_goes_leaves_it_to_the_others_without_being_passed_over(presence: Presence) -> None:
    game = offered()
    game.presence("ann", presence)
    assert having(game) == {"bob", "cyd"}
    assert game.doc("x").declined == ()
    for name in ("bob", "cyd"):
        game.presence(name, presence)
    assert game.stands("x") == ("waiting", None)
    game.online("ann")
    assert "ann" in having(game)


def test_who_left_the_settings_is_dropped_at_the_next_event() -> None:
    game = offered()
    first = game.doc("x").agent
    rest = tuple(agent(name) for name in NAMES if name != first)
    game.settings = settings(*rest, broadcast={"chat": 3})
    game.restart()
    game.write("y")
    assert having(game) == ROUND - {first}
    assert game.doc("x").epoch == 1


def test_what_the_customer_writes_meanwhile_is_told_to_each() -> None:
    game = offered()
    game.write("x", mood=MoodLabel.ANGRY)
    assert {each.agent for each in game.told(AssignmentState.TURN)} == ROUND
    game.command("ann", Verb.ACCEPT, on="x")
    assert game.agent("ann").angry_in_a_row == 1


def test_machines_hear_no_decision_where_it_would_say_whom_the_customer_seems_to_be() -> None:
    chosen = (agent("ann"), agent("bot", kind="ai"), agent("cyd", kind="ai"))
    game = Play(settings(*chosen, broadcast={"chat": 3}, sigma=0.0))
    game.online("ann")
    game.write("old", customer="kim")
    game.command("ann", Verb.ACCEPT, on="old")
    game.command("ann", Verb.COMPLETE, on="old")
    game.presence("ann", Presence.AWAY)
    game.online("bot", "cyd")
    game.write("x", customer="stranger", hint="kim")
    assert game.doc("x").seems
    told = game.told(AssignmentState.OFFERED)
    assert {each.agent for each in told} == {"bot", "cyd"}
    assert all(each.decision is None for each in told)
    assert len(game.notes()) == 1


def test_where_one_finds_that_it_takes_a_human_machines_hear_it_no_more() -> None:
    chosen = (agent("ann"), agent("bot", kind="ai"), agent("cyd", kind="ai"))
    game = offered(*chosen, online=("ann", "bot", "cyd"))
    game.command("bot", Verb.DECLINE, on="x", reason="needs_human_authority")
    assert revoked(game) == {"bot": "declined", "cyd": "needs_human"}
    assert having(game) == {"ann"}
    assert game.doc("x").needs.human_only


def test_only_whom_it_suits_is_asked() -> None:
    game = offered(agent("ann", skills={"tax": 1}), agent("bob"), online=("ann", "bob"))
    game.write("y", needs=asks(("tax", 0.5)))
    assert having(game, "y") == {"ann"}
