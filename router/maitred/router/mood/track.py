"""Track: from the affect of single messages to the mood of a journey.

With t the time of the last message, and over his messages i of this conversation and the last few
of others before it:

    weight  w_i = c_i * left(t - t_i) * .8^n_i            c: confidence; half is left after 12 hours
                                                          n: how many messages came after it
    level     L = sum w_i (v_i - b) / (sum w_i + w0) - r  v: valence, b: how he usually writes
    repeats   r = .1 * how often more than usual he came lately, .3 at most

The prior w0 of calm weighs as much as a doubtful message, so that little evidence moves little.
The label has two thresholds for each mood, one to enter and a nearer one to leave (`labels`), and
in a journey with a fresh past it moves by one word a message: one curse does not re-route. What
has faded by the next message, the label has left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from maitred.contracts.conversation import MoodCause, MoodSample, MoodTrack
from maitred.contracts.limits import (
    MOOD_EARLIER_MAX,
    MOOD_SAMPLES_MAX,
    MOOD_WORD_CHARACTERS_MAX,
    MOOD_WORDS_MAX,
)
from maitred.contracts.message import Affect, MoodLabel
from maitred.router.mood.fading import left
from maitred.router.mood.labels import calmed, rank, stepped, word

PRIOR_WEIGHT: Final = 0.25
CONFIDENCE_MIN: Final = 0.02
"""A message that says nothing about mood still is a calm one."""
NEXT: Final = 0.8
"""What counts of a message once he has written another: in a chat, minutes tell more than hours."""
REPEAT: Final = 0.1
"""SQM Group: satisfaction falls by 15 % with each further contact about one matter; that it is one
matter is only likely here, so it counts for less."""
REPEATS_MAX: Final = 3.0
CAUSES_MAX: Final = 6
SHIFT_MIN: Final = 0.01
"""What moved the level by less is not told."""
_TINY: Final = 1e-9
_DIGITS: Final = 6


class _Sums(NamedTuple):
    """What messages come to: their number weighed, and by how much each moves the level."""

    share: float
    """The sum of the weights, over that with the prior: how sure the level is."""
    mean: float
    slope: float
    volatility: float
    shifts: Sequence[float]


def begun(known: MoodTrack, at: int) -> MoodTrack:
    """Return the mood of a conversation that begins at `at`, before anything is said in it.

    Of `known` only what was known of the customer before counts; so it takes one back to its
    beginning as well.
    """
    start = MoodTrack(
        baseline=known.baseline,
        contacts=max(known.contacts, 1),
        repeats=max(known.repeats, 0.0),
        complaints=known.complaints,
        earlier=known.earlier[-MOOD_EARLIER_MAX:],
        at=at,
    )
    if not start.earlier and not start.repeats:
        return start
    return _as_of(start, (), at, word(MoodLabel.CALM, _level(start, at)))


def advance(track: MoodTrack, affect: Affect, at: int) -> MoodTrack:
    """Return the mood after one more message, written at `at` (UTC milliseconds).

    A message that arrives late is sorted in by its time. The result is a function of the last
    `MOOD_SAMPLES_MAX` samples, of what was known before, and of the label before.
    """
    before, has_past = _label_by(track, at), _has_past(track, at)
    samples = (*track.samples, sample_of(affect, at))
    if track.samples and at < track.samples[-1].at:
        samples = tuple(sorted(samples, key=lambda each: each.at))
    samples = samples[-MOOD_SAMPLES_MAX:]
    moved = _as_of(track, samples, samples[-1].at, before)
    label = word(before, moved.level)
    label = stepped(before, label) if has_past else label
    worst = label if rank(label) > max(rank(before), rank(track.worst)) else track.worst
    if label is before and worst is track.worst:
        return moved
    return replace(moved, label=label, worst=worst)


def as_of(track: MoodTrack, now: int) -> MoodTrack:
    """Return what is left of a mood at `now`, which needs its samples."""
    return replace(_as_of(track, track.samples, now, _label_by(track, now)), at=track.at)


def sample_of(affect: Affect, at: int) -> MoodSample:
    """Return the mood of one message, within its bounds."""
    words = affect.because[:MOOD_WORDS_MAX]
    return MoodSample(
        at=at,
        valence=_within(affect.valence, -1.0, 1.0),
        arousal=_within(affect.arousal, 0.0, 1.0),
        confidence=_within(affect.confidence, 0.0, 1.0),
        words=tuple([each[:MOOD_WORD_CHARACTERS_MAX] for each in words]),
    )


def _within(value: float, least: float, most: float) -> float:
    return min(max(value, least), most) if math.isfinite(value) else 0.0


def _label_by(track: MoodTrack, at: int) -> MoodLabel:
    """Return the label that is left of a mood at a time."""
    if at <= track.at or track.label is MoodLabel.CALM:
        return track.label
    return calmed(track.label, _level(track, at) - _repeated(track))


def _has_past(track: MoodTrack, at: int) -> bool:
    """Whether more than one message was written not long before."""
    fresh = 0.0
    for each in reversed(_all(track)):
        fresh += left(at - each.at)
        if fresh > 1:
            return True
    return False


def _all(track: MoodTrack) -> tuple[MoodSample, ...]:
    return (*track.earlier, *track.samples)


def _repeated(track: MoodTrack) -> float:
    return REPEAT * min(track.repeats, REPEATS_MAX)


def _level(track: MoodTrack, at: int) -> float:
    """Return the level at a time by what he wrote alone."""
    found = _sums(_all(track), at)
    return _rounded(found.share * (found.mean - track.baseline))


def _as_of(
    track: MoodTrack, samples: tuple[MoodSample, ...], at: int, label: MoodLabel
) -> MoodTrack:
    """Return the mood at a time by these messages of its conversation."""
    found = _sums((*track.earlier, *samples), at)
    usual, repeated = -found.share * track.baseline, -_repeated(track)
    level = found.share * found.mean + usual + repeated
    return MoodTrack(
        level=_rounded(_within(level, -1.0, 1.0)),
        slope=_rounded(found.slope),
        volatility=_rounded(found.volatility),
        confidence=_rounded(found.share),
        label=label,
        worst=track.worst,
        at=at,
        baseline=track.baseline,
        contacts=track.contacts,
        repeats=track.repeats,
        complaints=track.complaints,
        because=_because(samples, found.shifts, usual, repeated),
        earlier=track.earlier,
        samples=samples,
    )


def _sums(samples: Sequence[MoodSample], at: int) -> _Sums:
    """Return what messages come to at a time.

    Everything is added up in one order with plain additions, which `sum` does not do on every
    version of Python; slope (by weighted least squares) and volatility follow from the sums.
    """
    total = value = square = place = places = both = 0.0
    shifts: list[float] = []
    newness = 1.0
    for back, each in enumerate(reversed(samples)):
        confidence, valence = each.confidence, each.valence
        weight = max(confidence, CONFIDENCE_MIN) * newness * left(at - each.at)
        felt = weight * valence
        total += weight
        value += felt
        square += felt * valence
        place += weight * back
        places += weight * back * back
        both += felt * back
        shifts.append(felt)
        newness *= NEXT
    if not total:
        return _Sums(0.0, 0.0, 0.0, 0.0, shifts)
    share = total + PRIOR_WEIGHT
    shifts = [felt / share for felt in reversed(shifts)]
    mean = value / total
    across = places - place * place / total
    slope = (place * mean - both) / across if across > _TINY * total else 0.0
    spread = max(square / total - mean * mean, 0.0)
    return _Sums(total / share, mean, slope, math.sqrt(spread), shifts)


def _because(
    samples: Sequence[MoodSample], shifts: Sequence[float], usual: float, repeated: float
) -> tuple[MoodCause, ...]:
    """Return what moved the level most, first; `shifts` begin with those of earlier messages."""
    known = len(shifts) - len(samples)
    earlier = 0.0
    for shift in shifts[:known]:
        earlier += shift
    found = [
        (-abs(shift), -sample.at, "message", shift, sample.words)
        for shift, sample in zip(shifts[known:], samples, strict=True)
        if abs(shift) >= SHIFT_MIN
    ]
    for what, shift in (("earlier", earlier), ("baseline", usual), ("repeated", repeated)):
        if abs(shift) >= SHIFT_MIN:
            found.append((-abs(shift), 0, what, shift, ()))
    found.sort()
    return tuple(
        [
            MoodCause(what=what, shift=_rounded(shift), at=-at, words=words)
            for _, at, what, shift, words in found[:CAUSES_MAX]
        ]
    )


def _rounded(value: float) -> float:
    return round(value, _DIGITS) + 0.0  # there is no minus nought
