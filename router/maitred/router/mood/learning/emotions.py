"""Emotions: the 28 names of GoEmotions (Demszky et al. 2020), in groups, and how roused they are.

The groups are taught one by one. Arousal follows the circumplex of affect (Russell 1980).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GROUPS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        name: frozenset(members.split())
        for name, members in {
            "good": "admiration amusement approval caring desire excitement gratitude joy love "
            "optimism pride relief",
            "bad": "anger annoyance disappointment disapproval disgust embarrassment fear grief "
            "nervousness remorse sadness",
            "anger": "anger annoyance disgust",
            "sorrow": "disappointment disapproval sadness grief remorse embarrassment",
            "fear": "fear nervousness",
            "joy": "joy excitement amusement love",
            "thanks": "gratitude admiration approval caring pride relief",
            "question": "confusion curiosity",
            "none": "neutral",
            "hope": "desire optimism",
            "love": "love",
            "surprise": "surprise realization",
        }.items()
    }
)
_ANGRY: Final = frozenset({"anger", "disgust"})
_AROUSAL: Final[Mapping[str, float]] = MappingProxyType(
    {
        "anger": 0.9,
        "excitement": 0.9,
        "fear": 0.85,
        "surprise": 0.75,
        "disgust": 0.75,
        "joy": 0.7,
        "annoyance": 0.65,
        "amusement": 0.65,
        "love": 0.6,
        "nervousness": 0.6,
        "grief": 0.6,
        "pride": 0.6,
        "desire": 0.55,
        "embarrassment": 0.55,
        "admiration": 0.5,
        "disapproval": 0.5,
        "disappointment": 0.45,
        "optimism": 0.45,
        "curiosity": 0.45,
        "confusion": 0.45,
        "remorse": 0.45,
        "gratitude": 0.4,
        "caring": 0.4,
        "sadness": 0.4,
        "realization": 0.35,
        "approval": 0.3,
        "relief": 0.3,
        "neutral": 0.2,
    }
)


def anger(names: frozenset[str]) -> float | None:
    """Return how angry an unhappy comment is; None where it is not unhappy."""
    if not names & GROUPS["bad"] or names & GROUPS["good"]:
        return None
    if names & _ANGRY:
        return 1.0
    return 0.4 if "annoyance" in names else 0.0


def arousal(names: frozenset[str]) -> float:
    """Return how roused a comment is: its strongest emotion."""
    return max((_AROUSAL.get(name, 0.2) for name in names), default=0.2)
