"""View: documents as a pure step sees them.

A step asks for the documents it needs and says when one has not been loaded; the shell loads what
was missing for a whole group of inputs at once and runs the step again. So the cores stay free of
waiting, and a group of a hundred messages costs a few reads.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class NotRead(Exception):
    """Documents under these subjects are needed and have not been loaded yet."""

    def __init__(self, *subjects: str) -> None:
        super().__init__(f"{len(subjects)} documents have not been loaded")
        self.subjects = subjects


class View(Protocol):
    """Documents by subject, as of one moment, with the changes of the steps before."""

    def read(self, subject: str, shape: type[T]) -> T | None:
        """Return the document, or nothing if there is none.

        Raises:
            NotRead: whether there is one is not known yet.
        """
        ...

    def missing(self, *subjects: str) -> tuple[str, ...]:
        """Return those of `subjects` that have not been loaded, to ask for them together."""
        ...
