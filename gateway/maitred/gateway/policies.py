"""Policies: the routing policy of a configuration, with the business hours of its house."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from maitred.contracts.errors import ConfigurationError
from maitred.gateway import plugins
from maitred.gateway.settings.shapes import Settings
from maitred.router.hours import Calendar, calendar_of
from maitred.router.port import RoutingPolicy
from maitred.router.settings import Hours, RoutingSettings


def policy_of(settings: Settings) -> RoutingPolicy:
    """Return the policy that decides under a configuration.

    Raises:
        ConfigurationError: no such policy is installed, or there is no such time zone.
    """
    return policy_named(settings.policy, settings.routing)


def policy_named(name: str, routing: RoutingSettings, *, path: str = "policy") -> RoutingPolicy:
    """Return an installed policy, made with settings and their business hours.

    `path` is where it was named, for the message.

    Raises:
        ConfigurationError: no such policy is installed, or there is no such time zone.
    """
    make = plugins.load(plugins.ROUTING_POLICIES, name, path=path)
    policy: RoutingPolicy = make(routing, house_calendar(routing.hours))
    return policy


def house_calendar(hours: Hours) -> Calendar:
    """Return the calendar of a house.

    Raises:
        ConfigurationError: there is no such time zone.
    """
    return calendar_of(hours, zone_of(hours.timezone))


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name, as this machine knows it; UTC is known everywhere.

    Raises:
        ConfigurationError: there is none of that name.
    """
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # ZoneInfoNotFoundError is a KeyError
        raise ConfigurationError(
            f"routing.hours.timezone: there is no time zone {name[:60]!r}; "
            "write an IANA name such as `Europe/Berlin`"
        ) from None
