"""The mood of a journey: decay, confidence, hysteresis, and its bounds."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.conversation import MoodTrack
from maitred.contracts.limits import MINUTE_MS, MOOD_SAMPLES_MAX
from maitred.contracts.message import Affect, MoodLabel
from maitred.router.mood.track import HALF_LIFE_MS, advance


def affect(valence: float, confidence: float = 0.8, arousal: float = 0.7) -> Affect:
    return Affect(valence=valence, arousal=arousal, label=MoodLabel.UNKNOWN, confidence=confidence)


def journey(*valences: float, apart: int = MINUTE_MS) -> MoodTrack:
    track = MoodTrack()
    for number, valence in enumerate(valences):
        track = advance(track, affect(valence), number * apart)
    return track


def test_a_first_furious_message_is_angry_and_a_doubtful_one_is_not() -> None:
    assert journey(-0.9).label == MoodLabel.ANGRY
    assert advance(MoodTrack(), affect(-0.9, confidence=0.1), 0).label != MoodLabel.ANGRY


def test_one_curse_in_a_calm_journey_does_not_make_it_angry() -> None:
    assert journey(0.1, 0.0, 0.1, -1.0).label in {MoodLabel.CALM, MoodLabel.FRUSTRATED}


def test_a_journey_that_keeps_getting_worse_becomes_angry_step_by_step() -> None:
    labels = [journey(*([0.2] * 3 + [-0.95] * n)).label for n in range(8)]
    assert labels[0] == MoodLabel.CALM
    assert MoodLabel.FRUSTRATED in labels
    assert labels[-1] == MoodLabel.ANGRY
    order = [MoodLabel.CALM, MoodLabel.FRUSTRATED, MoodLabel.ANGRY]
    assert labels == sorted(labels, key=order.index)


def test_an_angry_journey_does_not_turn_calm_by_one_thank_you() -> None:
    angry = journey(-0.9, -0.9, -0.9)
    after = advance(angry, affect(0.5), 10 * MINUTE_MS)
    assert after.label in {MoodLabel.ANGRY, MoodLabel.FRUSTRATED}


def test_labels_have_a_nearer_threshold_to_leave_than_to_enter() -> None:
    level = affect(-0.35, confidence=1.0)
    fresh = advance(MoodTrack(), level, 0)
    soured = advance(MoodTrack(label=MoodLabel.ANGRY), affect(-0.45, confidence=1.0), 0)
    assert fresh.label == MoodLabel.FRUSTRATED
    assert soured.label == MoodLabel.ANGRY
    assert advance(MoodTrack(), affect(-0.45, confidence=1.0), 0).label == MoodLabel.FRUSTRATED


def test_old_messages_fade() -> None:
    soon = journey(-0.9, 0.5)
    late = journey(-0.9, 0.5, apart=4 * HALF_LIFE_MS)
    assert late.level > soon.level


def test_slope_and_volatility_tell_where_it_goes() -> None:
    falling, steady, wild = journey(0.5, 0, -0.5), journey(-0.5, -0.5), journey(-0.8, 0.8, -0.8)
    assert falling.slope < 0 == steady.slope
    assert steady.volatility < falling.volatility < wild.volatility


def test_a_late_message_is_sorted_in_by_its_time() -> None:
    track = advance(advance(MoodTrack(), affect(0.5), 2_000), affect(-0.5), 1_000)
    assert [sample.at for sample in track.samples] == [1_000, 2_000]
    assert track.slope > 0


@given(
    st.lists(st.tuples(st.floats(), st.floats(), st.floats(), st.integers(0, 10**13)), max_size=30)
)
def test_whatever_comes_the_track_stays_within_its_bounds(
    rows: list[tuple[float, float, float, int]],
) -> None:
    track = MoodTrack()
    for valence, arousal, confidence, at in rows:
        track = advance(track, affect(valence, confidence, arousal), at)
    assert len(track.samples) <= MOOD_SAMPLES_MAX
    assert -1 <= track.level <= 1
    assert 0 <= track.confidence <= 1
    assert math.isfinite(track.slope)
    assert track.volatility >= 0
