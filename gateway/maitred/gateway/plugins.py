"""Plugins: connectors, decoders, mood models and policies, found by their entry points.

The built-in ones come in through the same groups as everybody else's.
"""

from __future__ import annotations

import difflib
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from maitred.contracts.errors import ConfigurationError

CONNECTORS: Final = "maitred.connectors"
DECODERS: Final = "maitred.decoders"
MOOD_MODELS: Final = "maitred.mood_models"
ROUTING_POLICIES: Final = "maitred.routing_policies"


def names(group: str) -> list[str]:
    """Return what is installed in a group, sorted."""
    return sorted(point.name for point in entry_points(group=group))


def load(group: str, name: str, *, path: str) -> Any:  # noqa: ANN401  (each group has its own type)
    """Return the object behind one entry point; `path` says which setting asked for it.

    Raises:
        ConfigurationError: nobody offers that name, two do, or it cannot be imported.
    """
    found = [point for point in entry_points(group=group) if point.name == name]
    if not found:
        near = difflib.get_close_matches(name, names(group), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigurationError(
            f"{path}: nothing named {name!r} is installed; {hint}"
            f"{group} offers {', '.join(names(group)) or 'nothing'}"
        )
    if len({point.value for point in found}) > 1:
        values = " and ".join(sorted({point.value for point in found}))
        raise ConfigurationError(f"{path}: {name!r} is offered twice, by {values}; remove one")
    return _import(found[0], path)


def _import(point: EntryPoint, path: str) -> Any:  # noqa: ANN401  (as above)
    try:
        return point.load()
    except Exception as error:
        raise ConfigurationError(
            f"{path}: the plugin {point.value} cannot be imported: {type(error).__name__}: {error}"
        ) from error
