"""Lookup: documents as they stand, for whoever reads many of them and decides nothing by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from maitred.contracts.documents import ComponentDoc, CustomerDoc
from maitred.contracts.ids import ComponentId, CustomerId
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.reads import get_many
from maitred.gateway.bus.streams import last_sequence
from maitred.identity.reading import ALIAS_HOPS_MAX

T = TypeVar("T", bound=msgspec.Struct)


class Lookup:
    """Reads each document once, as it stood when it was begun, or later."""

    def __init__(self, connection: Connection, subjects: Subjects) -> None:
        self._connection = connection
        self._subjects = subjects
        self._documents: dict[str, msgspec.Struct | None] = {}
        self._at_least = 0

    async def begin(self) -> None:
        """Forget what was read, and read from now on what stands there now.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        self._documents.clear()
        self._at_least = await last_sequence(self._connection, JOURNAL)

    async def one(self, subject: str, shape: type[T]) -> T | None:
        """Return one document; None where there is none of that shape.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        await self.load([subject], shape)
        found = self._documents[subject]
        return found if isinstance(found, shape) else None

    async def load(self, subjects: Iterable[str], shape: type[msgspec.Struct]) -> None:
        """Read many documents at once, which are asked for one by one then.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        wanted = [each for each in subjects if each not in self._documents]
        if not wanted:
            return
        found = await get_many(self._connection, JOURNAL, wanted, at_least=self._at_least)
        for subject in wanted:
            stored = found.get(subject)
            self._documents[subject] = decoded(stored.data, shape) if stored is not None else None

    def forget(self, *subjects: str) -> None:
        """Let go of documents that are not asked for again."""
        for subject in subjects:
            self._documents.pop(subject, None)

    async def matching(self, pattern: str, shape: type[T]) -> list[T]:
        """Return all documents under subjects that match.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        found = await get_many(self._connection, JOURNAL, [pattern], at_least=self._at_least)
        read = (decoded(found[subject].data, shape) for subject in sorted(found))
        return [each for each in read if each is not None]

    async def customer(self, name: CustomerId) -> tuple[CustomerId, CustomerDoc | None]:
        """Return who a customer is today, through aliases.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        for _ in range(ALIAS_HOPS_MAX):
            found = await self.one(self._subjects.customer(name), CustomerDoc)
            if found is None or found.alias_of is None:
                return name, found
            name = found.alias_of
        return name, None

    async def root(self, name: ComponentId) -> ComponentDoc | None:
        """Return a component through aliases; None for an implicit one.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        for _ in range(ALIAS_HOPS_MAX):
            found = await self.one(self._subjects.component(name), ComponentDoc)
            if found is None or found.alias_of is None:
                return found
            name = found.alias_of
        return None


def decoded(data: bytes, shape: type[T]) -> T | None:
    """Read what stands in the store; None where it is not of a shape that we know.

    An entry that no stage could read is in the quarantine, and still stands where it stood.
    """
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
