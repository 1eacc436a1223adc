"""Made-up journeys, and the label that people would give the customer after each message."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from msgspec.structs import replace

from maitred.contracts.conversation import MoodSample, MoodTrack
from maitred.contracts.limits import DAY_MS, HOUR_MS, MINUTE_MS
from maitred.contracts.message import Affect, MoodLabel
from maitred.router.mood.pressure import pressed
from maitred.router.mood.track import advance, begun
from maitred.router.mood.usual import baseline, repeats

MAIL_MS = 4 * HOUR_MS
CALM, FRUSTRATED, ANGRY = MoodLabel.CALM, MoodLabel.FRUSTRATED, MoodLabel.ANGRY
DELIGHTED = MoodLabel.DELIGHTED


class Said(NamedTuple):
    """A message: when, what, how a model reads it, and what people would call the customer then.

    `waited` is for how long he has waited for an answer, with `unanswered` messages.
    """

    at: int
    text: str
    valence: float
    confidence: float
    label: MoodLabel
    waited: int = 0
    unanswered: int = 1


def writes(mean: float, messages: int, confidence: float = 0.7) -> MoodTrack:
    """Return what is known of who wrote so many messages, all alike."""
    weight = messages * confidence
    return MoodTrack(baseline=baseline(mean * weight, weight))


def comes(contacts: int, before: int = 0, weeks: float = 0.0) -> MoodTrack:
    return MoodTrack(contacts=contacts, repeats=repeats(contacts, before, weeks))


def felt(ago: int, valence: float) -> MoodTrack:
    """Return what is known of who wrote two messages in another conversation, so long ago."""
    moods = (
        MoodSample(at=at, valence=valence, arousal=0.5, confidence=0.8) for at in (-ago - 1, -ago)
    )
    return MoodTrack(earlier=tuple(moods))


JOURNEYS = {
    "one curse": (
        MoodTrack(),
        Said(0, "Hi, I cannot log in.", -0.1, 0.4, CALM),
        Said(2 * MINUTE_MS, "Yes, the blue one.", 0.0, 0.3, CALM),
        Said(4 * MINUTE_MS, "Thanks, trying.", 0.3, 0.6, CALM),
        Said(6 * MINUTE_MS, "Damn, it still does not work!", -0.8, 0.8, FRUSTRATED),
        Said(8 * MINUTE_MS, "Oh wait, now it does.", 0.4, 0.6, CALM),
    ),
    "a first furious message": (
        MoodTrack(),
        Said(0, "You thieves charged me twice AGAIN!!!", -0.95, 0.9, ANGRY),
    ),
    "slow burn": (
        MoodTrack(),
        Said(0, "Where is my parcel, please?", 0.1, 0.4, CALM),
        Said(3 * HOUR_MS, "Any news?", -0.1, 0.4, CALM),
        Said(6 * HOUR_MS, "Still nothing.", -0.4, 0.7, FRUSTRATED),
        Said(9 * HOUR_MS, "This is getting tiresome.", -0.6, 0.8, FRUSTRATED),
        Said(12 * HOUR_MS, "Terrible service.", -0.8, 0.9, ANGRY),
        Said(13 * HOUR_MS, "I want my money back, now!", -0.8, 0.9, ANGRY),
    ),
    "apology accepted": (
        MoodTrack(),
        Said(0, "This is outrageous.", -0.9, 0.9, ANGRY),
        Said(5 * MINUTE_MS, "You ruined her birthday.", -0.8, 0.9, ANGRY),
        Said(40 * MINUTE_MS, "Hm. All right.", 0.1, 0.4, ANGRY),
        Said(60 * MINUTE_MS, "That is kind of you, thank you.", 0.7, 0.8, FRUSTRATED),
        Said(65 * MINUTE_MS, "Great, thanks again!", 0.8, 0.9, CALM),
    ),
    "sarcasm that the model doubts": (
        MoodTrack(),
        Said(0, "My order is late.", -0.1, 0.4, CALM),
        Said(3 * MINUTE_MS, "Oh great, another week. Wonderful.", 0.6, 0.2, CALM),
        Said(5 * MINUTE_MS, "Sure, what a joke.", -0.7, 0.2, CALM),
    ),
    "a curt stranger": (
        MoodTrack(),
        Said(0, "Wrong size. Send another.", -0.35, 0.7, FRUSTRATED),
    ),
    "a curt regular writes as ever": (
        writes(-0.35, 30),
        Said(0, "Wrong size. Send another.", -0.35, 0.7, CALM),
        Said(5 * MINUTE_MS, "No. The grey ones.", -0.35, 0.7, CALM),
    ),
    "a curt regular who is furious": (
        writes(-0.35, 30),
        Said(0, "Liars. I am done with you.", -0.95, 0.9, ANGRY),
    ),
    "a warm regular turned cold": (
        writes(0.5, 30),
        Said(0, "It did not arrive. I expect an explanation.", -0.15, 0.6, FRUSTRATED),
    ),
    "a stranger as cold": (
        MoodTrack(),
        Said(0, "It did not arrive. I expect an explanation.", -0.15, 0.6, CALM),
    ),
    "a warm regular with a plain question": (
        writes(0.5, 30),
        Said(0, "What is the size of the box?", 0.0, 0.3, CALM),
        Said(MINUTE_MS, "And the weight?", 0.0, 0.9, CALM),
    ),
    "the second contact in two days": (
        comes(2),
        Said(0, "It is about order 4711.", 0.0, 0.4, CALM),
    ),
    "the third contact in two days": (
        comes(3),
        Said(0, "It is about order 4711.", 0.0, 0.4, FRUSTRATED),
        Said(MINUTE_MS, "Lovely, thank you so much!", 0.8, 0.8, CALM),
    ),
    "a shop that comes five times a week": (
        comes(5, before=130, weeks=26),
        Said(0, "It is about order 4711.", 0.0, 0.4, CALM),
    ),
    "a long wait with polite words": (
        MoodTrack(),
        Said(0, "Could you please help me?", 0.3, 0.5, CALM),
        Said(3 * HOUR_MS, "Just asking kindly again.", 0.2, 0.4, CALM, 3 * HOUR_MS, 2),
        Said(8 * HOUR_MS, "Is anybody there?", 0.0, 0.4, CALM, 8 * HOUR_MS, 3),
        Said(20 * HOUR_MS, "I would be grateful.", 0.2, 0.4, FRUSTRATED, 20 * HOUR_MS, 4),
        Said(90 * HOUR_MS, "I would be grateful.", 0.2, 0.4, FRUSTRATED, 90 * HOUR_MS, 9),
    ),
    "a long wait with words that are none too polite": (
        MoodTrack(),
        Said(0, "This is broken, fix it.", -0.4, 0.7, FRUSTRATED),
        Said(12 * HOUR_MS, "Still broken.", -0.4, 0.7, ANGRY, 12 * HOUR_MS, 2),
    ),
    "several words in one breath": (
        MoodTrack(),
        Said(0, "Hi", 0.0, 0.2, CALM),
        Said(2_000, "I have a question", 0.0, 0.2, CALM, 2_000, 2),
        Said(4_000, "about my bill", 0.0, 0.2, CALM, 4_000, 3),
    ),
    "a late message, out of order": (
        MoodTrack(),
        Said(10 * MINUTE_MS, "Found it, thanks!", 0.6, 0.7, DELIGHTED),
        Said(0, "Where is my parcel?!", -0.5, 0.7, CALM),
    ),
    "angry two weeks ago": (
        MoodTrack(),
        Said(0, "Disgraceful.", -0.9, 0.9, ANGRY),
        Said(MINUTE_MS, "Disgraceful!", -0.9, 0.9, ANGRY),
        Said(14 * DAY_MS, "How do I change my address?", 0.0, 0.4, CALM),
        Said(14 * DAY_MS + MINUTE_MS, "Scandalous, you lost that too!", -0.95, 0.9, ANGRY),
    ),
    "another conversation, an hour after an angry one": (
        felt(HOUR_MS, -0.9),
        Said(0, "It is me again.", 0.0, 0.3, ANGRY),
        Said(5 * MINUTE_MS, "Ah, thank you, that helps.", 0.6, 0.7, FRUSTRATED),
    ),
    "another conversation, a week after an angry one": (
        felt(7 * DAY_MS, -0.9),
        Said(0, "It is me again.", 0.0, 0.3, CALM),
    ),
    "a curse in another conversation, soon after calm ones": (
        felt(HOUR_MS, 0.1),
        Said(0, "Damn, it is broken!", -0.95, 0.9, FRUSTRATED),
    ),
}


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_journey_is_called_what_people_would_call_it(name: str) -> None:
    known, *messages = JOURNEYS[name]
    assert isinstance(known, MoodTrack)
    track, found, expected = begun(known, 0), [], []
    for said in messages:
        assert isinstance(said, Said)
        read = Affect(
            valence=said.valence,
            arousal=0.5,
            label=MoodLabel.UNKNOWN,
            confidence=said.confidence,
        )
        track = advance(track, read, said.at)
        shown = pressed(track, said.waited, MAIL_MS, said.unanswered)
        found.append((said.text, shown.label))
        expected.append((said.text, said.label))
    assert found == expected


def test_the_example_of_the_documentation_is_what_comes_out() -> None:
    track = begun(replace(comes(2), baseline=baseline(1.8, 6)), 0)
    found = []
    for said in (
        Said(0, "still", -0.2, 0.6, FRUSTRATED),
        Said(6 * HOUR_MS, "nobody", -0.3, 0.6, ANGRY, 6 * HOUR_MS, 2),
        Said(7 * HOUR_MS, "thank", 0.5, 0.7, FRUSTRATED),
    ):
        read = Affect(
            valence=said.valence,
            arousal=0.5,
            label=MoodLabel.UNKNOWN,
            confidence=said.confidence,
            because=(said.text,),
        )
        track = advance(track, read, said.at)
        shown = pressed(track, said.waited, MAIL_MS, said.unanswered)
        assert shown.label is said.label
        causes = [f"{(*each.words, each.what)[0]} {each.shift:+.2f}" for each in shown.because]
        found.append((f"{track.level:.2f}", f"{shown.level:.2f}", causes))
    assert found == [
        ("-0.36", "-0.36", ["still -0.14", "baseline -0.12", "repeated -0.10"]),
        (
            "-0.44",
            "-0.62",
            [
                "nobody -0.15",
                "waiting -0.13",
                "baseline -0.13",
                "repeated -0.10",
                "still -0.06",
                "unanswered -0.05",
            ],
        ),
        (
            "-0.15",
            "-0.15",
            [
                "thank +0.21",
                "baseline -0.14",
                "repeated -0.10",
                "nobody -0.08",
                "still -0.03",
            ],
        ),
    ]
