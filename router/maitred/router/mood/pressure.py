"""Pressure: what it does to a mood to be kept waiting, and to have to write again.

With x the time since the first message that nobody has answered, over what the channel promises:

    waiting     -.4 * (1 - 1/x)              from x = 1 on: at twice the promise -.2, never -.4
    unanswered  -.05 * (n - 1) * min(x, 1)   n messages, three more at most: whoever writes several
                                             in one breath has not been kept waiting

People judge a wait by what they were led to expect of it (Maister 1985, The Psychology of Waiting
Lines), hence the promise. Waiting moves the label by one word at most, and what makes somebody
angry are his words: waiting only adds to them, when he writes.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from maitred.contracts.conversation import MoodCause, MoodTrack
from maitred.contracts.message import MoodLabel
from maitred.router.mood.labels import rank, stepped, word

WAITING: Final = "waiting"
UNANSWERED: Final = "unanswered"
_PRESSING: Final = frozenset({WAITING, UNANSWERED})
WAITING_MAX: Final = 0.4
AGAIN: Final = 0.05
AGAIN_MAX: Final = 3
_DIGITS: Final = 6


def pressed(
    track: MoodTrack,
    waited_ms: int,
    target_ms: int,
    unanswered: int,
    *,
    may_anger: bool = True,
) -> MoodTrack:
    """Return a mood under the pressure of a wait; whatever pressed on it before does no more.

    `target_ms` is within what time the channel's customers should be served, `unanswered` how many
    messages nobody has answered. Without `may_anger` (nobody has written since) it makes nobody
    angry.
    """
    track = relieved(track)
    late = max(waited_ms, 0) / max(target_ms, 1)
    again = min(max(unanswered - 1, 0), AGAIN_MAX)
    if late <= 1 and not again:
        return track
    waiting = round(-WAITING_MAX * (1 - 1 / late), _DIGITS) if late > 1 else 0.0
    waiting = max(waiting, round(-1.0 - track.level, _DIGITS))
    unheard = max(
        round(-AGAIN * again * min(late, 1.0), _DIGITS),
        round(-1.0 - track.level - waiting, _DIGITS),
    )
    causes = [MoodCause(what=WAITING, shift=waiting), MoodCause(what=UNANSWERED, shift=unheard)]
    causes = [each for each in causes if each.shift]
    if not causes:
        return track
    level = round(track.level + waiting + unheard, _DIGITS)
    label = _label(track.label, level, may_anger=may_anger)
    return replace(
        track,
        level=level,
        label=label,
        spoken=_known(track.label) if label is not track.label else MoodLabel.UNKNOWN,
        because=tuple(sorted((*track.because, *causes), key=lambda each: -abs(each.shift))),
    )


def relieved(track: MoodTrack) -> MoodTrack:
    """Return a mood as his words alone make it."""
    pressing = [each for each in track.because if each.what in _PRESSING]
    if not pressing:
        return track
    return replace(
        track,
        level=round(track.level - sum(each.shift for each in pressing), _DIGITS),
        label=track.label if track.spoken is MoodLabel.UNKNOWN else track.spoken,
        spoken=MoodLabel.UNKNOWN,
        because=tuple(each for each in track.because if each not in pressing),
    )


def _known(label: MoodLabel) -> MoodLabel:
    return MoodLabel.CALM if label is MoodLabel.UNKNOWN else label


def _label(spoken: MoodLabel, level: float, *, may_anger: bool) -> MoodLabel:
    now = stepped(spoken, word(spoken, level))
    if rank(now) <= rank(spoken) or (now is MoodLabel.ANGRY and not may_anger):
        return spoken
    return now
