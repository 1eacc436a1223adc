"""What is told of a mood: in the words of what is shown, and nothing of a journey that is shut."""

from __future__ import annotations

from msgspec.structs import replace

from maitred.contracts.conversation import (
    MoodCause,
    MoodSample,
    MoodTrack,
    Share,
    Speaker,
    Turn,
)
from maitred.router.mood.telling import told

SAMPLES = tuple(
    MoodSample(at=at, valence=-0.5, arousal=0.5, confidence=0.8, words=(word,))
    for at, word in ((1, "slow"), (2, "thieves"), (3, "broken"))
)
MOOD = MoodTrack(
    level=-0.5,
    baseline=0.1,
    contacts=3,
    repeats=2.0,
    complaints=2,
    because=(
        MoodCause(what="message", shift=-0.3, at=1),
        MoodCause(what="message", shift=-0.2, at=2),
        MoodCause(what="repeated", shift=-0.2),
        MoodCause(what="waiting", shift=-0.1),
        MoodCause(what="baseline", shift=-0.08),
        MoodCause(what="earlier", shift=-0.05),
    ),
)
TURN = Turn(at=1, speaker=Speaker.CUSTOMER, channel="sms", text="slow!")


def words(mood: MoodTrack) -> list[str]:
    return [word for cause in mood.because for word in cause.words]


def test_causes_are_told_in_the_words_of_the_turns_that_are_told() -> None:
    assert words(told(MOOD, SAMPLES, [TURN], journey=True)) == ["slow"]
    both = replace(TURN, shares=(Share(at=1), Share(at=2)))
    assert words(told(MOOD, SAMPLES, [both], journey=True)) == ["slow", "thieves"]
    assert words(told(MOOD, SAMPLES, [], journey=True)) == []


def test_words_that_were_taken_back_or_are_another_s_are_not_told() -> None:
    for turn in (replace(TURN, deleted=True), replace(TURN, speaker=Speaker.CLAIMED)):
        assert words(told(MOOD, SAMPLES, [turn], journey=True)) == []


def test_of_a_journey_that_is_shut_only_the_conversation_s_own_causes_are_told() -> None:
    open_, shut = (told(MOOD, SAMPLES, [TURN], journey=each) for each in (True, False))
    assert (open_.baseline, open_.contacts, open_.complaints) == (0.1, 3, 2)
    assert (shut.baseline, shut.contacts, shut.repeats, shut.complaints) == (0, 1, 0, 0)
    assert {each.what for each in shut.because} == {"message", "waiting"}
    assert len(open_.because) == len(MOOD.because)
    assert open_.level == shut.level == MOOD.level
