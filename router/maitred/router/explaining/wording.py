"""Wording: the words for everything that a decision can cite, and how numbers are told.

A test collects what the router cites and fails where something has no words. Policies and agents
of other people may cite what is not here; then their own word is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from maitred.contracts.limits import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

_SMALL: Final = 0.1

RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sticky": "{agent} served this customer before, suits, and has room.",
        "sticky_hint": "{agent} served who this seems to be (nothing proves it), and has room.",
        "hold": "{previous} served this customer before and has no room now, so it is kept for "
        "{previous} a while.",
        "best_idle": "{agent} suits best of those who have room.",
        "first_to_accept": "Several were asked, and {agent} was the first to accept.",
        "queue": "Nobody who suits has room, so it waits.",
        "slot_free": "{agent} had room, and this was the most pressing of what suits {agent}.",
        "rescue": "{agent} had room, and of what suits {agent} this was the most overdue by its "
        "own SLA.",
        "transfer": "{agent} was chosen by the agent who had it before.",
        "declined": "{who} declined it.",
        "requeued": "{who} put it back.",
        "transferred": "{who} handed it on.",
        "completed": "It is complete.",
        "joined": "It was joined into another conversation.",
        "withdrawn": "It needs no answer any more.",
    }
)
"""Which step decided; `{who}` is who gave it back, `{previous}` who served the customer before."""

EXCLUDED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "declined": "declined it or did not answer in this round",
        "human_only": "is not human, and a human is asked for",
        "full": "has no room",
        "spared": "is spared angry customers for a while",
        "requeued": "put it back",
        "transferred": "handed it on",
        "offline": "is off line",
        "away": "is away",
        "unknown": "was never on line",
        "no_skill": "lacks the skill {what}",
        "low_skill": "is below the level of {what} that is asked for",
        "no_language": "does not speak {what}",
    }
)
"""Why an agent does not take it; `{what}` is what stands behind the colon."""

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "low_confidence": "was not sure enough of the answer",
        "needs_human_authority": "may not decide it, a human must",
        "tool_down": "lacks a tool that is out of order",
        "other": "gave a reason that is not a word",
    }
)
"""What an agent says who gives a conversation back, where we know the word."""

TIE_BREAKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "idle_since": "two had the same score; the one who was idle for longer has it",
        "agent": "two had the same score and the same idle time; the first by id has it",
        "arrival": "two pressed equally; the one that came earlier went first",
        "conversation": "two pressed equally and came at once; the first by id went first",
    }
)
"""What decided between equals."""

TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fit": "fit",
        "previous": "known to the customer",
        "seems": "known to who this seems to be",
        "load": "load",
        "flex": "breadth of skills",
        "growth": "urgency a second",
        "waited_seconds": "seconds of urgency",
    }
)
"""What a score is made of."""

MOVED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "message": "what was written",
        "earlier": "what was written in other conversations before",
        "baseline": "how this customer usually writes",
        "waiting": "the wait",
        "unanswered": "messages without an answer",
        "repeated": "coming back with it",
    }
)
"""What moves a mood."""

CAUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "held": "kept for one agent",
        "free": "asked next",
        "full": "nobody who suits has room",
        "spared": "who suits is spared angry customers",
        "offline": "nobody who suits is on line",
        "declined": "declined by all who suit",
        "nobody": "nobody in the house suits",
    }
)
"""Why somebody waits."""


def excluded(verdict: str) -> str:
    """Return a verdict against an agent as the end of a sentence about him."""
    word, _, what = verdict.partition(":")
    return EXCLUDED.get(word, word).format(what=what)


def span(milliseconds: float) -> str:
    """Return a span of time in seconds, or in its two largest units."""
    if milliseconds < 100 * SECOND_MS:
        return f"{milliseconds / SECOND_MS:.0f} s"
    if milliseconds < HOUR_MS:
        return _two(milliseconds, MINUTE_MS, "min", SECOND_MS, "s")
    if milliseconds < 2 * DAY_MS:
        return _two(milliseconds, HOUR_MS, "h", MINUTE_MS, "min")
    return _two(milliseconds, DAY_MS, "d", HOUR_MS, "h")


def _two(milliseconds: float, larger: int, name: str, smaller: int, second: str) -> str:
    many, few = divmod(round(milliseconds / smaller), larger // smaller)
    return f"{many} {name} {few} {second}" if few else f"{many} {name}"


def clock_time(at: int) -> str:
    """Return a time of the day in UTC."""
    return datetime.fromtimestamp(at / SECOND_MS, UTC).strftime("%H:%M:%S")


def number(value: float) -> str:
    """Return a number to the thousandth, and a small one in three digits that count."""
    return f"{value:.3f}" if abs(value) >= _SMALL or not value else f"{value:.3g}"
