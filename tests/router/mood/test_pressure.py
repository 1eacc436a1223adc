"""What waiting does to a mood: more never makes it better, and alone it makes nobody angry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.conversation import MoodCause, MoodTrack
from maitred.contracts.limits import HOUR_MS, MINUTE_MS
from maitred.contracts.message import MoodLabel
from maitred.router.mood.labels import rank
from maitred.router.mood.pressure import pressed, relieved

SLA = MINUTE_MS
WAITS = st.integers(0, 10_000 * MINUTE_MS)
COUNTS = st.integers(0, 50)
MAY = st.fixed_dictionaries({"may_anger": st.booleans()})
MOODS = st.builds(
    MoodTrack,
    level=st.integers(-1_000_000, 1_000_000).map(lambda each: each / 1_000_000),
    label=st.sampled_from(MoodLabel),
    because=st.sampled_from([(), (MoodCause(what="message", shift=-0.3, at=1),)]),
)


def mood(level: float, label: MoodLabel = MoodLabel.CALM) -> MoodTrack:
    return MoodTrack(level=level, label=label)


@pytest.mark.parametrize(
    ("waited", "unanswered", "level"),
    [
        (0, 1, 0.0),
        (SLA, 1, 0.0),
        (2 * SLA, 1, -0.2),
        (4 * SLA, 1, -0.3),
        (1_000 * SLA, 1, -0.3996),
        (0, 9, 0.0),
        (SLA // 2, 3, -0.05),
        (SLA, 4, -0.15),
        (SLA, 40, -0.15),
        (2 * SLA, 2, -0.25),
    ],
)
def test_a_wait_presses_by_what_was_promised(waited: int, unanswered: int, level: float) -> None:
    found = pressed(mood(0.0), waited, SLA, unanswered)
    assert found.level == pytest.approx(level)
    assert sum(each.shift for each in found.because) == pytest.approx(level)
    assert {each.what for each in found.because} <= {"waiting", "unanswered"}


def test_waiting_frustrates_who_is_calm_and_adds_to_the_words_of_who_is_frustrated() -> None:
    frustrated = mood(-0.3, MoodLabel.FRUSTRATED)
    assert pressed(mood(0.0), 9 * HOUR_MS, SLA, 9).label is MoodLabel.FRUSTRATED
    assert pressed(mood(-0.1), 9 * HOUR_MS, SLA, 9).label is MoodLabel.FRUSTRATED
    assert pressed(frustrated, 9 * HOUR_MS, SLA, 1).label is MoodLabel.ANGRY
    assert pressed(frustrated, 9 * HOUR_MS, SLA, 1, may_anger=False).label is MoodLabel.FRUSTRATED
    assert pressed(mood(0.5, MoodLabel.DELIGHTED), 9 * HOUR_MS, SLA, 9).label is MoodLabel.CALM


def test_an_answer_takes_the_pressure_off_and_leaves_the_words() -> None:
    words = MoodCause(what="message", shift=-0.1, at=5, words=("slow",))
    before = MoodTrack(level=-0.1, because=(words,))
    under = pressed(before, 3 * SLA, SLA, 3)
    assert (under.label, under.spoken) == (MoodLabel.FRUSTRATED, MoodLabel.CALM)
    assert under.because[0].what == "waiting"
    assert relieved(under) == before


@given(MOODS, WAITS, WAITS, COUNTS, COUNTS, MAY)
def test_more_waiting_never_makes_a_better_mood(
    track: MoodTrack, wait: int, more: int, count: int, again: int, may: dict[str, bool]
) -> None:
    first = pressed(track, wait, SLA, count, **may)
    then = pressed(track, wait + more, SLA, count + again, **may)
    assert -1 <= then.level <= first.level <= track.level
    assert rank(then.label) >= rank(first.label) >= rank(track.label)


@given(MOODS, WAITS, WAITS, COUNTS, MAY)
def test_it_moves_a_label_by_one_at_most_and_counts_once(
    track: MoodTrack, wait: int, later: int, count: int, may: dict[str, bool]
) -> None:
    under = pressed(track, wait, SLA, count, **may)
    assert rank(under.label) - rank(track.label) in {0, 1}
    if under.label is MoodLabel.ANGRY is not track.label:
        assert may["may_anger"]
        assert track.label is MoodLabel.FRUSTRATED
    assert pressed(under, later, SLA, count) == pressed(relieved(under), later, SLA, count)
    back = relieved(under)
    assert back.level == track.level
    assert rank(back.label) == rank(track.label)
    assert back.because == track.because
