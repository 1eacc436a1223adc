"""What the holder says: later, in other words, not at all, and what of it did not arrive."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts.agents import Admitted, AgentKind, Command, Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import AgentId, ConversationId, OutboundId
from maitred.contracts.limits import DAY_MS, SCHEDULED_MAX, SCHEDULED_MS_MAX, UTTERED_MAX
from maitred.contracts.outbound import OutboundKind, Undelivered
from maitred.contracts.routing import Due, Uttered
from maitred.router.engine import Engine
from maitred.router.events import CommandCame, DueCame, Say, SendDue, TakeBack, UndeliveredCame
from tests.router.play import START, TENANT, Play, agent, reads_at, settings

LATER = START + DAY_MS


@pytest.fixture
def game() -> Play:
    """A conversation that ann holds; bob is there as well."""
    made = Play(settings(agent("ann"), agent("bob")), reload=True)
    made.online("ann")
    made.write("x", reply_to=reads_at("home"))
    made.command("ann", Verb.ACCEPT, on="x")
    made.online("bob")
    return made


def refusal(game: Play) -> str:
    return next((each.reason for each in game.told() if each.state is AssignmentState.REFUSED), "")


def said(game: Play) -> list[Say]:
    return [each for each in game.last if isinstance(each, Say)]


def pending(game: Play) -> list[Uttered]:
    return [each for each in game.doc("x").uttered if each.send_at]


def come_due(game: Play, each: Uttered) -> None:
    game.now = max(game.now, each.send_at)
    conversation = ConversationId("cnv_x")
    game.handle(DueCame(Due(conversation=conversation, reply=each.reply, due_at=each.send_at)))


def test_what_an_ai_says_is_known_as_no_person_s() -> None:
    game = Play(settings(agent("robin", kind=AgentKind.AI), agent("ann")))
    for each in ("robin", "ann"):
        game.online(each)
        game.write(each, reply_to=reads_at("home"))
        game.command(each, Verb.ACCEPT, on=each)
        game.command(each, Verb.REPLY, on=each, text="Hello.")
        assert [say.by_machine for say in said(game)] == [each == "robin"]
        game.command(each, Verb.PRESENCE, presence=Presence.AWAY)


# -- later
def test_what_is_said_for_later_answers_nobody_until_it_is_sent(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="Tomorrow.", send_at=LATER)
    (say,) = said(game)
    assert (say.send_at, say.text) == (LATER, "Tomorrow.")
    before = game.doc("x")
    assert (before.unanswered, before.replies) == (1, ())
    (waiting,) = pending(game)
    come_due(game, waiting)
    assert [each for each in game.last if isinstance(each, SendDue)] == [
        SendDue(ConversationId("cnv_x"), say.reply)
    ]
    after = game.doc("x")
    assert (after.unanswered, [turn.text for turn in after.replies]) == (0, ["Tomorrow."])
    assert pending(game) == []


def test_its_time_comes_once_and_an_earlier_word_of_it_does_nothing(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="Tomorrow.", send_at=LATER)
    (waiting,) = pending(game)
    come_due(game, msgspec.structs.replace(waiting, send_at=LATER - 1))
    assert not any(isinstance(each, SendDue) for each in game.last)
    come_due(game, waiting)
    come_due(game, waiting)
    assert not any(isinstance(each, SendDue) for each in game.last)


def test_it_is_sent_though_the_conversation_was_closed_or_is_somebody_elses(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="One.", send_at=LATER)
    game.command("ann", Verb.COMPLETE, on="x")
    game.command("ann", Verb.COMPLETE, on="x")
    (waiting,) = pending(game)
    come_due(game, waiting)
    assert any(isinstance(each, SendDue) for each in game.last)


def test_a_customer_who_comes_again_finds_what_waits_still_waiting(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="One.", send_at=LATER)
    game.command("ann", Verb.COMPLETE, on="x")
    game.command("ann", Verb.COMPLETE, on="x")
    game.write("x")
    assert len(pending(game)) == 1


@pytest.mark.parametrize("named", ["command", "reply"])
def test_who_said_it_may_take_it_back_by_either_name(game: Play, named: str) -> None:
    game.command("ann", Verb.REPLY, on="x", text="One.", send_at=LATER, id="mine")
    (waiting,) = pending(game)
    game.command("ann", Verb.CANCEL, on="x", target=getattr(waiting, named))
    assert TakeBack(ConversationId("cnv_x"), waiting.reply) in game.last
    assert pending(game) == []
    come_due(game, waiting)
    assert not any(isinstance(each, SendDue) for each in game.last)


def test_whoever_has_it_next_may_take_it_back_and_who_has_it_no_longer_may_not(
    game: Play,
) -> None:
    game.command("ann", Verb.REPLY, on="x", text="One.", send_at=LATER, id="mine")
    (waiting,) = pending(game)
    game.command("ann", Verb.TRANSFER, on="x", to="bob")
    game.command("bob", Verb.ACCEPT, on="x")
    game.command("ann", Verb.CANCEL, on="x", target="mine")
    assert refusal(game) == "not_yours"
    game.command("bob", Verb.CANCEL, on="x", target="mine")
    assert refusal(game) == "unknown_reply"  # that is ann's name for it
    game.command("bob", Verb.CANCEL, on="x", target=waiting.reply)
    assert pending(game) == []


def test_what_was_sent_cannot_be_taken_back(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="One.", id="mine")
    game.command("ann", Verb.CANCEL, on="x", target="mine")
    assert refusal(game) == "already_sent"


def test_a_time_that_has_passed_is_now(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="One.", send_at=game.now - 1)
    assert [each.send_at for each in said(game)] == [0]
    assert game.doc("x").unanswered == 0


def test_how_far_ahead_and_how_many_is_bounded(game: Play) -> None:
    too_late = game.now + SCHEDULED_MS_MAX + 1
    game.command("ann", Verb.REPLY, on="x", text="One.", send_at=too_late)
    assert refusal(game) == "bad_send_at"
    for number in range(SCHEDULED_MAX):
        game.command("ann", Verb.REPLY, on="x", text=f"{number}.", send_at=LATER + number)
        assert refusal(game) == ""
    game.command("ann", Verb.REPLY, on="x", text="One more.", send_at=LATER)
    assert refusal(game) == "too_many_scheduled"
    assert len(pending(game)) == SCHEDULED_MAX


def test_where_closed_conversations_are_soon_forgotten_less_lies_ahead() -> None:
    game = Play(settings(agent("ann")))
    game.engine = Engine(game.settings, game.policy, TENANT, closed_ms=2 * DAY_MS)
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x")
    game.command("ann", Verb.REPLY, on="x", text="One.", send_at=game.now + DAY_MS + 1)
    assert refusal(game) == "bad_send_at"


# -- edits
def test_who_said_something_may_say_it_in_other_words(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="On Monday.", id="mine")
    (first,) = said(game)
    game.wait(5)
    game.command("ann", Verb.EDIT, on="x", text="On Tuesday.", target="mine")
    (edit,) = said(game)
    assert (edit.kind, edit.target, edit.text) == (OutboundKind.EDIT, first.reply, "On Tuesday.")
    assert edit.reply != first.reply
    (turn,) = game.doc("x").replies
    assert (turn.text, turn.at, turn.edited_at) == ("On Tuesday.", START, game.now)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"text": "New.", "target": "yours"}, "unknown_reply"),
        ({"text": "New.", "target": ""}, "unknown_reply"),
        ({"text": " ", "target": "mine"}, "bad_command"),
        ({"text": "New.", "target": "later"}, "not_sent_yet"),
        ({"text": "New.", "target": "mine", "rests_on": "history"}, "needs_proof"),
    ],
)
def test_an_edit_is_refused_where_it_makes_no_sense(
    game: Play, more: dict[str, str], why: str
) -> None:
    game.command("ann", Verb.REPLY, on="x", text="Old.", id="mine")
    game.command("ann", Verb.REPLY, on="x", text="Later.", id="later", send_at=LATER)
    game.command("ann", Verb.EDIT, on="x", **more)
    assert refusal(game) == why
    assert said(game) == []


def test_an_edit_does_not_follow_the_customer_to_where_he_has_not_seen_the_reply(
    game: Play,
) -> None:
    game.command("ann", Verb.REPLY, on="x", text="Old.", id="mine")
    game.write("x", reply_to=reads_at("kiosk"))
    game.command("ann", Verb.EDIT, on="x", text="New.", target="mine")
    assert refusal(game) == "elsewhere"


def test_nobody_edits_what_another_said(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="Old.")
    (first,) = said(game)
    game.command("ann", Verb.TRANSFER, on="x", to="bob")
    game.command("bob", Verb.ACCEPT, on="x")
    game.command("bob", Verb.EDIT, on="x", text="New.", target=first.reply)
    assert refusal(game) == "unknown_reply"


def test_so_many_replies_are_remembered_and_all_that_wait(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="Later.", send_at=LATER, id="later")
    for number in range(3 * UTTERED_MAX):
        game.command("ann", Verb.REPLY, on="x", text=f"{number}.")
    kept = game.doc("x").uttered
    assert len(kept) == UTTERED_MAX + 1
    assert kept[0].command == "later"


# -- what admission found
def test_what_was_found_to_go_nowhere_is_refused_to_the_holder_with_its_reason(
    game: Play,
) -> None:
    doc = game.doc("x")
    command = Command(id="c", conversation=doc.conversation, epoch=doc.epoch, text="Hello.")
    admitted = Admitted(
        agent=AgentId("ann"), verb=Verb.REPLY, command=command, at=game.now, refusal="opted_out"
    )
    game.handle(CommandCame(admitted))
    assert refusal(game) == "opted_out"
    assert said(game) == []
    assert game.doc("x").unanswered == 1
    game.handle(CommandCame(msgspec.structs.replace(admitted, agent=AgentId("bob"))))
    assert refusal(game) == "not_yours"


# -- what did not arrive
def undelivered(reply: str = "out_1", name: str = "x") -> UndeliveredCame:
    return UndeliveredCame(
        Undelivered(
            conversation=ConversationId(f"cnv_{name}"),
            outbound=OutboundId(reply),
            agent=AgentId("ann"),
            channel="sms",
            reason="gone",
            at=1,
        )
    )


def test_who_said_it_and_holds_it_is_told_by_the_name_of_his_command(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="Hello.", id="mine")
    (say,) = said(game)
    game.handle(undelivered(say.reply))
    (told,) = game.told()
    assert (told.state, told.agent, told.reason) == (AssignmentState.UNDELIVERED, "ann", "gone")
    assert (told.reply, told.command, told.channel) == (say.reply, "mine", "sms")


def test_who_holds_it_now_is_told_of_what_another_said(game: Play) -> None:
    game.command("ann", Verb.REPLY, on="x", text="Hello.", id="mine")
    (say,) = said(game)
    game.command("ann", Verb.TRANSFER, on="x", to="bob")
    game.command("bob", Verb.ACCEPT, on="x")
    game.handle(undelivered(say.reply))
    assert [(each.agent, each.command) for each in game.told()] == [("bob", "")]


def test_where_nobody_holds_it_whoever_said_it_is_told_and_nobody_of_what_is_not_known(
    game: Play,
) -> None:
    game.command("ann", Verb.COMPLETE, on="x")
    game.command("ann", Verb.COMPLETE, on="x")
    game.handle(undelivered())
    assert [each.agent for each in game.told()] == ["ann"]
    game.handle(undelivered(name="nowhere"))
    assert game.told() == []
