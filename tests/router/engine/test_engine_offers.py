"""The engine: offers that run out, agents who come and go, and starting again.

`Play` holds the invariants after each event as well.
"""

from __future__ import annotations

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.limits import CLOSED_AGE_MS, OFFERS_MISSED_MAX
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import Due
from maitred.router.engine import Engine
from maitred.router.events import DueCame
from tests.router.play import START, TENANT, Play, agent, asks, held_by, settings


# -- offers
def test_an_unanswered_offer_is_taken_back_and_the_next_agent_is_asked() -> None:
    game = Play(settings(agent("ann"), agent("bob")))
    game.online("ann", "bob")
    game.write("x")
    game.due("x")
    revoked, offered = game.told()
    assert (revoked.state, revoked.agent, revoked.reason) == ("revoked", "ann", "timeout")
    assert (revoked.epoch, offered.epoch) == (1, 2)
    assert (offered.state, offered.agent) == ("offered", "bob")
    assert game.agents[AgentId("ann")].missed_offers == 1
    assert game.doc("x").arrived_at == START


def test_who_misses_too_many_offers_in_a_row_is_away_and_loses_his_other_offers() -> None:
    game = Play(settings(agent("ann", capacity=5)))
    game.online("ann")
    for name in "abc":
        game.write(name)
    for name in "abc"[:OFFERS_MISSED_MAX]:
        game.due(name)
    assert game.agents[AgentId("ann")].presence == Presence.AWAY
    assert {game.stands(name) for name in "abc"} == {("waiting", None)}
    game.online("ann")
    assert game.agents[AgentId("ann")].missed_offers == 0
    assert game.stands("c") == ("offered", "ann")


def test_an_accepted_offer_resets_the_count_of_missed_ones() -> None:
    game = Play(settings(agent("ann", capacity=5)))
    game.online("ann")
    game.write("a")
    game.due("a")
    game.write("b")
    game.command("ann", Verb.ACCEPT, on="b")
    assert game.agents[AgentId("ann")].missed_offers == 0


def test_who_declined_is_passed_over_for_a_round_and_asked_again_after_it() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.DECLINE, on="x", reason="lunch")
    assert game.stands("x") == ("waiting", None)
    assert game.doc("x").declined == ("ann",)
    assert game.told()[0].reason == "declined"
    game.due("x")
    assert game.stands("x") == ("offered", "ann")


def test_a_deadline_that_was_overtaken_does_nothing() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    game.write("x")
    doc = game.doc("x")
    game.command("ann", Verb.ACCEPT, on="x")
    game.now = doc.due_at
    for epoch, due_at in ((doc.epoch, doc.due_at), (doc.epoch, 0), (doc.epoch + 1, 0)):
        due = Due(conversation=doc.conversation, epoch=epoch, due_at=due_at)
        assert game.handle(DueCame(due)) == []
    unknown = Due(conversation=ConversationId("cnv_none"), epoch=0, due_at=1)
    assert game.handle(DueCame(unknown)) == []


def test_demands_on_skill_are_lowered_in_steps_but_the_skill_stays() -> None:
    game = Play(
        settings(agent("ann", skills={"tax": 0.3}), agent("bob", skills={"law": 1}), relax=(0.1,))
    )
    game.online("ann", "bob")
    game.write("x", needs=asks(("tax", 0.8)))
    assert game.stands("x") == ("waiting", None)
    assert game.doc("x").due_at == START + 6_000
    game.due("x")
    assert game.stands("x") == ("offered", "ann")
    assert game.doc("x").step == 1


def test_a_language_nobody_speaks_is_no_bar_after_the_last_step() -> None:
    game = Play(settings(agent("ann", languages={"en": 1}), relax=(0.1,)))
    game.online("ann")
    game.write("x", needs=asks(language="fi"))
    assert game.stands("x") == ("waiting", None)
    game.due("x")
    assert game.stands("x") == ("offered", "ann")


# -- presence
def test_off_line_hands_everything_back_with_its_age_and_away_keeps_what_was_accepted() -> None:
    for presence, expected in (
        (Presence.OFFLINE, ("waiting", None)),
        (Presence.AWAY, ("assigned", "ann")),
    ):
        game = held_by("ann")
        game.write("y")
        game.wait(10)
        game.presence("ann", presence)
        assert game.stands("x") == expected
        assert game.stands("y") == ("waiting", None)
        assert game.doc("y").arrived_at == START
        revoked = game.told(AssignmentState.REVOKED)
        assert {each.reason for each in revoked} == {f"agent_{presence.value}"}


def test_off_line_closes_what_was_complete() -> None:
    game = Play(settings(agent("ann"), wrap_up_seconds=60))
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x")
    game.command("ann", Verb.COMPLETE, on="x")
    game.presence("ann", Presence.OFFLINE)
    assert game.stands("x") == ("closed", None)


# -- starting again
def test_work_of_an_agent_who_left_the_settings_is_handed_on_at_the_next_event() -> None:
    game = held_by("ann", "bob")
    game.settings = settings(agent("bob"))
    game.restart()
    game.write("y")
    assert game.stands("x") == ("offered", "bob")
    assert game.doc("x").arrived_at == START


def test_time_never_runs_backwards() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    game.wait(60)
    game.write("x")
    game.wait(-50)
    game.command("ann", Verb.ACCEPT, on="x")
    assert game.doc("x").state_at == START + 60_000


def test_closed_conversations_are_forgotten_when_their_documents_expire() -> None:
    game = held_by("ann")
    game.command("ann", Verb.COMPLETE, on="x")
    engine = Engine(game.settings, game.policy, TENANT)
    engine.load(game.routing.values(), game.agents.values())
    due = DueCame(Due(conversation=ConversationId("cnv_x"), epoch=1, due_at=0))
    engine.handle(due, START + CLOSED_AGE_MS - 1)
    assert engine.house.get(ConversationId("cnv_x")) is not None
    engine.handle(due, START + CLOSED_AGE_MS)
    assert engine.house.get(ConversationId("cnv_x")) is None
    assert engine.house.last_agent(game.doc("x").customer) is None


def test_several_that_lose_their_agent_at_once_are_placed_the_most_urgent_first() -> None:
    game = Play(settings(agent("ann", capacity=3), agent("bob", capacity=1)))
    game.online("ann")
    game.write("calm")
    game.write("angry", mood=MoodLabel.ANGRY)
    for name in ("calm", "angry"):
        game.command("ann", Verb.ACCEPT, on=name)
    game.online("bob")
    game.presence("ann", Presence.OFFLINE)
    assert game.stands("angry") == ("offered", "bob")
    assert game.stands("calm") == ("waiting", None)
