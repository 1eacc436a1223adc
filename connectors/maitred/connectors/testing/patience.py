"""A connector's patience, made short: nobody waits ten seconds for a test."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType


def shortened(module: ModuleType, name: str, value: object) -> Callable[[], None]:
    """Set a bound that stands in a module; the function that is returned sets it back."""
    before = getattr(module, name)
    setattr(module, name, value)
    return lambda: setattr(module, name, before)
