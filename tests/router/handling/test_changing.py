"""What an operator's split, join, undo or erasure does to who has a conversation."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.operations import ChangeKind, ConversationChange
from maitred.contracts.routing import Handoff, RoutingState
from maitred.router.engine import Engine
from maitred.router.events import ChangeCame, Forget, Note, SaveRouting
from tests.router.play import START, TENANT, Play, agent, asks, held_by, settings

OPENED, CHANGED, JOINED, ERASED = (
    ChangeKind.OPENED,
    ChangeKind.CHANGED,
    ChangeKind.JOINED,
    ChangeKind.ERASED,
)


def both(game: Play, *, other: str = "bob") -> None:
    """Let `ann` hold x already; let another one hold y."""
    game.write("y")
    offered = game.doc("y").agent
    assert offered == other
    game.command(other, Verb.ACCEPT, on="y")


# -- a split, or a join that is undone
def test_what_was_split_off_goes_to_who_had_it_with_the_age_of_its_first_message() -> None:
    game = held_by("ann", "bob")
    game.wait(600)
    game.change(OPENED, "n", arrived_at=START - 5, agent="ann")
    assert game.stands("n") == ("offered", "ann")
    assert game.doc("n").arrived_at == START - 5
    (offer,) = game.told(AssignmentState.OFFERED)
    assert offer.arrived_at == START - 5
    assert offer.decision is not None
    assert offer.decision.rule == "sticky"


def test_the_older_of_two_that_wait_is_taken_first_though_it_was_split_off_last() -> None:
    game = Play(settings(agent("ann", capacity=1)))
    game.online("ann")
    for name in ("x", "y"):
        game.wait(60)
        game.write(name)
    game.command("ann", Verb.ACCEPT, on="x")
    game.wait(60)
    game.change(OPENED, "n", arrived_at=START)
    game.command("ann", Verb.COMPLETE, on="x")
    assert (game.stands("n"), game.stands("y")) == (("offered", "ann"), ("waiting", None))


def test_whoever_holds_what_messages_were_taken_from_hears_what_it_is_now() -> None:
    game = held_by("ann")
    game.change(CHANGED, "x", needs=asks(("tax", 0.3)), may_read=True, act_until=START + 9)
    (told,) = game.told()
    assert (told.state, told.reason, told.agent) == (AssignmentState.UPDATED, "changed", "ann")
    assert (told.may_read, told.act_until) == (True, START + 9)
    assert told.epoch == game.doc("x").epoch
    assert game.doc("x").needs == asks(("tax", 0.3))


def test_what_waits_is_looked_at_again_when_it_asks_for_less() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    game.write("x", needs=asks(("tax", 0.3)))
    assert game.stands("x") == ("waiting", None)
    game.change(CHANGED, "x", needs=asks())
    assert game.stands("x") == ("offered", "ann")


@pytest.mark.parametrize("kind", [CHANGED, JOINED])
def test_what_is_over_or_unknown_is_not_opened_by_a_change(kind: ChangeKind) -> None:
    game = held_by("ann")
    game.command("ann", Verb.COMPLETE, on="x")
    for name in ("x", "z"):
        assert game.change(kind, name, into="y" if kind is JOINED else "") == []
    assert set(game.routing) == {"cnv_x"}


def test_messages_that_come_back_open_what_is_over_again() -> None:
    game = held_by("ann")
    game.command("ann", Verb.COMPLETE, on="x")
    epoch = game.doc("x").epoch
    game.change(OPENED, "x", arrived_at=START - 9)
    assert game.stands("x") == ("offered", "ann")
    assert game.doc("x").epoch > epoch
    assert game.doc("x").arrived_at == START - 9


def test_messages_that_come_back_to_who_has_it_only_make_it_older() -> None:
    game = held_by("ann")
    game.change(OPENED, "x", arrived_at=START - 9, agent="bob")
    assert game.stands("x") == ("assigned", "ann")
    assert game.doc("x").arrived_at == START - 9
    assert [each.state for each in game.told()] == [AssignmentState.UPDATED]


# -- a join
def test_a_join_frees_one_agent_and_the_other_hears_what_his_conversation_is_now() -> None:
    game = held_by("ann", "bob")
    game.wait(60)
    both(game)
    game.wait(60)
    before = game.doc("x").epoch
    game.change(JOINED, "x", into="y")
    assert game.stands("x") == ("closed", None)
    assert game.stands("y") == ("assigned", "bob")
    assert game.doc("y").arrived_at == START
    assert game.doc("x").closed_reason == "joined"
    revoked, updated = game.told()
    assert (revoked.state, revoked.agent, revoked.reason) == ("revoked", "ann", "joined")
    assert revoked.epoch == before
    assert (updated.state, updated.agent, updated.reason) == ("updated", "bob", "joined")
    assert [each.rule for each in game.notes()] == ["joined"]


def test_what_is_said_of_a_conversation_that_was_joined_comes_too_late() -> None:
    game = held_by("ann", "bob")
    both(game)
    epoch = game.doc("x").epoch
    game.change(JOINED, "x", into="y")
    for verb in (Verb.REPLY, Verb.COMPLETE, Verb.REQUEUE):
        game.command("ann", verb, on="x", epoch=epoch, text="Gladly.")
        (told,) = game.told()
        assert (told.state, told.reason) == (AssignmentState.REFUSED, "stale_epoch")


def test_a_join_takes_an_offer_back() -> None:
    game = Play(settings(agent("ann"), agent("bob")))
    game.online("ann", "bob")
    game.write("y")
    game.write("x")
    asked = game.doc("x").agent
    game.change(JOINED, "x", into="y")
    revoked = game.told(AssignmentState.REVOKED)
    assert [(each.agent, each.reason) for each in revoked] == [(asked, "joined")]
    assert game.doc("x").previous_agent is None


def test_joined_into_what_waits_it_goes_to_who_held_the_one_that_went_up() -> None:
    game = Play(settings(agent("ann", capacity=1), agent("bob", capacity=1)))
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x")
    game.wait(60)
    game.write("y")
    assert game.stands("y") == ("waiting", None)
    game.change(JOINED, "x", into="y")
    assert game.stands("y") == ("offered", "ann")
    assert game.doc("y").arrived_at == START


@pytest.mark.parametrize("state", ["closed", "unknown"])
def test_joined_into_what_is_over_that_one_begins_anew(state: str) -> None:
    game = held_by("ann")
    if state == "closed":
        game.write("y")
        game.command("ann", Verb.ACCEPT, on="y")
        game.command("ann", Verb.COMPLETE, on="y")
    game.wait(60)
    game.change(JOINED, "x", into="y")
    assert game.stands("y") == ("offered", "ann")
    assert game.doc("y").arrived_at == START


def test_joined_into_what_waits_it_is_looked_at_again_for_what_the_other_was_asked_for() -> None:
    staff = agent("ann", capacity=1), agent("tax", skills={"tax": 0.8}), agent("jr", capacity=1)
    game = Play(settings(*staff, relax=(0.1, 0.5)))
    game.online("ann")
    game.write("x")
    game.write("y")
    game.command("ann", Verb.ACCEPT, on="x")
    game.command("ann", Verb.TRANSFER, on="x", skills={"tax": 0.8})
    game.presence("ann", Presence.OFFLINE)
    assert (game.stands("x"), game.stands("y")) == (("waiting", None), ("waiting", None))
    assert game.doc("y").due_at == 0, "it asks for nothing, so nothing can be lowered"
    game.change(JOINED, "x", into="y")
    assert game.doc("y").needs == game.doc("x").needs
    assert 0 < game.doc("y").due_at == game.policy.next_step_at(game.doc("y"))


def test_a_change_after_which_it_takes_a_human_takes_the_offer_from_a_machine() -> None:
    game = Play(settings(agent("bot", kind="ai"), agent("ann")))
    game.online("bot")
    game.write("x")
    game.online("ann")
    game.change(CHANGED, "x", needs=asks(human_only=True))
    assert game.stands("x") == ("offered", "ann")
    assert [each.state for each in game.told()] == [
        AssignmentState.REVOKED,
        AssignmentState.OFFERED,
    ]


def test_joined_into_what_is_about_to_end_the_holder_has_it_again() -> None:
    game = Play(settings(agent("ann"), wrap_up_seconds=60))
    game.online("ann")
    for name in ("x", "y"):
        game.write(name)
        game.command("ann", Verb.ACCEPT, on=name)
    game.command("ann", Verb.COMPLETE, on="y")
    game.change(JOINED, "x", into="y")
    assert game.stands("y") == ("assigned", "ann")
    assert not game.doc("y").due_at


def test_an_undone_join_leaves_nothing_in_the_other_of_what_was_handed_on_with_the_first() -> None:
    game = held_by("ann", "bob")
    game.command("ann", Verb.TRANSFER, on="x", to="bob", handoff=Handoff(summary="Kim moved."))
    game.write("y")
    game.change(JOINED, "x", into="y")
    game.change(OPENED, "x", arrived_at=START)
    game.change(CHANGED, "y")
    assert game.doc("y").handoff is None
    assert game.doc("x").handoff == Handoff(summary="Kim moved.")


def test_an_undone_join_gives_both_back_to_who_had_them() -> None:
    game = held_by("ann", "bob")
    both(game)
    game.command("ann", Verb.REPLY, on="x", text="Gladly.")
    game.change(JOINED, "x", into="y")
    game.wait(60)
    game.change(OPENED, "x", arrived_at=START)
    game.change(CHANGED, "y")
    assert game.stands("x") == ("offered", "ann")
    assert game.stands("y") == ("assigned", "bob")
    assert [each.text for each in game.doc("x").replies] == ["Gladly."]
    assert game.doc("x").arrived_at == START


# -- an erasure
@pytest.mark.parametrize("state", ["waiting", "offered", "assigned", "wrapping", "closed"])
def test_of_what_is_erased_nothing_is_written_and_nothing_is_known(state: str) -> None:
    game = Play(settings(agent("ann", capacity=1), wrap_up_seconds=60 * (state != "closed")))
    game.online("ann")
    if state == "waiting":
        game.write("before")
    game.write("x")
    if state in {"assigned", "wrapping", "closed"}:
        game.command("ann", Verb.ACCEPT, on="x")
    if state in {"wrapping", "closed"}:
        game.command("ann", Verb.COMPLETE, on="x")
    assert game.doc("x").state == state
    holder = game.doc("x").agent
    game.change(ERASED, "x")
    assert [each for each in game.last if isinstance(each, Forget)]
    assert not [each for each in game.last if isinstance(each, SaveRouting | Note)]
    told = [(each.agent, each.state, each.reason) for each in game.told()]
    assert told == ([("ann", AssignmentState.REVOKED, "erased")] if holder else [])
    assert game.engine.house.get(game.last[0].conversation) is None  # type: ignore[union-attr]
    assert game.change(ERASED, "x") == []
    game.command("ann", Verb.REPLY, on="x", text="Gladly.")
    (refused,) = game.told()
    assert (refused.reason, refused.conversation) == ("unknown_conversation", None)


def test_an_erasure_frees_its_agent_for_what_waits() -> None:
    game = held_by("ann", capacity=1)
    game.write("y")
    assert game.stands("y") == ("waiting", None)
    game.change(ERASED, "x")
    assert game.stands("y") == ("offered", "ann")


def test_who_served_somebody_who_is_erased_is_not_remembered() -> None:
    game = Play(settings(agent("ann"), agent("bob")))
    game.online("ann")
    game.write("x", customer="kim")
    game.command("ann", Verb.ACCEPT, on="x")
    game.command("ann", Verb.COMPLETE, on="x")
    game.change(ERASED, "x")
    game.write("y", customer="kim")
    assert game.doc("y").previous_agent is None


def test_a_document_that_was_emptied_for_an_erasure_does_not_come_back_to_life() -> None:
    game = held_by("ann")
    emptied = msgspec.structs.replace(
        game.doc("x"), state=RoutingState.CLOSED, agent=None, due_at=0, closed_reason="erased"
    )
    engine = Engine(game.settings, game.policy, TENANT)
    engine.load([emptied], game.agents.values())
    assert engine.house.docs() == []


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ChangeKind.UNKNOWN},
        {"kind": OPENED},
        {"kind": CHANGED},
        {"kind": ERASED, "conversation": "cnv_z"},
    ],
)
def test_a_change_that_says_nothing_does_nothing(change: dict[str, Any]) -> None:
    game = held_by("ann")
    said = msgspec.convert({"conversation": "cnv_x", "at": START, **change}, ConversationChange)
    assert game.handle(ChangeCame(said)) == []
