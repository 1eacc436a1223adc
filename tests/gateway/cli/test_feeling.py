"""A mood in lines for people."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from maitred.contracts.conversation import (
    Conversation,
    MoodCause,
    MoodSample,
    MoodTrack,
    Speaker,
    Turn,
)
from maitred.contracts.ids import MessageId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.gateway.cli.feeling import mood_lines, past_lines
from maitred.router.mood.pressure import pressed
from tests.identity.world import START, World, said, visitor

MOOD = MoodTrack(
    level=-0.16,
    slope=-0.2,
    confidence=0.78,
    at=5,
    because=(
        MoodCause(what="message", shift=-0.26, at=5, words=("still", "\x1b[31mbroken")),
        MoodCause(what="earlier", shift=0.1),
    ),
    samples=(
        MoodSample(at=5, valence=-0.4, arousal=0.5, confidence=0.8, words=("still", "broken")),
    ),
)


def conversation(mood: MoodTrack) -> Conversation:
    world = World()
    found = world.conversation(world.take(said("a", visitor("v1"))))
    turn = Turn(
        at=5,
        speaker=Speaker.CUSTOMER,
        channel="chat",
        text="Still broken.",
        message=MessageId("msg_a"),
    )
    return replace(found, mood=mood, turns=(turn,))


def routing(mood: MoodTrack) -> RoutingDoc:
    found = conversation(mood)
    return RoutingDoc(
        conversation=found.id,
        customer=found.customer,
        state=RoutingState.WAITING,
        channel="chat",
        account="main",
        arrived_at=START,
        state_at=START,
        mood=mood,
    )


def test_a_mood_is_told_with_its_trend_and_what_moved_it_and_never_obeyed() -> None:
    short, because = mood_lines(conversation(MOOD), None, 200)
    assert short == "mood       calm, getting worse (level -0.16, confidence 0.78)"
    assert because.split("; ") == [
        "           “still”, “�[31mbroken” -0.26",
        "what was written in other conversations before +0.10",
    ]


def test_what_waiting_does_is_told_as_the_router_sees_it_with_the_words_of_the_customer() -> None:
    pressing = pressed(MOOD.bare(), 3, 1, 1)
    short, because = mood_lines(conversation(MOOD), routing(pressing), 200)
    assert short.startswith("mood       frustrated, getting worse (level -0.43")
    assert because.split("; ")[:2] == ["           the wait -0.27", "“still”, “broken” -0.26"]
    outdated = replace(pressing, at=4)
    assert list(mood_lines(conversation(MOOD), routing(outdated), 200)) == list(
        mood_lines(conversation(MOOD), None, 200)
    )


def test_a_mood_that_nothing_moved_is_one_line() -> None:
    assert list(mood_lines(conversation(MoodTrack()), None, 80)) == [
        "mood       calm (level +0.00, confidence 0.00)"
    ]


@pytest.mark.parametrize(
    ("mood", "expected"),
    [
        (MoodTrack(), []),
        (
            MoodTrack(level=-0.3, label=MoodLabel.FRUSTRATED, confidence=0.5, baseline=0.12),
            ["mood       frustrated (level -0.30, confidence 0.50); usually +0.12"],
        ),
        (
            MoodTrack(complaints=2),
            [
                "mood       calm (level +0.00, confidence 0.00); 2 conversations went angry",
            ],
        ),
    ],
)
def test_a_customer_s_mood_is_told_where_anything_is_known_of_it(
    mood: MoodTrack, expected: list[str]
) -> None:
    assert list(past_lines(mood, 200)) == expected
