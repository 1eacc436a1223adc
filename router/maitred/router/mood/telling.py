"""Telling: what whoever takes a conversation may know of its mood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from maitred.contracts.conversation import MoodCause, MoodSample, MoodTrack, Speaker, Turn

_OF_THE_CUSTOMER: Final = frozenset({"earlier", "baseline", "repeated"})
"""Causes that lie outside a conversation."""


def told(
    track: MoodTrack,
    samples: Sequence[MoodSample],
    turns: Sequence[Turn],
    *,
    journey: bool,
) -> MoodTrack:
    """Return a mood as it is told, with its causes in the words of those turns that are told.

    `samples` are those of the conversation. Where the `journey` must not be told, nothing of it is
    said but what it does to the level.
    """
    said = {
        each.at
        for turn in turns
        if turn.speaker is Speaker.CUSTOMER
        for each in (turn.shares or (turn,))
        if not each.deleted
    }
    words = {sample.at: sample.words for sample in samples if sample.at in said}
    track = replace(track.bare(), because=tuple(_in_words(each, words) for each in track.because))
    if journey:
        return track
    return replace(
        track,
        baseline=0.0,
        contacts=1,
        repeats=0.0,
        complaints=0,
        because=tuple(each for each in track.because if each.what not in _OF_THE_CUSTOMER),
    )


def _in_words(cause: MoodCause, words: dict[int, tuple[str, ...]]) -> MoodCause:
    return replace(cause, words=words.get(cause.at, ()) if cause.what == "message" else ())
