"""A stage: what it reads, and what one input changes, as a plain function.

The runner carries it through crashes, lost races and a store that goes away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from maitred.contracts.errors import MaitredError
from maitred.contracts.view import View
from maitred.gateway.bus.pull import Received
from maitred.gateway.journal.effects import Effects

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Buried:
    """An input that cannot be handled: it goes to DEAD whole, and the next one is handled."""

    code: str
    reason: str


class Fenced(MaitredError):
    """Somebody else works on this partition: its position moved without us."""


class Stage(Protocol[P]):
    """One stage's own part: what it reads, and what an input changes."""

    name: str
    stream: str
    prepares_ahead: bool
    """Whether inputs may be prepared while those before them are committed."""

    def subjects(self, partition: int) -> Sequence[str]:
        """Return what one partition of this stage reads."""
        ...

    async def rebuild(self) -> None:
        """Forget what is held in memory and read it again from the documents."""
        ...

    async def prepare(self, received: Sequence[Received]) -> Sequence[P | Buried]:
        """Do the part of the work that needs no documents, once per attempt, in order.

        Raises:
            StoreUnavailable: something that must be stored or fetched first could not be.
        """
        ...

    def wanted(self, prepared: P) -> Iterable[str]:
        """Name documents that `apply` will surely read: all of a group are loaded at once."""
        ...

    def apply(self, prepared: P, view: View) -> Effects:
        """Compute what one input changes; may be run again, so it changes nothing itself.

        Raises:
            NotRead: documents are needed that the view does not hold yet.
            BadPayload: this input cannot be handled.
        """
        ...

    def duplicate(self, prepared: P) -> Effects:
        """Compute what is left to say of an input whose log entry stands already."""
        ...

    def committed(self, prepared: P, effects: Effects) -> None:
        """Learn that an input's effects are durable."""
        ...
