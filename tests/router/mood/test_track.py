"""The mood of a journey: decay, confidence, hysteresis, and its bounds."""

from __future__ import annotations

import math

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.conversation import MoodSample, MoodTrack
from maitred.contracts.limits import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    MOOD_SAMPLES_MAX,
    MOOD_WORD_CHARACTERS_MAX,
    MOOD_WORDS_MAX,
)
from maitred.contracts.message import Affect, MoodLabel
from maitred.router.mood.fading import HALF_LIFE_MS, left
from maitred.router.mood.labels import rank
from maitred.router.mood.track import CAUSES_MAX, SHIFT_MIN, advance, as_of, begun
from maitred.router.mood.usual import BASELINE_MAX

VALENCES = st.floats(-1, 1)
SHARES = st.floats(0, 1)
MESSAGES = st.lists(st.tuples(VALENCES, SHARES, st.integers(0, 3 * DAY_MS)), max_size=25)
KNOWN = st.builds(
    MoodTrack,
    baseline=st.floats(-BASELINE_MAX, BASELINE_MAX),
    contacts=st.integers(1, 9),
    repeats=st.floats(0, 9),
    earlier=st.lists(
        st.builds(
            MoodSample,
            at=st.integers(-DAY_MS, 0),
            valence=VALENCES,
            arousal=SHARES,
            confidence=SHARES,
        ),
        max_size=3,
    ).map(tuple),
)


def affect(valence: float, confidence: float = 0.8, arousal: float = 0.7) -> Affect:
    return Affect(valence=valence, arousal=arousal, label=MoodLabel.UNKNOWN, confidence=confidence)


def told(known: MoodTrack, messages: list[tuple[float, float, int]]) -> MoodTrack:
    track = begun(known, 0)
    for valence, confidence, at in messages:
        track = advance(track, affect(valence, confidence), at)
    return track


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


def test_what_was_felt_is_halved_every_half_life_and_never_grows() -> None:
    ages = range(0, 70 * HALF_LIFE_MS, HALF_LIFE_MS // 7)
    assert [left(n * HALF_LIFE_MS) for n in range(4)] == [1, 0.5, 0.25, 0.125]
    assert all(left(age) >= left(age + HALF_LIFE_MS // 7) >= 0 for age in ages)
    assert left(100 * HALF_LIFE_MS) == 0
    assert left(-1) == 1


def test_what_has_faded_by_now_is_neither_anger_nor_delight() -> None:
    for track, later in ((journey(-0.9, -0.9), MoodLabel.FRUSTRATED), (journey(0.9), None)):
        assert as_of(track, track.at) == track
        assert rank(as_of(track, 14 * DAY_MS).label) == rank(MoodLabel.CALM)
        if later is not None:
            labels = [as_of(track, hours * HOUR_MS).label for hours in range(100)]
            assert sorted(labels, key=rank, reverse=True) == labels
            assert later in labels


def test_the_causes_say_what_moved_it_and_add_up_to_the_level() -> None:
    known = MoodTrack(
        baseline=0.2,
        repeats=1.0,
        earlier=(MoodSample(at=-HOUR_MS, valence=-0.5, arousal=0.5, confidence=0.5),),
    )
    angry = Affect(
        valence=-0.9,
        arousal=0.9,
        label=MoodLabel.ANGRY,
        confidence=0.9,
        because=("thieves", "again", "never", "lost"),
    )
    track = advance(advance(begun(known, 0), angry, 0), affect(0.5), MINUTE_MS)
    assert [each.what for each in track.because] == [
        "message",
        "message",
        "baseline",
        "repeated",
        "earlier",
    ]
    assert track.because[0].words == ("thieves", "again", "never")
    assert track.because[0].at == 0
    assert math.isclose(sum(each.shift for each in track.because), track.level, abs_tol=1e-5)


def test_words_are_few_and_short_and_a_bare_mood_has_none() -> None:
    long = Affect(
        valence=-1, arousal=1, label=MoodLabel.ANGRY, confidence=1, because=("x" * 999,) * 20
    )
    track = advance(MoodTrack(), long, 5)
    assert track.samples[0].words == ("x" * MOOD_WORD_CHARACTERS_MAX,) * MOOD_WORDS_MAX
    bare = track.bare()
    assert (bare.samples, bare.because[0].words) == ((), ())
    assert (bare.level, bare.label) == (track.level, track.label)
    assert track.silenced(frozenset({6})) == track
    assert track.silenced(frozenset({5})) == track.silenced()
    assert "x" not in str(track.silenced())


def test_the_worst_is_what_his_words_made_it_here_and_stays() -> None:
    angry = journey(-0.9, -0.9)
    assert angry.worst is MoodLabel.ANGRY
    assert advance(angry, affect(0.9), 9 * DAY_MS).worst is MoodLabel.ANGRY
    brought = begun(MoodTrack(earlier=angry.samples), 2 * MINUTE_MS)
    assert brought.label is MoodLabel.ANGRY
    assert advance(brought, affect(0.0), 2 * MINUTE_MS).worst is MoodLabel.CALM


def test_begun_again_it_is_what_it_was_when_it_began() -> None:
    known = MoodTrack(baseline=0.1, contacts=3, repeats=2.0, complaints=1)
    start = begun(known, 7)
    assert begun(advance(start, affect(-0.9), 9), 7) == start


@given(KNOWN, MESSAGES, VALENCES, VALENCES, SHARES, st.integers(0, 3 * DAY_MS))
def test_a_worse_message_never_makes_a_better_mood(
    known: MoodTrack,
    messages: list[tuple[float, float, int]],
    one: float,
    other: float,
    confidence: float,
    at: int,
) -> None:
    before = told(known, messages)
    worse = advance(before, affect(min(one, other), confidence), at)
    better = advance(before, affect(max(one, other), confidence), at)
    assert worse.level <= better.level
    assert rank(worse.label) >= rank(better.label)


@given(KNOWN, st.floats(0, BASELINE_MAX), st.floats(0, 5), MESSAGES)
def test_who_usually_writes_more_warmly_or_comes_more_often_never_seems_better(
    known: MoodTrack, more: float, often: float, messages: list[tuple[float, float, int]]
) -> None:
    plain = told(known, messages)
    warm = told(msgspec.structs.replace(known, baseline=known.baseline + more), messages)
    often_there = told(msgspec.structs.replace(known, repeats=known.repeats + often), messages)
    assert warm.level <= plain.level
    assert often_there.level <= plain.level


@given(st.floats(-BASELINE_MAX, BASELINE_MAX), st.lists(SHARES, min_size=1, max_size=25))
def test_plain_messages_are_calm_however_he_usually_writes(
    baseline: float, confidences: list[float]
) -> None:
    plain = [(0.0, each, at) for at, each in enumerate(confidences)]
    assert told(MoodTrack(baseline=baseline), plain).label is MoodLabel.CALM


@given(KNOWN, MESSAGES)
def test_a_journey_with_a_fresh_past_moves_by_one_word_a_message(
    known: MoodTrack, messages: list[tuple[float, float, int]]
) -> None:
    track = begun(known, 0)
    for valence, confidence, at in messages:
        fresh = sum(at - each.at <= HALF_LIFE_MS for each in track.samples) > 2
        moved = advance(track, affect(valence, confidence), at)
        if fresh and at <= track.at:
            assert abs(rank(moved.label) - rank(track.label)) <= 1
        track = moved


@given(KNOWN, MESSAGES, st.integers(0, 90 * DAY_MS))
def test_causes_are_bounded_the_greatest_first_and_moods_fade_to_what_is_known(
    known: MoodTrack, messages: list[tuple[float, float, int]], later: int
) -> None:
    track = as_of(told(known, messages), later)
    shifts = [abs(each.shift) for each in track.because]
    assert len(shifts) <= CAUSES_MAX
    assert shifts == sorted(shifts, reverse=True)
    assert all(each >= SHIFT_MIN for each in shifts)
    assert begun(known, later).level == as_of(begun(known, 0), later).level


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
