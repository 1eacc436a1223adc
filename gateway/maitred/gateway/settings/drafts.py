"""Drafts: another routing policy, in a file of its own, to be held against the one in force."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.policies import policy_named
from maitred.gateway.settings.examine import faults_of
from maitred.gateway.settings.files import read_toml
from maitred.gateway.settings.shapes import Settings
from maitred.gateway.settings.values import read_value
from maitred.router import faults
from maitred.router.settings import RoutingSettings

_SECTIONS: Final = frozenset(Settings.__struct_fields__)


@dataclass(frozen=True, slots=True)
class Draft:
    """A routing policy by name, and its settings."""

    policy: str
    routing: RoutingSettings


def read_draft(path: Path, active: Settings) -> Draft:
    """Read a draft: a whole configuration, or a file with `[routing]` and maybe `policy`.

    It replaces `[routing]` as a whole; only where it names no agents, those in force stay.

    Raises:
        ConfigurationError: with every fault, each with its path.
    """
    raw = read_toml(path)
    found = [f"{key}: unknown section" for key in raw if key not in _SECTIONS]
    if "routing" not in raw:
        found.append("routing: missing; a draft is made of [routing]")
    policy = raw.get("policy", active.policy)
    if not isinstance(policy, str):
        found.append("policy: expected a string")
    hook = read_value(path.resolve().parent)
    found += faults_of(raw.get("routing", {}), RoutingSettings, path="routing", hook=hook)
    if found:
        raise ConfigurationError(*(f"{path}: {fault}" for fault in found))
    draft = Draft(policy, _routing(raw["routing"], active))
    if unsound := _judged(draft):
        raise ConfigurationError(*(f"{path}: {fault}" for fault in unsound))
    return draft


def _routing(raw: dict[str, Any], active: Settings) -> RoutingSettings:
    routing = msgspec.convert(raw, RoutingSettings)
    if routing.agents:
        return routing
    return msgspec.structs.replace(routing, agents=active.routing.agents)


def _judged(draft: Draft) -> list[str]:
    found = faults.faults(draft.routing)
    try:
        policy_named(draft.policy, draft.routing)
    except ConfigurationError as error:
        found += error.faults
    return found
