"""Scenarios of the engine, by name; `Play` holds the invariants after each event as well."""

from __future__ import annotations

import pytest

from maitred.contracts.agents import (
    AgentKind,
    AssignmentState,
    Due,
    Presence,
    Verb,
)
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.limits import (
    CLOSED_AGE_MS,
    CONVERSATION_TURNS_MAX,
    OFFERS_MISSED_MAX,
    REPLY_CHARACTERS_MAX,
    TURN_TEXT_CHARACTERS_MAX,
)
from maitred.contracts.message import MoodLabel
from maitred.router.engine import Engine
from maitred.router.events import DueCame, SaveAgent, SaveRouting
from tests.router.play import START, TENANT, Play, agent, asks, settings


def held_by(name: str, *others: str, **more: object) -> Play:
    """Return a play in which `name` holds conversation `x`."""
    game = Play(settings(*(agent(each, **more) for each in (name, *others))))
    game.online(name)
    game.write("x")
    game.command(name, Verb.ACCEPT, on="x")
    game.online(*others)
    return game


def reason(game: Play) -> str:
    (told,) = game.told()
    assert told.state == AssignmentState.REFUSED
    return told.reason


# -- arrival
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
    game = Play(settings(agent("ann", languages={"en": 1})))
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


# -- commands
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
