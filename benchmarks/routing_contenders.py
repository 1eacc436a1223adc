"""The policies of the routing benchmark, from the plainest to ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from maitred.router.policies.baselines import edf, fifo, mood_strict, strict
from maitred.router.policies.index import IndexPolicy
from maitred.router.port import RoutingPolicy
from maitred.router.settings import RoutingSettings

FIFO: Final = "FIFO + longest idle"
EDF: Final = "EDF + longest idle"
MOOD: Final = "mood strict"
STRICT: Final = "channel/tier/mood strict"
URGENCY: Final = "urgency only"
REC: Final = "REC"
HOLD: Final = "REC + hold"
RESCUE: Final = "REC + hold + 10 % rescue"


class UrgencyOnly(IndexPolicy):
    """The urgency of the index policy without its fit: who serves decides nothing."""

    name = "urgency"
    sticky_first = False

    def weight(self, fit: float, slope: float, *, previous: bool) -> float:  # noqa: ARG002  (port)
        """Return the slope alone."""
        return super().weight(1.0, slope, previous=False)

    def offer_score(self, fit: float, load: float, flex: float, *, previous: bool) -> float:  # noqa: ARG002  (port)
        """Return less for who has less room."""
        return -load


@dataclass(frozen=True, slots=True)
class Contender:
    """A policy and the settings that it is made with."""

    name: str
    make: Callable[[RoutingSettings], RoutingPolicy]
    settings: RoutingSettings


_NO_HOLD: Final = RoutingSettings(hold_fraction=dict.fromkeys(("chat", "sms", "slack", "email"), 0))
_DEFAULTS: Final = RoutingSettings()
CONTENDERS: Final = (
    Contender(FIFO, fifo, _DEFAULTS),
    Contender(EDF, edf, _DEFAULTS),
    Contender(MOOD, mood_strict, _DEFAULTS),
    Contender(STRICT, strict, _DEFAULTS),
    Contender(URGENCY, UrgencyOnly, RoutingSettings(relax=())),
    Contender(REC, IndexPolicy, _NO_HOLD),
    Contender(HOLD, IndexPolicy, _DEFAULTS),
    Contender(RESCUE, IndexPolicy, RoutingSettings(rescue_share=0.1)),
)
