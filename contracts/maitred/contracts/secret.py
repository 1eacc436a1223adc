"""Secret: a setting that must never be seen in a log, an error or a dump."""

from __future__ import annotations


class Secret:
    """A value that only `reveal` shows; settings write it as `env:NAME` or `file:PATH`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))
