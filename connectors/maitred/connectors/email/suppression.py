"""Dead addresses: what has bounced for good is not written to for a while.

Who keeps writing to mailboxes that are not there is taken for a spammer, and then no mail of the
house arrives any more. An entry stands in the channel's memory under the address's keyed hash. A
mail from the address shows that it lives, and takes the entry away.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import msgspec

from maitred.connectors.port import Memory
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.identifiers import Identifier, Keys
from maitred.contracts.limits import DAY_MS

AGE_MS: Final = 60 * DAY_MS
REFRESH_S: Final = 60.0
"""How soon a door knows what another process has put on the list."""
DEAD: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""No such mailbox, no such domain, no such name, moved away (RFC 3463, section 3.2), a domain that
takes no mail (RFC 7505, section 4.2), a mailbox that is disabled (RFC 3463, section 3.3). What is
full, too large, or was refused as spam says nothing about the address."""

_PREFIX: Final = "dead_"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Why an address is not written to, and until when (UTC milliseconds)."""

    status: str
    until: int


class Suppression:
    """The list of one house. `known` is what this process has seen of it, for the doors."""

    def __init__(self, memory: Memory, keys: Keys, clock: Callable[[], int]) -> None:
        self._memory = memory
        self._keys = keys
        self._clock = clock
        self._known: dict[str, int] = {}

    async def check(self, address: Identifier) -> None:
        """Return if an address may be written to.

        Raises:
            Permanent: it is dead (`suppressed`).
            StoreUnavailable: the store does not answer.
        """
        entry = await self._read(self._name(address))
        if entry is not None and entry.until > self._clock():
            raise Permanent("mail to this address has bounced for good", code="suppressed")

    async def add(self, address: Identifier, status: str) -> None:
        """Put an address on the list if the status says that it is dead.

        Raises:
            StoreUnavailable: the store did not confirm in time.
        """
        if status not in DEAD:
            return
        name, entry = self._name(address), Entry(status=status, until=self._clock() + AGE_MS)
        await self._memory.put(name, msgspec.json.encode(entry))
        self._known[name] = entry.until

    async def lift(self, address: Identifier) -> None:
        """Take an address off the list that this process knows it to be on.

        Raises:
            StoreUnavailable: the store did not confirm in time.
        """
        if self._known and (name := self._name(address)) in self._known:
            await self._memory.delete(name)
            self._known.pop(name, None)

    async def follow(self) -> None:
        """Keep up with what other processes put on the list, for as long as it is run."""
        while True:
            # While the store does not answer, the list that is known will do.
            with contextlib.suppress(StoreUnavailable):
                await self.refresh()
            await asyncio.sleep(REFRESH_S)

    async def refresh(self) -> None:
        """Learn of new entries, and delete what is over.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        names = {name for name in await self._memory.names() if name.startswith(_PREFIX)}
        for name in names - self._known.keys():
            entry = await self._read(name)
            self._known[name] = entry.until if entry is not None else 0
        for name in self._known.keys() - names:
            del self._known[name]
        for name in [each for each, until in self._known.items() if until <= self._clock()]:
            await self._memory.delete(name)
            del self._known[name]

    async def _read(self, name: str) -> Entry | None:
        data = await self._memory.get(name)
        return msgspec.json.decode(data, type=Entry) if data is not None else None

    def _name(self, address: Identifier) -> str:
        return f"{_PREFIX}{self._keys.identifier(address)}"
