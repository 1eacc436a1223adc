"""What the journal holds, once everything that was handed in has been handled."""

from __future__ import annotations

from demo.house import House
from demo.verdict import read_entries, wait_quiet
from maitred.contracts.assignments import Assignment, AssignmentState
from maitred.contracts.entry import MessageEntry, SuppressedEntry
from maitred.contracts.outbound import Outbound
from maitred.gateway.bus.connection import Connection
from maitred.gateway.ledger import Ledger, balance


class Records:
    """Reads the journal of one house; every read waits until it is quiet."""

    def __init__(self, bus: Connection, house: House) -> None:
        self._bus = bus
        self._subjects = house.subjects

    async def settle(self) -> None:
        assert await wait_quiet(self._bus, self._subjects, 15)

    async def messages(self) -> list[MessageEntry]:
        await self.settle()
        return await read_entries(self._bus, self._subjects, "message", MessageEntry)

    async def suppressed(self) -> list[SuppressedEntry]:
        await self.settle()
        return await read_entries(self._bus, self._subjects, "suppressed", SuppressedEntry)

    async def told(self, state: AssignmentState | None = None) -> list[Assignment]:
        await self.settle()
        found = await read_entries(self._bus, self._subjects, "assign", Assignment)
        return [each for each in found if state in {None, each.state}]

    async def replies(self) -> list[Outbound]:
        await self.settle()
        return await read_entries(self._bus, self._subjects, "outbound", Outbound)

    async def ledger(self) -> Ledger:
        await self.settle()
        return await balance(self._bus, self._subjects)
