"""What the readers of Slack's JSON have in common: its lists and its texts, trusted in nothing."""

from __future__ import annotations

from collections.abc import Mapping


def items(fields: Mapping[str, object], name: str) -> list[dict[str, object]]:
    """Return the objects in the list at `name`, none where there is no list."""
    value = fields.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def words(fields: Mapping[str, object], name: str) -> str:
    """Return the text at `name` in whatever length a request may have, empty if there is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def first(fields: Mapping[str, object], *names: str) -> str:
    """Return the first text among those at `names` that says something."""
    return next((found for name in names if (found := words(fields, name))), "")
