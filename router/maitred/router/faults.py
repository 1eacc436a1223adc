"""Faults of the routing settings, and advice: path, value, and what to write instead.

What is surely wrong is a fault, and nothing starts with it; what is allowed and yet hardly meant
is advice. `checking` has a module for each subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from maitred.router.checking.agents import agents
from maitred.router.checking.flow import forecast_advice
from maitred.router.checking.hours import hours
from maitred.router.checking.linting import rule_advice
from maitred.router.checking.numbers import numbers
from maitred.router.checking.overflow import forecast, overflow
from maitred.router.checking.rules import PRIORITY_MINUTES_MAX, rules, tests
from maitred.router.checking.site import Site
from maitred.router.checking.staffing import staff_advice
from maitred.router.checking.values import MOODS_WORSENING

if TYPE_CHECKING:
    from maitred.router.settings import RoutingSettings

__all__ = ["MOODS_WORSENING", "PRIORITY_MINUTES_MAX", "Site", "advice", "faults"]

_UNKNOWN: Final = Site()


def faults(settings: RoutingSettings) -> list[str]:
    """Return what is wrong, one sentence each; nothing may start while there are any."""
    found = [
        *numbers(settings),
        *agents(settings.agents),
        *rules(settings.rules),
        *tests(settings.tests, frozenset(rule.name for rule in settings.rules)),
        *hours(settings.hours),
        *overflow(settings.overflow, settings.hours),
        *forecast(settings.forecast),
    ]
    return [f"routing.{fault}" for fault in found]


def advice(settings: RoutingSettings, site: Site = _UNKNOWN) -> list[str]:
    """Return what is allowed and yet hardly meant, of settings without faults.

    `site` is what the rest of the configuration says of channels, accounts and languages.
    """
    found = [
        *rule_advice(settings, site),
        *staff_advice(settings, site),
        *forecast_advice(settings),
    ]
    return [f"routing.{each}" for each in found]
