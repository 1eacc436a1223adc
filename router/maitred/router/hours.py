"""Hours: when the house is open, and a clock that all but stands still while it is closed."""

from __future__ import annotations

from typing import Protocol


class Calendar(Protocol):
    """The business hours of one house; times are UTC milliseconds."""

    def is_open(self, at: int) -> bool:
        """Return whether the house is open at a time."""
        ...

    def changes_at(self, after: int) -> int:
        """Return when it opens or closes next; 0 if never."""
        ...

    def worked(self, at: int) -> int:
        """Return the time on the clock of the house: strictly growing, slow while it is closed."""
        ...

    def when(self, worked: int) -> int:
        """Return the first time at which that clock shows `worked` or more."""
        ...


class AlwaysOpen:
    """A house that never closes; its clock is the time."""

    def is_open(self, at: int) -> bool:  # noqa: ARG002  (part of the port)
        """Return true."""
        return True

    def changes_at(self, after: int) -> int:  # noqa: ARG002  (part of the port)
        """Return 0: it never closes."""
        return 0

    def worked(self, at: int) -> int:
        """Return the time."""
        return at

    def when(self, worked: int) -> int:
        """Return the time."""
        return worked


ALWAYS_OPEN = AlwaysOpen()
