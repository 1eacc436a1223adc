"""Baselines: first come first served, earliest deadline first, and strict priorities.

Each is a routing policy by its entry point in `maitred.routing_policies`, so that a site can run
or simulate what it has now beside what it might have.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc
from maitred.router.hours import ALWAYS_OPEN, Calendar
from maitred.router.policies.plain import AHEAD_MS, PlainPolicy
from maitred.router.settings import RoutingSettings

_CHANNELS: Final = ("chat", "sms", "slack", "email", "")
"""Channels with defaults of their own, and any other."""
_TIERS: Final = ("standard", "vip", "")


def fifo(settings: RoutingSettings, calendar: Calendar = ALWAYS_OPEN) -> PlainPolicy:
    """Return the policy `fifo`: whoever came first is served first."""

    def came(doc: RoutingDoc) -> int:
        return doc.arrived_at

    return PlainPolicy("fifo", came, settings, calendar)


def edf(settings: RoutingSettings, calendar: Calendar = ALWAYS_OPEN) -> PlainPolicy:
    """Return the policy `edf`: whose SLA ends first is served first."""

    def deadline(doc: RoutingDoc) -> int:
        # Less a constant, so that nobody counts from the future.
        return doc.arrived_at + settings.sla_ms(doc.channel) - AHEAD_MS

    return PlainPolicy("edf", deadline, settings, calendar)


def strict(settings: RoutingSettings, calendar: Calendar = ALWAYS_OPEN) -> PlainPolicy:
    """Return the policy `strict`: by channel, then tier, then mood, and only then by age.

    They are ranked by their weights in the settings; a channel by its weight over its SLA.
    """

    def weight(channel: str) -> float:
        return settings.weight_of_channel(channel) / settings.sla_ms(channel)

    names = {*_CHANNELS, *settings.sla_seconds, *settings.channel_weight}
    channels = _levels(map(weight, names))
    tiers = _levels(map(settings.weight_of_tier, {*_TIERS, *settings.tier_weight}))
    moods = _moods(settings)

    def ranked(doc: RoutingDoc) -> int:
        rank = bisect_left(channels, weight(doc.channel))
        rank = rank * len(tiers) + bisect_left(tiers, settings.weight_of_tier(doc.tier))
        rank = rank * len(moods) + bisect_left(moods, settings.weight_of_mood(doc.mood.label))
        return doc.arrived_at - rank * AHEAD_MS

    return PlainPolicy("strict", ranked, settings, calendar)


def mood_strict(settings: RoutingSettings, calendar: Calendar = ALWAYS_OPEN) -> PlainPolicy:
    """Return the policy `mood_strict`: by mood, the worst first, and only then by age."""
    moods = _moods(settings)

    def ranked(doc: RoutingDoc) -> int:
        rank = bisect_left(moods, settings.weight_of_mood(doc.mood.label))
        return doc.arrived_at - rank * AHEAD_MS

    return PlainPolicy("mood_strict", ranked, settings, calendar)


def _moods(settings: RoutingSettings) -> list[float]:
    return _levels(map(settings.weight_of_mood, MoodLabel))


def _levels(weights: Iterable[float]) -> list[float]:
    return sorted(set(weights))
