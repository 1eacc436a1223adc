"""Waiting and unanswered messages in the engine: counted, pressing, and relieved by an answer."""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.conversation import MoodTrack
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.message import MoodLabel
from maitred.contracts.operations import ChangeKind
from maitred.router.events import SaveRouting, WorkArrived
from tests.router.play import START, Play, agent, asks, held_by, settings, work

SLA_S = 60


def writes(game: Play, level: float = 0.0, label: MoodLabel = MoodLabel.CALM) -> None:
    """Let the customer of `x` write by chat, in words of that mood."""
    event = work("x", at=game.now)
    mood = MoodTrack(level=level, label=label, at=game.now)
    game.handle(replace_work(event, mood))


def replace_work(event: WorkArrived, mood: MoodTrack) -> WorkArrived:
    return WorkArrived(replace(event.work, mood=mood), event.turn, event.message, event.reply_to)


def causes(game: Play) -> set[str]:
    return {each.what for each in game.doc("x").mood.because}


def test_messages_are_counted_until_somebody_answers() -> None:
    game = held_by("ann")
    assert (game.doc("x").unanswered, game.doc("x").waits_since) == (1, START)
    game.wait(10)
    game.write("x")
    assert (game.doc("x").unanswered, game.doc("x").waits_since) == (2, START)
    game.command("ann", Verb.REPLY, on="x", text="One moment.")
    assert (game.doc("x").unanswered, game.doc("x").waits_since) == (0, 0)
    game.wait(10)
    game.write("x")
    assert (game.doc("x").unanswered, game.doc("x").waits_since) == (1, game.now)


def test_what_wants_no_answer_is_not_counted_and_nor_is_what_an_operator_does() -> None:
    game = held_by("ann")
    game.handle(work("x", at=game.now, is_quiet=True))
    game.change(ChangeKind.CHANGED, "x")
    assert game.doc("x").unanswered == 1


def test_who_waited_long_and_writes_politely_is_frustrated_until_he_is_answered() -> None:
    game = held_by("ann")
    game.wait(3 * SLA_S)
    writes(game)
    assert game.doc("x").mood.label is MoodLabel.FRUSTRATED
    assert causes(game) == {"waiting", "unanswered"}
    game.command("ann", Verb.REPLY, on="x", text="Sorry for the wait.")
    assert game.doc("x").mood.label is MoodLabel.CALM
    assert causes(game) == set()
    writes(game)
    assert game.doc("x").mood.label is MoodLabel.CALM


def test_words_and_a_wait_together_make_angry_and_that_stays_while_nobody_answers() -> None:
    game = Play(settings(agent("ann"), relax=(0.1, 6.0)))
    writes(game, -0.3, MoodLabel.FRUSTRATED)
    game.wait(3 * SLA_S)
    writes(game, -0.3, MoodLabel.FRUSTRATED)
    assert game.doc("x").mood.label is MoodLabel.ANGRY
    mood = game.doc("x").mood
    event = work("x", at=game.now, is_quiet=True)
    words = replace(
        mood, label=MoodLabel.FRUSTRATED, level=-0.3, because=(), spoken=MoodLabel.UNKNOWN
    )
    game.handle(replace_work(event, words))
    assert game.doc("x").mood.label is MoodLabel.ANGRY


def test_a_step_of_a_wait_frustrates_who_was_calm_and_makes_nobody_angry() -> None:
    game = Play(settings(agent("ann"), relax=(0.1, 4.0, 50.0)))
    game.write("x", needs=asks(("tax", 0.5)))
    found, saved = [], []
    for _ in range(3):
        game.due("x")
        found.append(game.doc("x").mood.label)
        saved.append(sum(isinstance(effect, SaveRouting) for effect in game.last))
    assert found == [MoodLabel.CALM, MoodLabel.FRUSTRATED, MoodLabel.FRUSTRATED]
    assert saved == [1, 1, 1]
    assert game.doc("x").due_at == 0
    game = Play(settings(agent("ann"), relax=(0.1, 50.0)))
    event = work("x", at=game.now, needs=asks(("tax", 0.5)))
    game.handle(replace_work(event, MoodTrack(level=-0.4, label=MoodLabel.FRUSTRATED, at=game.now)))
    game.due("x")
    game.due("x")
    assert game.doc("x").mood.label is MoodLabel.FRUSTRATED
    assert game.doc("x").mood.level < -0.7


def test_who_waits_under_pressure_goes_before_who_came_with_him_and_was_told_to_wait() -> None:
    game = Play(settings(agent("ann", capacity=1), relax=()))
    game.write("x")
    game.write("y")
    game.wait(4 * SLA_S)
    event = work("y", at=game.now)
    game.handle(replace_work(event, MoodTrack(at=game.now)))
    game.presence("ann", Presence.ONLINE)
    assert game.stands("y") == ("offered", "ann")


def test_a_conversation_that_an_operator_opens_brings_its_wait() -> None:
    game = Play(settings(agent("ann")))
    game.change(ChangeKind.OPENED, "x", arrived_at=game.now - 4 * SLA_S * SECOND_MS)
    assert game.doc("x").mood.label is MoodLabel.FRUSTRATED
    assert game.doc("x").waits_since == game.now - 4 * SLA_S * SECOND_MS


def test_turns_of_agents_do_not_count() -> None:
    game = held_by("ann")
    game.command("ann", Verb.REPLY, on="x", text="Hello!")
    game.command("ann", Verb.REPLY, on="x", text="Still there?")
    assert game.doc("x").unanswered == 0
