"""Labels: a mood in one word, with two thresholds for each: one to enter, a nearer one to leave."""

from __future__ import annotations

from typing import Final

from maitred.contracts.message import MoodLabel

DELIGHTED_ENTER: Final = 0.4
DELIGHTED_LEAVE: Final = 0.25
FRUSTRATED_ENTER: Final = -0.2
FRUSTRATED_LEAVE: Final = -0.1
ANGRY_ENTER: Final = -0.45
ANGRY_LEAVE: Final = -0.3
_ORDER: Final = (MoodLabel.DELIGHTED, MoodLabel.CALM, MoodLabel.FRUSTRATED, MoodLabel.ANGRY)
_CALM: Final = _ORDER.index(MoodLabel.CALM)


def rank(label: MoodLabel) -> int:
    """Return where a label stands, the best first; an unknown one counts as calm."""
    return _ORDER.index(label) if label in _ORDER else _CALM


def word(before: MoodLabel, level: float) -> MoodLabel:
    """Return the label of a level, for a mood that was `before`."""
    if level <= (ANGRY_LEAVE if before is MoodLabel.ANGRY else ANGRY_ENTER):
        return MoodLabel.ANGRY
    bad = before in {MoodLabel.FRUSTRATED, MoodLabel.ANGRY}
    if level <= (FRUSTRATED_LEAVE if bad else FRUSTRATED_ENTER):
        return MoodLabel.FRUSTRATED
    if level >= (DELIGHTED_LEAVE if before is MoodLabel.DELIGHTED else DELIGHTED_ENTER):
        return MoodLabel.DELIGHTED
    return MoodLabel.CALM


def stepped(before: MoodLabel, now: MoodLabel) -> MoodLabel:
    """Return `now`, or as far towards it as one step goes."""
    was = rank(before)
    return _ORDER[min(max(rank(now), was - 1), was + 1)]


def calmed(before: MoodLabel, level: float) -> MoodLabel:
    """Return a label after its level has faded: nearer to calm, if at all, and never past it."""
    was, now = rank(before), rank(word(before, level))
    return _ORDER[min(max(now, min(was, _CALM)), max(was, _CALM))]
