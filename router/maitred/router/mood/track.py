"""Track: from the affect of single messages to the mood of a journey.

Each message counts by its confidence and by its age: half as much after `HALF_LIFE_MS` before
the last one. A prior of calm weighs as much as a doubtful message, so that little evidence moves
little. The label has two thresholds for each mood, one to enter and a nearer one to leave, and in
a journey with a past it moves by one word a message: one curse does not re-route.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from maitred.contracts.conversation import MoodSample, MoodTrack
from maitred.contracts.limits import HOUR_MS, MOOD_SAMPLES_MAX
from maitred.contracts.message import Affect, MoodLabel

HALF_LIFE_MS: Final = 12 * HOUR_MS
PRIOR_WEIGHT: Final = 0.25
CONFIDENCE_MIN: Final = 0.02
"""A message that says nothing about mood still is a calm one."""
_ORDER: Final = (MoodLabel.DELIGHTED, MoodLabel.CALM, MoodLabel.FRUSTRATED, MoodLabel.ANGRY)
_DELIGHTED_ENTER: Final = 0.4
_DELIGHTED_LEAVE: Final = 0.25
_FRUSTRATED_ENTER: Final = -0.2
_FRUSTRATED_LEAVE: Final = -0.1
_ANGRY_ENTER: Final = -0.45
_ANGRY_LEAVE: Final = -0.3
_PAST_SAMPLES: Final = 2
"""From so many earlier messages on, a journey has a past."""
_DIGITS: Final = 6


def advance(track: MoodTrack, affect: Affect, at: int) -> MoodTrack:
    """Return the mood after one more message, written at `at` (UTC milliseconds).

    A message that arrives late is sorted in by its time. The result is a function of the last
    `MOOD_SAMPLES_MAX` samples and the label before.
    """
    sample = MoodSample(
        at=at,
        valence=_within(affect.valence, -1.0, 1.0),
        arousal=_within(affect.arousal, 0.0, 1.0),
        confidence=_within(affect.confidence, 0.0, 1.0),
    )
    samples = tuple(sorted((*track.samples, sample), key=lambda each: each.at)[-MOOD_SAMPLES_MAX:])
    last = samples[-1].at
    weights = [
        max(each.confidence, CONFIDENCE_MIN) * 0.5 ** ((last - each.at) / HALF_LIFE_MS)
        for each in samples
    ]
    total = sum(weights)
    level = sum(w * s.valence for w, s in zip(weights, samples, strict=True)) / (
        total + PRIOR_WEIGHT
    )
    mean = level * (total + PRIOR_WEIGHT) / total
    spread = sum(w * (s.valence - mean) ** 2 for w, s in zip(weights, samples, strict=True))
    return MoodTrack(
        level=round(level, _DIGITS),
        slope=round(_slope(samples, weights), _DIGITS),
        volatility=round(math.sqrt(spread / total), _DIGITS),
        confidence=round(total / (total + PRIOR_WEIGHT), _DIGITS),
        label=_label(track.label, level, past=len(track.samples) >= _PAST_SAMPLES),
        samples=samples,
    )


def _within(value: float, least: float, most: float) -> float:
    return min(max(value, least), most) if math.isfinite(value) else 0.0


def _slope(samples: Sequence[MoodSample], weights: Sequence[float]) -> float:
    """Return the change of valence from message to message (weighted least squares)."""
    total = sum(weights)
    place = sum(w * i for i, w in enumerate(weights)) / total
    value = sum(w * s.valence for w, s in zip(weights, samples, strict=True)) / total
    across = sum(w * (i - place) ** 2 for i, w in enumerate(weights))
    if across <= 0:
        return 0.0
    together = sum(
        w * (i - place) * (s.valence - value)
        for i, (w, s) in enumerate(zip(weights, samples, strict=True))
    )
    return together / across


def _label(before: MoodLabel, level: float, *, past: bool) -> MoodLabel:
    was = _ORDER.index(before) if before in _ORDER else 1
    now = _ORDER.index(_word(before, level))
    if past:
        now = min(max(now, was - 1), was + 1)
    return _ORDER[now]


def _word(before: MoodLabel, level: float) -> MoodLabel:
    if level <= (_ANGRY_LEAVE if before == MoodLabel.ANGRY else _ANGRY_ENTER):
        return MoodLabel.ANGRY
    bad = before in {MoodLabel.FRUSTRATED, MoodLabel.ANGRY}
    if level <= (_FRUSTRATED_LEAVE if bad else _FRUSTRATED_ENTER):
        return MoodLabel.FRUSTRATED
    if level >= (_DELIGHTED_LEAVE if before == MoodLabel.DELIGHTED else _DELIGHTED_ENTER):
        return MoodLabel.DELIGHTED
    return MoodLabel.CALM
