"""Eras: stretches of history that were decided by the same settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.policies import PolicyInForce
from maitred.gateway.policies import policy_named, policy_of
from maitred.gateway.settings.shapes import Settings, keeping_of
from maitred.gateway.whatif.recording import settings_of
from maitred.router.replaying.replay import Rules

_NOT_KEPT: Final = "its settings were too long to keep"


@dataclass(frozen=True, slots=True)
class Era:
    """From input `since` on, `rules` decided, which decisions cite as `label`.

    Where `why` says why these rules are not known, others stand in for them, and nothing that they
    decide proves anything.
    """

    since: int
    at: int
    label: str
    release: str
    rules: Rules
    why: str = ""


def in_force(settings: Settings) -> Rules:
    """Return what a gateway with this configuration decides by.

    Raises:
        ConfigurationError: its policy is not installed.
    """
    return Rules(settings.routing, policy_of(settings), keeping_of(settings).closed_ms)


def eras(records: Sequence[PolicyInForce], active: Rules) -> list[Era]:
    """Return the eras of a log, the oldest first.

    What was decided before the first record is taken to have been decided by its settings, or by
    those in force now where there is no record at all; what decisions cite shows whether it was.
    """
    found = list(_eras(records, active))
    if not found:
        return [Era(0, 0, active.label, "", active)]
    first = found[0]
    return [replace(first, since=0), *found[1:]]


def _eras(records: Sequence[PolicyInForce], active: Rules) -> Iterator[Era]:
    rules = active
    for record in records:
        label = f"{record.name}:{record.hash}"
        why = ""
        try:
            settings = settings_of(record)
            if settings is None:
                why = _NOT_KEPT
            else:
                policy = policy_named(record.name, settings)
                rules = Rules(settings, policy, record.closed_ms)
        except ConfigurationError as error:
            why = str(error)
        except (msgspec.MsgspecError, ValueError) as error:
            why = f"this release cannot read its settings: {error}"
        yield Era(record.since, record.at, label, record.release, rules, why)
