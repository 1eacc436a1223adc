"""Feeling: a mood in lines for people: which, where it goes, and what moved it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from maitred.contracts.conversation import Conversation, MoodCause, MoodTrack
from maitred.contracts.routing import RoutingDoc
from maitred.gateway.cli.printing import one_line_after
from maitred.router.explaining.wording import MOVED
from maitred.router.mood.telling import told

_HEAD: Final = "mood       "
_TREND: Final = 0.05
"""A change from message to message that is worth a word."""


def mood_lines(conversation: Conversation, routing: RoutingDoc | None, width: int) -> Iterator[str]:
    """Yield the mood of a conversation, as whoever has it was told, and what moved it."""
    mood = conversation.mood
    if routing is not None and routing.mood.at == mood.at:
        # The router adds what waiting does to it.
        mood = told(routing.mood, mood.samples, conversation.turns, journey=True)
    yield one_line_after(_HEAD, _in_short(mood), width)
    if mood.because:
        because = "; ".join(_because(cause) for cause in mood.because)
        yield one_line_after(" " * len(_HEAD), because, width)


def past_lines(mood: MoodTrack, width: int) -> Iterator[str]:
    """Yield what is left of a customer's mood now and how he usually writes, if anything is."""
    if not (mood.confidence or mood.baseline or mood.complaints):
        return
    parts = [_in_short(mood)]
    if mood.baseline:
        parts.append(f"usually {mood.baseline:+.2f}")
    if mood.complaints:
        several = "s" if mood.complaints > 1 else ""
        parts.append(f"{mood.complaints:,} conversation{several} went angry")
    yield one_line_after(_HEAD, "; ".join(parts), width)


def _in_short(mood: MoodTrack) -> str:
    trend = ""
    if abs(mood.slope) > _TREND:
        trend = ", getting worse" if mood.slope < 0 else ", getting better"
    return f"{mood.label.value}{trend} (level {mood.level:+.2f}, confidence {mood.confidence:.2f})"


def _because(cause: MoodCause) -> str:
    words = ", ".join(f"“{word}”" for word in cause.words)
    return f"{words or MOVED.get(cause.what, cause.what)} {cause.shift:+.2f}"
